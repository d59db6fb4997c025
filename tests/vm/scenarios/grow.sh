#!/bin/bash
# grow: a volume grows while it is in use; the guest sees it, and ext4 grows with it
. /harness/guest/lib.sh
start_initiator
check "login" login
d=$(disk 0)
modprobe ext4
mkdir -p /mnt/lun
check "a file system" mkfs.ext4 -q -F "$d"
check "mounted" mount "$d" /mnt/lun
check "a file" sh -c 'head -c 20000000 /dev/urandom >/mnt/lun/file; sync; sha256sum /mnt/lun/file >/tmp/sum'

size_is() { [ "$(blockdev --getsize64 "$d")" = $(($1 * 1024 * 1024)) ]; }
check "the volume grows" rest POST volumes/source/grow '{"size": "1GiB"}'
says "the guest is told" 'Capacity data has changed' sg_readcap --long "$(generic 0)"
says "READ CAPACITY says so" 1073741824 sg_readcap --long "$(generic 0)"
check "the initiator looks again" iscsiadm -m session --rescan
check "and sees it" await 20 size_is 1024
check "the file system grows" resize2fs "$d"
check "and has the room" sh -c 'test $(df --output=size -m /mnt/lun | tail -1) -gt 900'
check "the new part takes data" sh -c 'head -c 300000000 /dev/zero | tr "\0" "x" >/mnt/lun/large; sync'
refused "it does not shrink" rest POST volumes/source/grow '{"size": "512MiB"}'
check "unmounted" umount /mnt/lun
check "checked" e2fsck -fn "$d"
check "mounted again" mount "$d" /mnt/lun
check "the file is what it was" sha256sum --quiet -c /tmp/sum
check "unmounted" umount /mnt/lun
check "logout" logout
finish
