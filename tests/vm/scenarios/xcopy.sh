#!/bin/bash
# xcopy: sg3-utils and ddpt copy between LUNs, by EXTENDED COPY and by token, while the source is written
# limit: 900 s
. /harness/guest/lib.sh
start_initiator
check "login" login
source_disk=$(disk 0)
copy_disk=$(disk 1)
from=$(generic 0)
to=$(generic 1)

# ---- what is announced --------------------------------------------------------------------------
says "VPD page 8Fh: commands and descriptors" 'Supported descriptors|Segment descriptor|Supported commands' \
  sg_vpd --page=tpc "$from"
says "VPD page 8Fh: ROD types" 'ROD type' sg_vpd --page=tpc "$from"
says "RECEIVE COPY OPERATING PARAMETERS" 'Maximum target descriptor count: 64|arget descriptor count: 64' \
  sg_copy_results --params "$from"
says "ddptctl reads the limits of tokens" 'Maximum Token Lifetime: 3600' ddptctl --info "$from"

# ---- a writer, and what its writes say of a copy --------------------------------------------------
BLOCKS=4096  # of 4 KiB
SECTORS=$((BLOCKS * 8))

start_writer() {
  rm -f /tmp/stop /tmp/count
  perl /harness/guest/ordered.pl write "$source_disk" $BLOCKS /tmp/count /tmp/stop >/tmp/writer 2>&1 &
  writer=$!
}
stop_writer() {
  touch /tmp/stop
  wait "$writer" || { cat /tmp/writer; return 1; }
}
count() { echo $((10#0$(cat /tmp/count))); }
answered() { [ "$(count)" -ge "$1" ]; }

# The copy is as of one moment between the two counts.
as_of() { # FIRST LAST
  blockdev --flushbufs "$copy_disk"
  perl /harness/guest/ordered.pl check "$copy_disk" $BLOCKS "$1" "$2"
}

raced=0
proven() { # NAME COMMAND...: it copies the writer's blocks, as of one moment while it runs
  local what=$1 before after
  shift
  before=$(count)
  check "$what" "$@"
  after=$(count)
  raced=$((raced + after - before))
  check "$what: as of one moment of it" as_of "$before" "$after"
  note "$(cat /tmp/said); $((after - before)) writes meanwhile"
}

start_writer
check "a writer has written everything once" await 120 answered $((BLOCKS + 1))

# ---- EXTENDED COPY --------------------------------------------------------------------------------
for round in 1 2 3; do
  proven "sg_xcopy $round" sg_xcopy if="$from" of="$to" bs=512 count=$SECTORS bpt=$SECTORS list_id=$round id_usage=hold
done
# sg_xcopy sends its lists to the destination.
sg_copy_results --receive --list_id=3 "$to" >/tmp/received 2>&1
report $? "RECEIVE COPY DATA: none is held"
says "RECEIVE COPY STATUS: it is done" 'completed' sg_copy_results --status --list_id=3 "$to"
refused "RECEIVE COPY STATUS of none" sg_copy_results --status --list_id=77 "$to"
refused "RECEIVE COPY FAILURE DETAILS of none" sg_copy_results --failed --list_id=77 "$to"
for round in 1 2 3; do
  proven "ddpt, xcopy $round" ddpt if="$from" of="$to" bs=512 --xcopy count=$SECTORS bpt=$SECTORS
done
end=$(blockdev --getsz "$source_disk")
refused "a range past the end is not copied" \
  sg_xcopy if="$from" of="$to" bs=512 count=64 skip=$((end - 64)) seek=$((end - 8)) bpt=64 list_id=9 id_usage=hold
says "RECEIVE COPY FAILURE DETAILS: why" 'opy aborted|xcopy|ense' sg_copy_results --failed --list_id=9 "$to"

# ---- tokens, by lists of our own ------------------------------------------------------------------
bytes() { perl -e 'print pack(shift, @ARGV)' "$@"; }
bytes 'n C C N N n n Q> N N' 30 0 0 0 0 0 16 0 $SECTORS 0 >/tmp/populate
token_of_source() { # OUTPUT
  sg_raw -s 32 -i /tmp/populate "$from" 83 10 00 00 00 00 00 00 10 01 00 00 00 20 00 00 || return
  sg_raw -r 4096 -b -o /tmp/information "$from" 84 07 00 00 10 01 00 00 00 00 00 00 10 00 00 00 || return
  tail -c +39 /tmp/information | head -c 512 >"$1"
  [ "$(stat -c %s "$1")" = 512 ]
}
write_by_token() { # TOKEN SECTORS
  { bytes 'n C C N Q>' 550 0 0 0 0; cat "$1"; bytes 'x6 n Q> N N' 16 0 "$2" 0; } >/tmp/write
  sg_raw -s 552 -i /tmp/write "$to" 83 11 00 00 00 00 00 00 20 01 00 00 02 28 00 00
}
before=$(count)
check "POPULATE TOKEN" token_of_source /tmp/token
after=$(count)
# Kept for a minute after the command.
says "RECEIVE ROD TOKEN INFORMATION by ddptctl" 'without errors' ddptctl --receive --list_id=0x1001 "$from"
check "many writes later" await 60 answered $((after + 300))
check "WRITE USING TOKEN" write_by_token /tmp/token $SECTORS
check "WRITE USING TOKEN: as of POPULATE TOKEN" as_of "$before" "$after"
note "$(cat /tmp/said); $(($(count) - after)) writes later"
check "the same token again, later still" write_by_token /tmp/token $SECTORS
check "it gives the same again" as_of "$before" "$after"
cp /tmp/token /tmp/forged
bytes C 1 | dd of=/tmp/forged bs=1 seek=300 conv=notrunc status=none
bytes C 2 | dd of=/tmp/forged bs=1 seek=301 conv=notrunc status=none
says "a forged token is unknown" 'token unknown' write_by_token /tmp/forged $SECTORS
bytes 'N n n x504' $((0xffff0001)) 0 $((0x1f8)) >/tmp/zero
check "the block device zero token" write_by_token /tmp/zero 2048
blockdev --flushbufs "$copy_disk"
check "writes zeroes" cmp -n $((2048 * 512)) "$copy_disk" /dev/zero

# ---- tokens, by ddpt ------------------------------------------------------------------------------
# ddpt 0.97 writes the range descriptors of both lists one byte too early, so that a target reads LBA
# and count times 256. From LBA 0 on that is a copy of 256 times as much, which is right in itself. ddpt
# says that the counts differ, and where it counts what is left of a token, it gives up when all has
# been written.
asked=$((SECTORS / 256))
for round in 1 2 3; do
  proven "ddpt, ODX $round" ddpt if="$from" skip=0,$asked of="$to" seek=0,$asked bs=512 --odx
done
before=$(count)
check "ddpt, ODX: a token to a file" ddpt if="$from" skip=0,$asked bs=512 --odx rtf=/tmp/tokens
after=$(count)
check "many writes later" await 60 answered $((after + 300))
from_token() { # TOKEN-FILE
  says "ddpt, ODX: from the token in $1" "^$SECTORS\\+0 records out" ddpt rtf="$1" of="$to" seek=0,$asked bs=512 --odx
}
from_token /tmp/tokens
check "ddpt, ODX: as of the first command" as_of "$before" "$after"
note "$(cat /tmp/said); $(($(count) - after)) writes later"
before=$(count)
for type in pit-def pit-vuln pit-pers pit-any; do
  check "ddpt, ODX: a token of type $type" \
    ddpt if="$from" skip=0,$asked bs=512 --odx rtf=/tmp/tokens-$type rtype=$type
done
after=$(count)
check "the source is written again" await 60 answered $((after + 5))
says "what is vulnerable to changes is gone with them" 'token cancelled' \
  ddpt rtf=/tmp/tokens-pit-vuln of="$to" seek=0,$asked bs=512 --odx
for type in pit-def pit-pers pit-any; do
  from_token /tmp/tokens-$type
  check "what is $type is not" as_of "$before" "$after"
done
says "REPORT ALL ROD TOKENS by ddptctl" 'persistent' ddptctl --all_toks "$from"

check "all were done while writes went on" [ $raced -gt 50 ]
stop_writer >/tmp/said 2>&1
report $? "the writer saw no error"
rest GET copies | jq -c '[.copies[] | .origin + " " + .state] | group_by(.) | map({(.[0]): length}) | add' >/tmp/said
report $? "they are among the copies"
note "$(cat /tmp/said)"

# ---- copy verbs in band ---------------------------------------------------------------------------
same() { # NODE ARGUMENT...: in band and over REST
  tidemark --via "sg:$1" "${@:2}" >/tmp/in-band || return
  over_rest "${@:2}" >/tmp/over-rest || return
  [ -s /tmp/in-band ] && diff /tmp/in-band /tmp/over-rest
}
# But for what goes on while it stands still: the rate, and what follows from it.
same_but_rate() {
  same "$@" && return
  jq 'del(.rate, .eta_seconds)' /tmp/in-band >/tmp/a && jq 'del(.rate, .eta_seconds)' /tmp/over-rest >/tmp/b
  [ -s /tmp/a ] && diff /tmp/a /tmp/b
}
check "tidemark --via sg: a copy is started and watched" tidemark --via "sg:$from" copy start source copy --watch
note "$(tail -n 1 /tmp/said)"
id=$(rest GET copies | jq -r '[.copies[] | select(.origin == "vendor")][0].id')
check "tidemark --via sg: copy show is the same as over REST" same "$from" copy show "$id"
# Every copy here is shown through its destination; zeroes have no other unit.
check "tidemark --via sg: copy list is the same as over REST" same "$to" copy list
check "tidemark --via sg: copy map is the same as over REST" same "$from" copy map "$id"
check "the copy is the source" cmp "$source_disk" "$copy_disk"
note "$(tail -n 3 /tmp/in-band)"
check "tidemark --via sg: a slow copy" tidemark --via "sg:$from" copy start source copy --rate-limit 1MiB
id=$(rest GET copies | jq -r '[.copies[] | select(.state == "copying")][0].id')
check "tidemark --via sg: pause" tidemark --via "sg:$from" copy pause "$id"
says "it is paused" '^paused$' copy_state "$id"
check "tidemark --via sg: a paused copy, the same as over REST" same_but_rate "$from" --json copy show "$id"
check "tidemark --via sg: resume" tidemark --via "sg:$from" copy resume "$id"
check "tidemark --via sg: cancel" tidemark --via "sg:$from" copy cancel "$id"
says "it is cancelled" '^cancelled$' copy_state "$id"
check "tidemark --via sg: through a disk node" tidemark --via "sg:$source_disk" copy list
check "logout" logout
finish
