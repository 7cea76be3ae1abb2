# Shared by guest.sh and guest-qemu.sh: the cache of unpacked Debian packages and the folder of one run.
# Knows nothing of either machine. Sourced, never run. Needs apt-get and dpkg-deb, no privilege: apt's lists
# are kept in the cache too, so neither the host's packages nor its lists change (apt-get(8), apt.conf(5)).

CACHE=${RSOCK_GUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rsock-guest}
HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
SKIP=77

# A missing guest is a skip for a developer and a failure where the caller relies on it (CI).
skip() {
  echo "guest kernel: skipped: $*" >&2
  [ -n "${RSOCK_GUEST_REQUIRED-}" ] && exit 1
  exit $SKIP
}

apt_private() { # PROGRAM ARG...
  mkdir -p "$CACHE/apt/state/lists/partial" "$CACHE/apt/cache/archives/partial" || return 1
  "$1" -q -o Dir::State="$CACHE/apt/state" -o Dir::Cache="$CACHE/apt/cache" -o Dir::State::status=/var/lib/dpkg/status \
    -o APT::Sandbox::User="" "${@:2}"
}

# unpack DIR PACKAGE...: DIR appears complete or not at all, so an interrupted download is begun again.
unpack() {
  local dir=$CACHE/$1 new
  shift
  [ -d "$dir" ] && return 0
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { echo "no apt-get or dpkg-deb here" >&2; return 1; }
  mkdir -p "$CACHE" && new=$(mktemp -d "$dir.XXXXXX") && mkdir "$new/debs" "$new/root" || return 1
  if ! { [ -n "${APT_UPDATED-}" ] || apt_private apt-get update; } >&2 ||
     ! (cd "$new/debs" && apt_private apt-get download "$@") >&2; then
    rm -rf "$new"
    return 1
  fi
  APT_UPDATED=1
  local deb
  for deb in "$new"/debs/*.deb; do dpkg-deb -x "$deb" "$new/root" || { rm -rf "$new"; return 1; }; done
  rm -rf "$new/debs"
  chmod -R u+w "$new"
  mv -T "$new/root" "$dir" 2>/dev/null || [ -d "$dir" ]
  rm -rf "$new"
}

# modprobe_script FILE MODULE_ROOT [EXPORT]: a modprobe that runs from the unpacked packages, also for the kernel itself.
modprobe_script() {
  local kmod=$CACHE/kmod
  printf '#!/bin/bash\n%s\nLD_LIBRARY_PATH=%q:%q exec -a modprobe %q -d %q "$@"\n' \
    "${3-}" "$kmod/usr/lib/$(uname -m)-linux-gnu" "$kmod/lib/$(uname -m)-linux-gnu" "$kmod/bin/kmod" "$2" > "$1"
  chmod +x "$1"
}

# new_run COMMAND...: makes $RUN, the one host folder that the guest may write, with the init, the caller's
# environment and the command. Callers append what their machine needs to $RUN/env.
new_run() {
  mkdir -p "$CACHE" && RUN=$(mktemp -d "$CACHE/run.XXXXXX") || exit 1
  trap 'rm -rf "$RUN"' EXIT
  trap 'exit 143' INT TERM
  { export -p | grep -v -E '^declare -x (OLDPWD|PWD|SHLVL|TMPDIR|TERM|LD_LIBRARY_PATH)(=|$)'
    printf 'export RSOCK_GUEST=%q\ncd %q\nexec' "$MACHINE" "$PWD"
    printf ' %q' "$@"
    echo; } > "$RUN/cmd"
  { printf 'SEE=%q\n' "$CACHE:$PWD:$HERE"
    printf 'SETUP=%q\n' "$HERE/guest_setup.py"
    printf 'PYTHON=%q\n' "$(command -v "${PYTHON:-python3}")"; } > "$RUN/env"
  cp "$HERE/guest-init.sh" "$RUN/init" && chmod +x "$RUN/init"
}

# finish STATUS: the command's own status, or why there is none.
finish() {
  [ -s "$RUN/rc" ] && exit "$(cat "$RUN/rc")"
  if [ "$1" = 124 ]; then echo "guest kernel: no end within ${LIMIT}s" >&2; exit 124; fi
  echo "guest kernel: it ended without a result (status $1); its log:" >&2
  tail -n 40 "$LOG" >&2
  exit 125
}
