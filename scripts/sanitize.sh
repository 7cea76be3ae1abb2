#!/usr/bin/env bash
# Runs the unit tests of the Rust half under AddressSanitizer (asan) or
# ThreadSanitizer (tsan), which need a nightly toolchain, or under valgrind, which
# also sees memory that is read before it was written. Leaks are not looked for:
# the interpreter that some of the tests start frees nothing at its end.
set -euo pipefail

nightly() {
    cargo +nightly --version >/dev/null 2>&1 || {
        echo "this needs a nightly toolchain: rustup toolchain install nightly" >&2
        exit 1
    }
}

case $1 in
asan)
    nightly
    host=$(rustc -vV | sed -n 's/^host: //p')
    export ASAN_OPTIONS=detect_leaks=0
    export RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$CARGO_TARGET_DIR/asan
    cargo +nightly test --quiet --lib --target "$host"
    ;;
tsan)
    nightly
    # Of a standard library that is not instrumented it sees neither fences nor
    # waits, and takes what they order for races. So that is built, too.
    [ -d "$(rustc +nightly --print sysroot)/lib/rustlib/src" ] || {
        echo "tsan needs the source of the standard library: rustup component add rust-src --toolchain nightly" >&2
        exit 1
    }
    host=$(rustc -vV | sed -n 's/^host: //p')
    export RUSTFLAGS=-Zsanitizer=thread CARGO_TARGET_DIR=$CARGO_TARGET_DIR/tsan
    cargo +nightly test --quiet --lib -Zbuild-std --target "$host"
    ;;
valgrind)
    command -v valgrind >/dev/null || {
        echo "valgrind is missing (Debian: apt-get install valgrind)" >&2
        exit 1
    }
    # Fair, or a thread that spins keeps the one processor that there is from the others.
    runner="valgrind -q --fair-sched=yes --leak-check=no --error-exitcode=9"
    cargo test --quiet --lib --config "target.'cfg(all())'.runner='$runner'"
    ;;
*)
    echo "usage: $0 asan|tsan|valgrind" >&2
    exit 2
    ;;
esac
