#!/usr/bin/env bash
# Builds the release extension for the environment $1 and installs it there in
# place. Leaves the stamp $1/built for make. Without a Rust toolchain an
# extension that was built earlier is used as it is.
set -euo pipefail
venv=$1

if ! command -v cargo >/dev/null; then
    if "$venv/bin/python" -c 'import rsock._rsock' 2>/dev/null; then
        echo "cargo is missing: going on with the extension that is already built" >&2
        exit 0
    fi
    echo "cargo is missing: install Rust 1.88 or newer, see https://rustup.rs (or run 'pip install .', which fetches one for the build)" >&2
    exit 1
fi
echo "Building the release extension for $("$venv/bin/python" -V)"
log=$venv/build.log
VIRTUAL_ENV=$(cd "$venv" && pwd) "$venv/bin/python" -m maturin develop --release >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
touch "$venv/built"
