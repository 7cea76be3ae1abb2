#!/usr/bin/env bash
# Runs a command and shows what it printed only when it has ended, in one piece,
# for commands that run beside others.
set -uo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$@" >"$log" 2>&1
status=$?
printf '\n--- %s\n' "$*"
cat "$log"
printf -- '--- ended with %d after %d s\n' "$status" "$SECONDS"
exit "$status"
