#!/bin/bash
# scsi: sg3-utils asks for every page it is offered, and writes, compares, unmaps and sanitizes
# limit: 600 s
. /harness/guest/lib.sh
start_initiator
check "login" login
a=$(generic 0)
d=$(disk 0)

check "INQUIRY" sg_inq "$a"
check "READ CAPACITY(10)" sg_readcap "$a"
check "READ CAPACITY(16)" sg_readcap --long "$a"
says "REPORT LUNS: four" 'count: 4|list length = 32|imply 4 lun' sg_luns "$a"
check "REQUEST SENSE" sg_requests "$a"
check "REPORT SUPPORTED OPERATION CODES" sg_opcodes "$a"
check "REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS" sg_opcodes --tmf "$a"

# Every page that page 00h lists.
listed() { # COMMAND...: the bytes after the header
  "$@" --raw "$a" | od -An -v -tx1 -j4 | tr -s ' ' '\n' | grep .
}
every() { # WORDS-BEFORE-THE-PAGE PAGE...
  local how=$1 page
  shift
  [ $# -gt 1 ] || return 1
  for page in "$@"; do
    $how"0x$page" "$a" >/tmp/page 2>&1 || { echo "page $page"; cat /tmp/page; return 1; }
  done
}
check "every VPD page" every "sg_vpd --page=" $(listed sg_vpd --page=0)
check "every log page" every "sg_logs --page=" $(listed sg_logs --page=0)
check "every mode page" sg_modes --all "$a"
check "every mode page: what can be changed" sg_modes --all --control=1 "$a"

one_line() { "$@" 2>&1 | tr '\n' ' '; }
check "REPORT TARGET PORT GROUPS" sg_rtpg --decode "$a"
check "and with the extended header" sg_rtpg --extended "$a"

# The guest changes the state of the group it comes through, of a LUN that nothing else is done with.
g=$(generic 1)
reads() { timeout 60 dd if="$(disk 1)" of=/dev/null iflag=direct bs=4096 count=1 status=none; }
says "the port group is active/optimized, and never was changed" 'access state : 0x0?0 .*status code : 0x0?0 ' \
  one_line sg_rtpg --decode "$g"
check "SET TARGET PORT GROUPS: active/non-optimized" sg_stpg --tp=1 --state=an "$g"
says "the guest sees it, and that it was done by command" 'access state : 0x0?1 .*status code : 0x0?1 ' \
  one_line sg_rtpg --decode "$g"
check "and reads as before" reads
check "SET TARGET PORT GROUPS: standby, without naming the group" sg_stpg --standby "$g"
says "the guest sees it" 'access state : 0x0?2 ' one_line sg_rtpg --decode "$g"
says "TEST UNIT READY tells of it" 'standby|not ready' sg_turs --verbose "$g"
refused "nothing is read" reads
refused "no other state goes by" sg_stpg --tp=1 --state=15 "$g"
says "no other group" 'Illegal request' sg_stpg --tp=7 --state=o "$g"
says "that changed nothing" 'access state : 0x0?2 ' one_line sg_rtpg --decode "$g"
check "SET TARGET PORT GROUPS: active/optimized" sg_stpg --optimized "$g"
says "the guest sees it" 'access state : 0x0?0 ' one_line sg_rtpg --decode "$g"
check "and reads again" reads

fill() { # BYTE BLOCKS
  head -c $((512 * $2)) /dev/zero | tr '\0' "\\$1"
}
fill 101 1 >/tmp/a
fill 102 1 >/tmp/b
cat /tmp/a /tmp/b >/tmp/ab
holds() { # FILE LBA BLOCKS
  dd if="$d" iflag=direct bs=512 skip="$2" count="$3" status=none | cmp - "$1"
}
check "a block is written" dd if=/tmp/a of="$d" oflag=direct bs=512 seek=8 status=none
check "COMPARE AND WRITE: equal, so written" sg_compare_and_write --in=/tmp/ab --lba=8 --num=1 --xferlen=1024 "$a"
check "it was" holds /tmp/b 8 1
says "COMPARE AND WRITE: unequal, so MISCOMPARE" 'iscompare' \
  sg_compare_and_write --in=/tmp/ab --lba=8 --num=1 --xferlen=1024 "$a"
check "nothing was written" holds /tmp/b 8 1
check "WRITE SAME(16)" sg_write_same --16 --in=/tmp/a --lba=16 --num=64 "$a"
fill 101 64 >/tmp/a64
check "64 blocks are the same" holds /tmp/a64 16 64
check "WRITE SAME(16) with UNMAP" sg_write_same --16 --unmap --in=/dev/zero --xferlen=512 --lba=16 --num=64 "$a"
fill 000 64 >/tmp/z64
check "64 blocks are zeroes" holds /tmp/z64 16 64
check "a megabyte is written" dd if=/dev/urandom of="$d" oflag=direct bs=1M count=1 seek=4 status=none
says "GET LBA STATUS: mapped" 'mapped' sg_get_lba_status --lba=8192 "$a"
check "UNMAP" sg_unmap --force --lba=8192 --num=2048 "$a"
says "GET LBA STATUS: deallocated" 'deallocated' sg_get_lba_status --lba=8192 "$a"
check "SYNCHRONIZE CACHE" sg_sync "$a"
check "VERIFY" sg_verify --lba=0 --count=128 "$a"
says "VERIFY beyond the end" 'out of range' sg_verify --lba=1048576 --count=1 "$a"

b=$(generic 2)
says "4096-byte blocks" 'length.*4096' sg_readcap --long "$b"
r=$(disk 3)
says "the write-protected LUN is read-only" '^1$' blockdev --getro "$r"
refused "and takes no write" sg_write_same --16 --in=/tmp/a --lba=0 --num=1 "$(generic 3)"

if sg_opcodes "$b" 2>/dev/null | grep -qi sanitize; then
  check "something to sanitize" dd if=/dev/urandom of="$(disk 2)" oflag=direct bs=1M count=2 status=none
  check "SANITIZE, overwrite with zeroes" sg_sanitize --overwrite --zero --quick --wait "$b"
  blockdev --flushbufs "$(disk 2)"
  check "nothing of it is left" cmp -n 2097152 "$(disk 2)" /dev/zero
fi
check "logout" logout
finish
