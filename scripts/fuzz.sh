#!/usr/bin/env bash
# Fuzzes every codec for $1 seconds each (10 unless told), from fuzz/corpus on.
# With cargo-bolero installed and FUZZ_ENGINE=libfuzzer (it needs a nightly
# toolchain) the runs are guided by coverage; else the input is random, and a
# failure prints the seed that repeats it.
set -euo pipefail
seconds=${1:-10}

if [ "${FUZZ_ENGINE:-random}" = random ]; then
    export BOLERO_RANDOM_TEST_TIME_MS=$((seconds * 1000))
    export BOLERO_RANDOM_ITERATIONS=$((1 << 40))
    exec cargo test --lib -- fuzz_
fi
cargo test --lib -- --list 2>/dev/null | sed -n 's/\(.*::fuzz_.*\): test$/\1/p' |
    while read -r target; do
        file=${target%%::tests::*}
        cargo bolero test --engine "$FUZZ_ENGINE" --corpus-dir "fuzz/corpus/${file##*::}" \
            -T "${seconds}s" "$target"
    done
