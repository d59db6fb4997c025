#!/usr/bin/env bash
# What gathering of EXTENDED COPY lists ("xcopy": {"gather_ms": N}) brings: lists of 4 MiB, one after
# the other and several outstanding, on files in the directory given, with and without.
#
# usage: tests/bench/gather.sh [--size MIB] [--rounds N] [--dir DIR] [--bin DIR] [GATHER_MS...]
#   --size MIB    of the volume (512)
#   --rounds N    of which the median is shown (3)
#   --dir DIR     where the volumes lie (a new one below /dev/shm)
#   --bin DIR     where tidemarkd and xcopy_lists_bench are (build/bin)
#   GATHER_MS     the values compared (0 5)
set -euo pipefail
cd "$(dirname "$0")/../.."

size=512 rounds=3 dir=/dev/shm bin=build/bin
values=()
while [ $# -gt 0 ]; do
  case "$1" in
    --size | --rounds | --dir | --bin) declare "${1#--}=$2"; shift ;;
    --help | -h) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) values+=("$1") ;;
  esac
  shift
done
[ ${#values[@]} -gt 0 ] || values=(0 5)
port=${TIDEMARK_BENCH_PORT:-13270}
name=iqn.2026-11.dev.tidemark:bench
work=$(mktemp -d "$dir/tidemark-gather-XXXXXX")
pid=
stop() {
  [ -z "$pid" ] || { kill -TERM "$pid" && wait "$pid"; } 2>/dev/null || true
  pid=
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start() {
  cat >"$work/tidemark.json" <<JSON
{"portals": ["127.0.0.1:$port"], "management": {"listen": "127.0.0.1:$((port + 1))"},
 "state_dir": "$work/state", "cores": 1, "xcopy": {"gather_ms": $1},
 "volumes": [{"name": "source", "location": "file:$work/source.img", "size": "${size}MiB"},
             {"name": "copy", "location": "file:$work/copy.img", "size": "${size}MiB"}],
 "targets": [{"name": "$name", "access": [{"initiator": "*"}],
              "luns": [{"lun": 0, "volume": "source"}, {"lun": 1, "volume": "copy"}]}]}
JSON
  "$bin/tidemarkd" --config "$work/tidemark.json" >"$work/log" 2>&1 &
  pid=$!
  local tries=0
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
  done
}

median() { sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

# Not all zeroes, which would not be moved.
head -c $((size * 1048576)) /dev/urandom >"$work/source.img"
printf '%-10s %6s %9s %12s\n' gather_ms depth MiB/s lists/s
for depth in 1 4 16; do
  for value in "${values[@]}"; do
    for ((round = 0; round < rounds; ++round)); do
      start "$value"
      "$bin/xcopy_lists_bench" "127.0.0.1:$port" "$name" 0 1 4 "$depth"
      stop
      cmp -s "$work/source.img" "$work/copy.img" || { echo "the copy is not the source" >&2; exit 1; }
      rm "$work/copy.img"
    done | awk '{ print $1 / 1048576 / ($2 / 1e6) }' | median >"$work/rate"
    printf '%-10s %6s %9.0f %12.0f\n' "$value" "$depth" "$(cat "$work/rate")" \
      "$(awk '{ print $1 / 4 }' "$work/rate")"
  done
done
