#!/bin/bash
# guest.sh COMMAND [ARG...]
# Runs COMMAND in the caller's directory and environment on a user-mode-linux kernel: an ordinary process, without
# any privilege, with the host's / read-only, a private /tmp and only its own network. Prints the command's output and
# exits with its status; 77 where Debian's packages cannot be had (1 if RSOCK_GUEST_REQUIRED is set); 124 after the
# time limit; 125 if the kernel died.
#   RSOCK_GUEST_CACHE    where packages are unpacked   (default ${XDG_CACHE_HOME:-~/.cache}/rsock-guest)
#   RSOCK_GUEST_TIMEOUT  seconds for the whole run     (default 600)
#   RSOCK_GUEST_MEM      the guest's memory            (default 768M)
#   PYTHON               interpreter for the set-up    (default python3)
set -u
. "$(dirname "$(readlink -f "$0")")/guest-lib.sh"
MACHINE=uml LIMIT=${RSOCK_GUEST_TIMEOUT:-600} MEM=${RSOCK_GUEST_MEM:-768M}
[ $# -gt 0 ] || { sed -n '2,/^set/{/^#/p}' "$0"; exit 2; }
[ "$(uname -sm)" = "Linux x86_64" ] || skip "user-mode-linux needs Linux on x86_64"
unpack uml user-mode-linux || skip "cannot download Debian's user-mode-linux"
unpack kmod kmod libkmod2 || skip "cannot download Debian's kmod"

new_run "$@"
LOG=$RUN/log
mkdir -p "$RUN/modules/lib" "$RUN/umid"
ln -s "$CACHE/uml/usr/lib/uml/modules" "$RUN/modules/lib/modules"
# See narrow_registers.py. glibc and OpenSSL pick their code by the processor's features.
narrow=() features=
if grep -qw amx_tile /proc/cpuinfo; then
  narrow=("$(command -v "${PYTHON:-python3}")" "$HERE/narrow_registers.py")
  features="export OPENSSL_ia32cap=~0x1000000000000000:0 GLIBC_TUNABLES=glibc.cpu.hwcaps="
  features+="-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX_Fast_Unaligned_Load,-XSAVEC,-XSAVE"
fi
modprobe_script "$RUN/modprobe" "$RUN/modules" "$features"
cat >> "$RUN/env" <<E
$features
HOSTFS=1 DATE= OUT=/dev/tty1 HALT=o
MODPROBE=$(printf %q "$RUN/modprobe")
MODULES="ipv6 tipc can can-raw can-bcm can-j1939 vcan vsock vsock_loopback algif_hash algif_skcipher algif_aead
  algif_rng drbg rds rds_tcp sctp dccp_ipv4 dccp_ipv6"
E

# The guest's memory is a file: in /dev/shm if that is large enough (a container's often is not), else in the cache.
room=$(df --output=avail -B1M /dev/shm 2>/dev/null | tail -n 1)
[ "${room:-0}" -gt "${MEM%M}" ] && memory=/dev/shm || memory=$RUN

# Console 1 is the command's output, on descriptor 3; console 0 and the kernel's own output are the log.
mkfifo "$RUN/out"
cat < "$RUN/out" &
reader=$!
TMPDIR=$memory timeout -k 5 "$LIMIT" "${narrow[@]}" "$CACHE/uml/usr/bin/linux.uml" mem="$MEM" umid=u uml_dir="$RUN/umid" \
  root=none rootfstype=hostfs rootflags=/ ro quiet loglevel=4 con=null con0=null,fd:1 con1=null,fd:3 init="$RUN/init" \
  < /dev/null 3> "$RUN/out" > "$LOG" 2>&1 &
kernel=$!
trap 'kill $kernel 2>/dev/null; exit 143' INT TERM
wait $kernel
status=$?
wait $reader
finish $status
