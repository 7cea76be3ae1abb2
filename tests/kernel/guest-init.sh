#!/bin/bash
# Process 1 of the guest. The host's / is the root, read-only. Reads from its own folder: env (variables), cmd (the
# command); leaves rc (its status) there. Knows neither which machine this is nor what the command does.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN=${0%/*}
. "$RUN/env"

mount -t proc proc /proc
mount -t sysfs sysfs /sys
for fd in fd:/proc/self/fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do ln -sfn "${fd#*:}" "/dev/${fd%%:*}"; done
mkdir -p /dev/shm /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
mount -t tmpfs -o mode=0755 tmpfs /run

# /tmp is private, but for what the run needs of the host's: a checkout or a cache below /tmp must stay visible.
mkdir /dev/shm/t
mount -t tmpfs -o mode=1777 tmpfs /dev/shm/t
IFS=:
for dir in $SEE; do
  case $dir in /tmp/?*)
    top=${dir#/tmp/}; top=${top%%/*}
    [ -d "/dev/shm/t/$top" ] || { mkdir "/dev/shm/t/$top"; mount --bind "/tmp/$top" "/dev/shm/t/$top"; } ;;
  esac
done
unset IFS
mount --move /dev/shm/t /tmp
rmdir /dev/shm/t
[ -n "$HOSTFS" ] && mount -t hostfs -o "$RUN" none "$RUN"
[ -n "$DATE" ] && date -s "$DATE" >/dev/null

echo "$MODPROBE" > /proc/sys/kernel/modprobe
echo guest > /proc/sys/kernel/hostname
"$MODPROBE" -a $MODULES
# Stock Python in isolation: the setup must not depend on the module under test.
timeout 30 "$PYTHON" -I -S "$SETUP"

[ -c "$OUT" ] && stty -F "$OUT" -opost
exec 5>>"$OUT"
bash "$RUN/cmd" </dev/null 2>&1 5>&- | cat >&5
echo "${PIPESTATUS[0]}" > "$RUN/rc"
exec 5>&-
sync
echo 1 > /proc/sys/kernel/sysrq
echo "$HALT" > /proc/sysrq-trigger
sleep 60
