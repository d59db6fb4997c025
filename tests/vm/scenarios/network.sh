#!/bin/bash
# network: the cable is pulled under verified writes, and put back
. /harness/guest/lib.sh
start_initiator

check "login" login "$portal0" node.session.timeo.replacement_timeout=60 \
  'node.conn[0].timeo.noop_out_interval=2' 'node.conn[0].timeo.noop_out_timeout=2'

cut() { # SECONDS
  verified_io "$(disk 0)" --loops=2 --rate=2m >/tmp/fio 2>&1 &
  local fio=$!
  sleep 2
  host link 0 down && sleep "$1" && host link 0 up || return
  wait $fio || { cat /tmp/fio; return 1; }
}

check "away for less than the initiator notices" cut 1
check "away until the initiator has given the session up" cut 8
check "logged in again" await 30 grep -q LOGGED_IN /sys/class/iscsi_session/session*/state
says "the daemon has one session" '^1$' session_count
check "logout" logout "$portal0"
finish
