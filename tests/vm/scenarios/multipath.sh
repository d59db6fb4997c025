#!/bin/bash
# multipath: two portals, two network cards; one path fails under verified writes and comes back
# limit: 600 s
. /harness/guest/lib.sh
start_initiator
quick=(node.session.timeo.replacement_timeout=5
  'node.conn[0].timeo.noop_out_interval=2' 'node.conn[0].timeo.noop_out_timeout=2')
check "a session over the first card" login "$portal0" "${quick[@]}"
check "a session over the second" login "$portal1" "${quick[@]}"

mkdir -p /etc/multipath
cat >/etc/multipath.conf <<CONF
defaults {
  find_multipaths no
  path_grouping_policy group_by_prio
  path_checker tur
  polling_interval 2
  no_path_retry 30
}
CONF
wwid() { /lib/udev/scsi_id --whitelisted --device="$1"; }
modprobe -a dm_round_robin dm_service_time dm_queue_length
says "both paths say they are one unit" "^$(wwid "$(disk 0)")\$" wwid "$(disk 0 2)"
check "multipathd starts" multipathd
map_of() { multipathd show paths raw format '%d %m' | sed -n "s/^$(basename "$1") \+\([^ ]*\).*/\1/p"; }
check "a map of it" await 60 sh -c 'multipathd show maps | grep -q .'
map=$(map_of "$(disk 0)")
says "over both" "^$map\$" map_of "$(disk 0 2)"
paths_in() { # STATE NUMBER
  multipathd show paths raw format '%m|%t'
  [ "$(multipathd show paths raw format '%m|%t' | grep -c "^$map *|$1")" = "$2" ]
}
await 30 paths_in active 2
check "two active paths" paths_in active 2
multipath -ll "$map" | sed 's/^/# /'

fail_path() { # CARD
  verified_io "/dev/mapper/$map" --loops=3 --rate=1m >/tmp/fio 2>&1 &
  local fio=$!
  sleep 3
  host link "$1" down && await 60 paths_in active 1 || return
  sleep 3
  host link "$1" up && await 90 paths_in active 2 || return
  wait $fio || { cat /tmp/fio; return 1; }
}
check "the first path fails and comes back" fail_path 0
check "the second path fails and comes back" fail_path 1
check "the map is let go" sh -c "multipathd shutdown; sleep 1; multipath -f $map"
check "logout" logout
finish
