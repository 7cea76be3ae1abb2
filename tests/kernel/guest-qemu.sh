#!/bin/bash
# guest-qemu.sh COMMAND [ARG...]
# The same contract as guest.sh, on Debian's stock kernel under qemu: slower to boot, but it has what user-mode-linux
# lacks: MPTCP, CAN_ISOTP, QIPCRTR, SMC and Bluetooth with a virtual controller. The processor is emulated, so no
# privilege is needed either. The host's / is a read-only 9p root. Variables as in guest.sh.
set -u
. "$(dirname "$(readlink -f "$0")")/guest-lib.sh"
MACHINE=qemu LIMIT=${RSOCK_GUEST_TIMEOUT:-900} MEM=${RSOCK_GUEST_MEM:-1G}
[ $# -gt 0 ] || { sed -n '2,/^set/{/^#/p}' "$0"; exit 2; }
[ "$(uname -sm)" = "Linux x86_64" ] || skip "the qemu guest is set up for Linux on x86_64"

# Package names are asked of apt once, then kept: the kernel's carries its version, qemu's libraries vary by release.
if [ ! -s "$CACHE/qemu.list" ]; then
  command -v apt-get >/dev/null || skip "no apt-get here"
  { apt_private apt-get update && APT_UPDATED=1; } >&2 || skip "cannot read Debian's package lists"
  release=$(apt_private apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: linux-image-\([0-9][^ ]*\).*/\1/p' | head -n 1)
  emulator=$(apt_private apt-get install -s --reinstall --no-install-recommends qemu-system-x86 | sed -n 's/^Inst \([^ ]*\).*/\1/p')
  [ -n "$release" ] && [ -n "$emulator" ] || skip "Debian's qemu or kernel not found"
  printf '%s\n' "$release" $emulator > "$CACHE/qemu.list"
fi
{ read -r RELEASE; mapfile -t emulator; } < "$CACHE/qemu.list"
unpack kmod kmod libkmod2 || skip "cannot download Debian's kmod"
unpack qemu "${emulator[@]}" busybox-static || skip "cannot download Debian's qemu"
unpack "linux-$RELEASE" "linux-image-$RELEASE" || skip "cannot download Debian's kernel"
KERNEL=$CACHE/linux-$RELEASE
modprobe_script "$KERNEL/modprobe" "$KERNEL"
[ -e "$KERNEL/lib/modules/$RELEASE/modules.dep.bin" ] ||
  sed 's/ modprobe / depmod /; s/ -d / -b /' "$KERNEL/modprobe" | bash -s "$RELEASE" || exit 125

# The initial RAM disk: busybox and the modules needed to reach the host's / over 9p, in load order.
if [ ! -e "$KERNEL/initrd" ]; then
  tree=$(mktemp -d "$CACHE/initrd.XXXXXX") && mkdir "$tree"/{bin,dev,proc,sys,root,run,m} || exit 125
  cp "$CACHE/qemu/bin/busybox" "$tree/bin/"
  order=$(for m in virtio_pci 9pnet_virtio 9p; do "$KERNEL/modprobe" -S "$RELEASE" --show-depends "$m"; done |
    awk '$1 == "insmod" && !seen[$2]++ { print $2 }')
  cp $order "$tree/m/"
  cat > "$tree/init" <<I
#!/bin/busybox sh
b=/bin/busybox
\$b mount -t proc proc /proc; \$b mount -t sysfs sysfs /sys; \$b mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
for m in $(for f in $order; do basename "$f"; done | tr '\n' ' '); do \$b insmod /m/\$m; done
o=trans=virtio,version=9p2000.L,msize=512000
\$b mount -t 9p -o \$o,cache=loose,ro host /root && \$b mount -t 9p -o \$o,cache=none,rw run /run || \$b reboot -f
\$b mount --move /dev /root/dev; \$b umount /proc; \$b umount /sys; \$b mount --move /run /root/mnt
exec \$b switch_root /root /bin/bash /mnt/init
I
  chmod +x "$tree/init"
  (cd "$tree" && find . | "$CACHE/qemu/bin/busybox" cpio -o -H newc) > "$KERNEL/initrd.new" 2>/dev/null || exit 125
  mv "$KERNEL/initrd.new" "$KERNEL/initrd"
  rm -rf "$tree"
fi

new_run "$@"
LOG=$RUN/log
cat >> "$RUN/env" <<E
HOSTFS= DATE=@$(date +%s) OUT=/mnt/out HALT=b
MODPROBE=$(printf %q "$KERNEL/modprobe")
MODULES="ipv6 tipc can can-raw can-bcm can-isotp can-j1939 vcan vsock vsock_loopback algif_hash algif_skcipher algif_aead
  algif_rng drbg rds rds_tcp sctp dccp_ipv4 dccp_ipv6 qrtr bluetooth rfcomm hci_vhci smc veth"
E

: > "$RUN/out"
export LD_LIBRARY_PATH=$CACHE/qemu/usr/lib/x86_64-linux-gnu:$CACHE/qemu/lib/x86_64-linux-gnu
share() { # TAG PATH EXTRA
  printf '%s\n' -fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap$3" -device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}
mapfile -t shares < <(share host / ,readonly=on; share run "$RUN" "")
timeout -k 5 "$LIMIT" "$CACHE/qemu/usr/bin/qemu-system-x86_64" -L "$CACHE/qemu/usr/share/qemu" \
  -L "$CACHE/qemu/usr/share/seabios" -M q35 -nodefaults -accel tcg -cpu max -smp 1 -m "$MEM" -display none -no-reboot \
  -serial "file:$LOG" -monitor none -parallel none "${shares[@]}" -kernel "$KERNEL/boot/vmlinuz-$RELEASE" \
  -initrd "$KERNEL/initrd" -append "console=ttyS0 quiet loglevel=4 panic=-1 reboot=t mitigations=off audit=0 selinux=0 apparmor=0" \
  < /dev/null >&2 &
kernel=$!
env -u LD_LIBRARY_PATH tail -n +1 -s 0.2 --pid=$kernel -f "$RUN/out" &
reader=$!
trap 'kill $kernel 2>/dev/null; exit 143' INT TERM
wait $kernel
status=$?
wait $reader
finish $status
