#!/bin/bash
# md: the daemon runs in the guest, its LUN on Linux RAID; copies while a member fails and while it rebuilds
# limit: 600 s
. /harness/guest/lib.sh
modprobe -a loop raid1 raid456

MIB=48
export TIDEMARK_URL=http://127.0.0.1:8260
mkdir -p /dev/shm/members /tmp/state

members() { # NUMBER: loop devices of memory
  local n
  for n in $(seq "$1"); do
    truncate -s $((MIB + 16))M /dev/shm/members/$n
    losetup -f --show /dev/shm/members/$n || return
  done
}

serve() {
  cat >/tmp/md.json <<JSON
{
  "portals": ["127.0.0.1:3260"],
  "management": {"listen": "127.0.0.1:8260"},
  "volumes": [
    {"name": "source", "location": "block:/dev/md0"},
    {"name": "copy", "location": "memory:", "size": $(blockdev --getsize64 /dev/md0)}
  ],
  "targets": [{"name": "$target", "luns": [{"lun": 0, "volume": "source"}, {"lun": 1, "volume": "copy"}],
               "access": [{"initiator": "*"}]}]
}
JSON
  tidemarkd --config /tmp/md.json --state-dir /tmp/state >/tmp/tidemarkd.log 2>&1 &
  daemon=$!
  await 30 tidemark status || { cat /tmp/tidemarkd.log; return 1; }
}

proven() { tidemark demo; }
degraded() { grep -q '_' /proc/mdstat; }
whole() { ! degraded && ! grep -qE 'recovery|resync' /proc/mdstat; }

on_raid() { # LEVEL MEMBERS
  local level=$1 disks
  disks=$(members "$2") || return
  local one=${disks%%$'\n'*}
  check "RAID$level: an array of $2" mdadm --create /dev/md0 --run --level="$level" --raid-devices="$2" \
    --assume-clean --metadata=1.2 $disks
  serve >/tmp/said 2>&1
  report $? "RAID$level: the daemon serves it"
  check "RAID$level: a copy under writes is proven" proven
  check "RAID$level: a member is failed" mdadm /dev/md0 --fail "$one"
  check "RAID$level: the array is degraded" degraded
  check "RAID$level: a copy on the degraded array is proven" proven
  check "RAID$level: the member is taken out" await 10 mdadm /dev/md0 --remove "$one"
  mdadm --zero-superblock "$one"
  # Slow enough to last through the copy.
  echo 1000 >/proc/sys/dev/raid/speed_limit_max
  check "RAID$level: and put back, to be rebuilt" mdadm /dev/md0 --add "$one"
  check "RAID$level: it rebuilds" await 10 grep -q recovery /proc/mdstat
  check "RAID$level: a copy during the rebuild is proven" proven
  check "RAID$level: it was still rebuilding" grep -q recovery /proc/mdstat
  echo 200000 >/proc/sys/dev/raid/speed_limit_max
  check "RAID$level: rebuilt" await 60 whole
  check "RAID$level: and once more" proven
  kill -TERM "$daemon"
  wait "$daemon"
  report $? "RAID$level: the daemon ends"
  check "RAID$level: the array is stopped" mdadm --stop /dev/md0
  for one in $disks; do losetup -d "$one"; done
  rm -f /dev/shm/members/*
}

on_raid 1 2
on_raid 5 3
finish
