#!/usr/bin/env bash
# Type-checks the Rust half for the systems that it is written for and not run on,
# with warnings as errors, for the Python version $1. A system whose standard library
# the toolchain lacks, and rustup cannot get, is skipped.
set -uo pipefail
version=$1
failed=()

has_std() {
    [ -d "$(rustc --print target-libdir --target "$1")" ]
}

for target in x86_64-pc-windows-gnu x86_64-apple-darwin x86_64-unknown-freebsd; do
    if ! has_std "$target" && command -v rustup >/dev/null; then
        rustup target add "$target" >/dev/null 2>&1
    fi
    if ! has_std "$target"; then
        echo "$target: skipped, as the toolchain has no standard library for it"
        continue
    fi
    if env -u PYO3_PYTHON PYO3_NO_PYTHON=1 PYO3_CROSS_PYTHON_VERSION="$version" \
        cargo clippy --quiet --lib --target "$target" --target-dir target/check -- -D warnings; then
        echo "$target: type-checked for Python $version"
    else
        failed+=("$target")
    fi
done

if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}" >&2
    exit 1
fi
