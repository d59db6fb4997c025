#!/bin/bash
# restart: the daemon is killed and started again under verified writes, and the initiator goes on
. /harness/guest/lib.sh
start_initiator

# The initiator keeps its commands for as long as this before it fails them.
check "login" login "$portal0" node.session.timeo.replacement_timeout=60

under_load() { # HOW: fio on the LUN while the daemon ends and comes back
  verified_io "$(disk 0)" --loops=3 --rate=2m >/tmp/fio 2>&1 &
  local fio=$!
  sleep 3
  host "$1" && sleep 1 && host start || return
  await 60 grep -q LOGGED_IN /sys/class/iscsi_session/session*/state
  wait $fio || { cat /tmp/fio; return 1; }
}

check "killed under load: all is written and verified" under_load kill
check "stopped under load: all is written and verified" under_load stop
check "killed again" under_load kill
check "logout" logout "$portal0"
finish
