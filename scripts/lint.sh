#!/usr/bin/env bash
# Runs every static check with the tools of the interpreter $1, all of them even
# if one fails, and says at the end which did.
set -uo pipefail
python=$1
failed=()

check() {
    local name=$1
    shift
    echo "== $name"
    "$@" || failed+=("$name")
}

check rustfmt cargo fmt --check
check clippy cargo clippy --quiet --all-targets -- -D warnings
check "ruff check" "$python" -m ruff check --quiet .
check "ruff format" "$python" -m ruff format --quiet --check .
check mypy "$python" -m mypy
check "stub constants" env PYTHONPATH=python "$python" scripts/stub_constants.py --check
check stubtest env MYPYPATH=python "$python" -m mypy.stubtest rsock._rsock --allowlist tests/typing/stubtest.txt

if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}" >&2
    exit 1
fi
