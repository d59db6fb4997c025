#!/bin/bash
# filesystems: ext4 and xfs on a LUN; what they discard is given back on the host
# limit: 600 s
. /harness/guest/lib.sh
start_initiator
check "login" login
d=$(disk 0)
mkdir -p /mnt/lun
modprobe -a ext4 xfs

allocated_below() { [ "$(host allocated source)" -lt "$1" ]; }
allocated_above() { [ "$(host allocated source)" -gt "$1" ]; }
MIB=$((1024 * 1024))

works_on() { # NAME MKFS FSCK
  local name=$1 mkfs=$2 fsck=$3
  check "$name: made" $mkfs "$d"
  check "$name: mounted" mount "$d" /mnt/lun
  sync
  local empty
  empty=$(host allocated source)
  check "$name: 40 files" sh -c 'for n in $(seq 40); do head -c 1048576 /dev/urandom >/mnt/lun/$n || exit 1; done; sync'
  (cd /mnt/lun && sha256sum [0-9]*) >/tmp/sums
  check "$name: they take room on the host" allocated_above $((empty + 39 * MIB))
  check "$name: unmounted" umount /mnt/lun
  check "$name: checked" $fsck "$d"
  blockdev --flushbufs "$d"
  check "$name: mounted again" mount "$d" /mnt/lun
  check "$name: the files are what they were" sh -c 'cd /mnt/lun && sha256sum --quiet -c /tmp/sums'
  check "$name: the files removed" sh -c 'rm /mnt/lun/[0-9]*; sync'
  # xfs gives back what was removed some time later, at the latest when it is unmounted.
  check "$name: mounted afresh" sh -c "umount /mnt/lun && mount $d /mnt/lun"
  check "$name: fstrim" fstrim -v /mnt/lun
  check "$name: the room is given back" allocated_below $((empty + 4 * MIB))
  check "$name: unmounted for good" umount /mnt/lun
  check "$name: discarded whole" blkdiscard "$d"
  check "$name: nothing is left on the host" allocated_below $MIB
}

works_on ext4 "mkfs.ext4 -q -F" "e2fsck -fn"
works_on xfs "mkfs.xfs -q -f" "xfs_repair -n"
check "logout" logout
finish
