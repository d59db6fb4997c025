#!/bin/bash
# live-copy: SQLite on ext4 is copied while it commits; the copy opens, whole, with the commits until then
# limit: 600 s
. /harness/guest/lib.sh
start_initiator
check "login" login
modprobe ext4
source_disk=$(disk 0)
copy_disk=$(disk 1)
mkdir -p /mnt/source /mnt/copy

# Each commit adds the next number, and is awaited; the last one answered is in /tmp/acknowledged.
commit_numbers() {
  local n=0 answer
  coproc DATABASE { sqlite3 -batch /mnt/source/db 2>&1; }
  while [ ! -e /tmp/stop ]; do
    n=$((n + 1))
    printf 'INSERT INTO t VALUES(%d, hex(randomblob(600)));\n.print %d\n' $n $n >&"${DATABASE[1]}"
    read -r answer <&"${DATABASE[0]}"
    [ "$answer" = $n ] || { echo "$answer"; return 1; }
    echo $n >/tmp/acknowledged
  done
  echo .quit >&"${DATABASE[1]}"
  wait "$DATABASE_PID"
}

prepare() { # JOURNAL-MODE
  mkfs.ext4 -q -F "$source_disk" && mount "$source_disk" /mnt/source || return
  sqlite3 /mnt/source/db "PRAGMA journal_mode=$1; CREATE TABLE t(n INTEGER PRIMARY KEY, filler TEXT);"
  sync
}

copy_under_load() {
  rm -f /tmp/stop /tmp/acknowledged
  commit_numbers >/tmp/sqlite 2>&1 &
  local writer=$!
  await 60 committed 20 || return
  before=$(cat /tmp/acknowledged)
  id=$(start_copy '"rate_limit": 33554432') || return
  after=$(cat /tmp/acknowledged)
  await_copy "$id" 120 || return
  await 60 committed $((after + 5)) || return
  touch /tmp/stop
  wait $writer || { cat /tmp/sqlite; return 1; }
}
committed() { [ "$(cat /tmp/acknowledged)" -ge "$1" ]; }

# A commit is acknowledged after it is durable, so that is in the copy which was acknowledged before
# the copy was asked for; nothing is that came after the answer, but for the commit under way.
is_a_prefix() {
  local count last
  read -r count last <<<"$(sqlite3 -separator ' ' /mnt/copy/db 'SELECT count(*), max(n) FROM t')"
  echo "$count commits up to $last; $before acknowledged before the start, $after after it"
  [ "$count" = "$last" ] && [ "$last" -ge "$before" ] && [ "$last" -le $((after + 2)) ]
}

for mode in wal delete; do
  before=0 after=0
  check "$mode: a database on the source" prepare $mode
  copy_under_load >/tmp/said 2>&1
  report $? "$mode: copied while it commits"
  umount /mnt/source
  blockdev --flushbufs "$copy_disk"
  check "$mode: the copy is mounted, its journal replayed" mount "$copy_disk" /mnt/copy
  says "$mode: integrity_check" '^ok$' sqlite3 /mnt/copy/db 'PRAGMA integrity_check'
  is_a_prefix >/tmp/said 2>&1
  report $? "$mode: the copy holds the commits until its begin time, and no other"
  note "$(cat /tmp/said)"
  check "$mode: unmounted" umount /mnt/copy
  check "$mode: the copy's file system is clean" e2fsck -fn "$copy_disk"
done
check "logout" logout
finish
