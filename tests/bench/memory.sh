# For scripts/bench: what a daemon's memory grows by with LUNs and with connections.

many_luns=10000
many_sessions=1000  # of four loads

# A daemon of one core with so many LUNs of 1 MiB in memory.
start_with_luns() {
  local luns=$1 limit=$((many_sessions + 100))
  {
    printf '{"portals": ["127.0.0.1:%s"], "management": {"listen": "127.0.0.1:%s"},' \
      "$port" "$management_port"
    printf ' "state_dir": "%s/state", "cores": 1, "limits": {"connections": %s,' "$work" "$limit"
    printf ' "connections_per_address": %s, "half_open_logins": %s, "sessions": %s},\n' \
      "$limit" "$limit" "$limit"
    printf '"volumes": ['
    seq -s, -f '{"name": "v%.0f", "location": "memory:", "size": "1MiB"}' 0 $((luns - 1))
    printf '],\n"targets": [{"name": "%s", "access": [{"initiator": "*"}], "luns": [' "$name"
    seq 0 $((luns - 1)) |
      awk '{ printf "%s{\"lun\": %d, \"volume\": \"v%d\"}", (NR > 1) ? "," : "", $1, $1 }'
    printf ']}]}\n'
  } >"$work/tidemark.json"
  launch
}

resident_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$tidemark_pid/status"; }

bench_memory() {
  local few many alone loaded i loads=()
  start_with_luns 1
  few=$(resident_kib)
  for i in 1 2 3 4; do
    "$bin/tidemark" bench --sessions $((many_sessions / 4)) --depth 1 --warm-up 0 --seconds 8 \
      --block-size 512 "$(url_of memory)" >/dev/null &
    loads+=($!)
  done
  until [ "$("$bin/tidemark" session list | wc -l)" -gt $many_sessions ]; do
    kill -0 "${loads[0]}" || die "there were never $many_sessions sessions"
    sleep 0.2
  done
  loaded=$(resident_kib)
  wait "${loads[@]}"
  stop_tidemark
  rm -rf "$work/state"
  start_with_luns $many_luns
  many=$(resident_kib)
  stop_tidemark
  awk -v few="$few" -v loaded="$loaded" -v many="$many" -v luns=$many_luns \
    -v sessions=$many_sessions -v json="$out" 'BEGIN {
      session = (loaded - few) / sessions; lun = (many - few) / (luns - 1)
      printf "one LUN, no session: %d KiB resident\n", few
      printf "%d sessions with one connection and one command each: %.1f KiB each\n", sessions, session
      printf "%d LUNs: %.1f KiB each\n", luns, lun
      printf "{\"kib_per_session\": %.1f, \"kib_per_lun\": %.1f}\n", session, lun > json
    }'
}
