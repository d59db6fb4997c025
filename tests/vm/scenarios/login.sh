#!/bin/bash
# login: digests and every transfer setting, each agreed as asked and carrying verified data
# limit: 600 s
. /harness/guest/lib.sh
start_initiator

says "discovery names the target" "$target" \
  iscsiadm -m discovery -t sendtargets -p "$portal0" -o nonpersistent

# What is asked, what the kernel then says was agreed, and data both ways.
try() { # NAME FACTS SETTING=VALUE...
  local name=$1 facts=$2 fact
  shift 2
  check "$name: login" login "$portal0" "$@"
  for fact in $facts; do
    says "$name: $fact" "^${fact#*=}$" agreed "${fact%%=*}"
  done
  check "$name: data" verified_io "$(disk 0)" --size=${SIZE:-4m}
  check "$name: logout" logout "$portal0"
}

conn='node.conn[0].iscsi'
session=node.session.iscsi
try "header digest" "header_digest=1 data_digest=0" $conn.HeaderDigest=CRC32C $conn.DataDigest=None
try "both digests" "header_digest=1 data_digest=1" $conn.HeaderDigest=CRC32C $conn.DataDigest=CRC32C
try "everything solicited" "initial_r2t=1 immediate_data=0" $session.InitialR2T=Yes $session.ImmediateData=No
try "immediate data only" "initial_r2t=1 immediate_data=1" $session.InitialR2T=Yes $session.ImmediateData=Yes
try "unsolicited data only" "initial_r2t=0 immediate_data=0" $session.InitialR2T=No $session.ImmediateData=No
try "both unasked" "initial_r2t=0 immediate_data=1" $session.InitialR2T=No $session.ImmediateData=Yes
try "short bursts" "first_burst_len=4096 max_burst_len=8192" \
  $session.FirstBurstLength=4096 $session.MaxBurstLength=8192 $session.InitialR2T=No
SIZE=512k try "short segments" "max_recv_dlength=512" $conn.MaxRecvDataSegmentLength=512 $conn.HeaderDigest=CRC32C
try "many R2Ts" "" $session.MaxOutstandingR2T=4 $session.InitialR2T=Yes $session.ImmediateData=No \
  $session.MaxBurstLength=4096 $session.FirstBurstLength=4096
finish
