#!/usr/bin/env bash
# Installs the Debian packages without which some tests are skipped. Says so and
# goes on where this is not Debian, where there are no rights, or no network.
set -uo pipefail
wanted=()
command -v redis-server >/dev/null || wanted+=(redis-server)
command -v strace >/dev/null || wanted+=(strace)
command -v valgrind >/dev/null || wanted+=(valgrind)
command -v ip >/dev/null || wanted+=(iproute2)
command -v unshare >/dev/null || wanted+=(util-linux)
[ ${#wanted[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "not installed (needs apt-get and root): ${wanted[*]}"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# no service is to start: a test starts its own servers, on ports of its own
export RUNLEVEL=1
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${wanted[@]}"; } \
    </dev/null >/dev/null 2>&1 || echo "could not be installed: ${wanted[*]}"
