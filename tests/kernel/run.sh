#!/bin/bash
# run.sh [--uml | --qemu | --tipc | --cpython]... [PYTEST ARGUMENT...]
# Boots a guest kernel and runs the traffic tests of this folder in it, over the stdlib's socket and over rsock; ends
# with the table family x (created, bound, named, sent, received) for both. Both guests by default: under qemu it is
# what user-mode-linux lacks, and the table of all.
#   --uml, --qemu  only that guest, and all the tests in it
#   --tipc         the TIPC tests and rows alone, under user-mode-linux: the short run for CI
#   --cpython      CPython's own test_socket instead, on stock and on rsock, compared test by test
# PYTHON names the interpreter (default python3): it needs pytest and the other tools of the test group, and rsock.
# Exits with 77 where no guest can be had (see guest.sh), with 1 if anything failed.
set -u
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
cd "$here/../.." || exit 1
PYTHON=$(command -v "${PYTHON:-python3}") || { echo "no ${PYTHON:-python3}" >&2; exit 1; }
# A relative name would not be found after a change of folder; a symlink is left alone, for a venv is known by its name.
case $PYTHON in /*) ;; *) PYTHON=$PWD/$PYTHON ;; esac
export PYTHON PYTHONDONTWRITEBYTECODE=1

guests= job=traffic
while [ $# -gt 0 ]; do
  case $1 in
    --uml) guests+=" uml" ;;
    --qemu) guests+=" qemu" ;;
    --tipc) job=tipc guests=" uml" ;;
    --cpython) job=cpython ;;
    *) break ;;
  esac
  shift
done

traffic() { # GUEST TABLE_ROWS PYTEST_ARGUMENT...
  "$1" bash -c 'rows=$1; shift
    "$PYTHON" -m pytest -p no:cacheprovider -q "$@"; tests=$?
    echo; "$PYTHON" tests/kernel/families.py $rows; table=$?
    exit $((tests ? tests : table))' bash "${@:2}"
}

status=0
run() { # NAME COMMAND...: a guest that cannot be had is noted, the others still run
  echo "== $1"
  "${@:2}"
  local ended=$?
  [ $ended = 0 ] || { [ $ended = 77 ] && [ $status = 0 ] && status=77; } || [ $ended = 77 ] || status=1
}

uml=$here/guest.sh qemu=$here/guest-qemu.sh
case $job in
  tipc) run "TIPC under user-mode-linux" traffic "$uml" AF_TIPC tests/kernel/test_tipc*.py "$@" ;;
  cpython) for g in ${guests:- uml}; do run "test_socket under $g" "${!g}" "$PYTHON" tests/kernel/cpython.py; done ;;
  traffic)
    if [ -n "$guests" ]; then
      for g in $guests; do run "all under $g" traffic "${!g}" "" tests/kernel tests/test_netlink_dump.py "$@"; done
    else
      run "all under user-mode-linux" traffic "$uml" "" -m "not stock_kernel" tests/kernel tests/test_netlink_dump.py "$@"
      run "what only Debian's stock kernel has" traffic "$qemu" "" -m stock_kernel tests/kernel "$@"
    fi ;;
esac
exit $status
