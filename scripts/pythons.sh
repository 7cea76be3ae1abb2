#!/usr/bin/env bash
# Prints the interpreters 3.10 to 3.14 of this machine that run, one of each
# minor version: those on PATH, else those of pyenv.
set -uo pipefail
versions=$(command -v pyenv >/dev/null && pyenv root)/versions
for minor in 10 11 12 13 14; do
    for python in "python3.$minor" "$versions"/3."$minor".*/bin/"python3.$minor"; do
        if "$python" -c '' 2>/dev/null; then
            "$python" -c 'import sys; print(sys.executable)'
            break
        fi
    done
done
