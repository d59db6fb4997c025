#!/bin/bash
# reservations: two initiators, persistent reservations of each kind between them
. /harness/guest/lib.sh
start_initiator
check "the first initiator logs in" login
check "the second logs in" login_as second iqn.2026-11.dev.tidemark.test:second
one=$(generic 0 1)
two=$(generic 0 2)
disk_one=$(disk 0 1)
disk_two=$(disk 0 2)

out() { sg_persist --out "$@"; }
writes() { dd if=/dev/zero of="$1" oflag=direct bs=4096 count=1 seek=7 status=none; }
reads() { dd if="$1" iflag=direct of=/dev/null bs=4096 count=1 status=none; }

check "REPORT CAPABILITIES" sg_persist --in --report-capabilities "$one"
check "one registers" out --register --param-sark=0x1111 "$one"
check "two registers" out --register --param-sark=0x2222 "$two"
says "READ KEYS: both" '2222' sg_persist --in --read-keys "$one"
check "READ FULL STATUS" sg_persist --in --read-full-status "$one"
refused "RESERVE with the wrong key" out --reserve --param-rk=0x9999 --prout-type=1 "$one"

# The other registrants are told of a release and a preemption by a unit attention, once.
told() { # SG-DEVICE WORDS
  sg_turs --verbose "$1" 2>&1 | grep -i "$2"
}

# Type, whether the other (registered) initiator may write, whether it may read.
while read -r type write read name; do
  check "$name: one reserves" out --reserve --param-rk=0x1111 --prout-type="$type" "$one"
  says "$name: READ RESERVATION" '1111' sg_persist --in --read-reservation "$two"
  check "$name: the holder writes" writes "$disk_one"
  $write "$name: the other writes" writes "$disk_two"
  $read "$name: the other reads" reads "$disk_two"
  refused "$name: the other cannot reserve" out --reserve --param-rk=0x2222 --prout-type=3 "$two"
  check "$name: one releases" out --release --param-rk=0x1111 --prout-type="$type" "$one"
  [ "$type" -lt 5 ] || check "$name: the other is told" told "$two" "reservations released"
done <<TYPES
1 refused check write exclusive
3 refused refused exclusive access
5 check check write exclusive, registrants only
6 check check exclusive access, registrants only
TYPES

check "one reserves again" out --reserve --param-rk=0x1111 --prout-type=3 "$one"
check "two preempts it" out --preempt --param-rk=0x2222 --param-sark=0x1111 --prout-type=3 "$two"
says "the reservation is two's" '2222' sg_persist --in --read-reservation "$two"
check "one is told" told "$one" "registrations preempted"
refused "and writes no longer" writes "$disk_one"
check "two clears all" out --clear --param-rk=0x2222 "$two"
says "no key is left" 'NO registered reservation keys' sg_persist --in --read-keys "$one"
check "one writes again" writes "$disk_one"

check "one registers, kept over power loss" out --register --param-sark=0x3333 --param-aptpl "$one"
check "and reserves" out --reserve --param-rk=0x3333 --prout-type=1 "$one"
check "the daemon is killed" host kill
check "and started" host start
check "sessions come back" await 60 reads "$disk_one"
says "the reservation is still there" '3333' sg_persist --in --read-reservation "$one"
refused "and holds" writes "$disk_two"
check "it is given up" out --clear --param-rk=0x3333 "$one"
check "logout" logout
finish
