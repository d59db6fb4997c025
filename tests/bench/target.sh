# For scripts/bench: Tidemark with one core on the target's processor, its volumes in memory, and
# loads on it.

# Files in memory, so that no disk is measured.
work=$(mktemp -d /dev/shm/tidemark-bench-XXXXXX)
pids=()
runner=()  # what tidemarkd is run by, if anything
tgt_pid=
clean_up() {
  local pid
  # tgtd does not end for less.
  [ -z "$tgt_pid" ] || kill -KILL "$tgt_pid" 2>/dev/null || true
  for pid in ${pids[@]+"${pids[@]}"}; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start_tidemark() {
  cat >"$work/tidemark.json" <<JSON
{"portals": ["127.0.0.1:$port"], "management": {"listen": "127.0.0.1:$management_port"},
 "state_dir": "$work/state", "cores": 1,
 "volumes": [{"name": "memory", "location": "memory:", "size": "${size}MiB"},
             {"name": "source", "location": "file:$work/source.img", "size": "${size}MiB"},
             {"name": "copy", "location": "file:$work/copy.img", "size": "${size}MiB"}],
 "targets": [{"name": "$name", "access": [{"initiator": "*"}],
              "luns": [{"lun": 0, "volume": "memory"}, {"lun": 1, "volume": "source"},
                       {"lun": 2, "volume": "copy"}]}]}
JSON
  launch
}

# The daemon, with the configuration that has been written.
launch() {
  taskset -c "$target_cpu" ${runner[@]+"${runner[@]}"} "$bin/tidemarkd" --config "$work/tidemark.json" >"$work/log" 2>&1 &
  tidemark_pid=$!
  pids+=($tidemark_pid)
  local tries=0
  until "$bin/tidemark" status >/dev/null 2>&1; do
    kill -0 $tidemark_pid 2>/dev/null || { cat "$work/log" >&2; die "tidemarkd did not start"; }
    tries=$((tries + 1))
    [ $tries -lt 300 ] || die "no answer from tidemarkd within 30 s"
    sleep 0.1
  done
}

stop_tidemark() {
  kill -TERM "$tidemark_pid"
  wait "$tidemark_pid" || true
}

# Loads a target and prints the figures as words: iops, MB/s, p50, p99, p99.9, the target's CPU us
# and switches per I/O, the load's CPU us per I/O.
measure() {
  local pid=$1 url=$2
  shift 2
  "$bin/tidemark" bench --json --pin "$load_cpu" --target-pid "$pid" "$@" "$url" | awk -F': ' '
    { gsub(/[ ",]/, "", $1); sub(/,$/, "", $2); value[$1] = $2 }
    END { print value["iops"], value["megabytes_per_second"], value["p50_us"], value["p99_us"],
                value["p999_us"], value["target_cpu_us_per_io"], value["target_switches_per_io"],
                value["own_cpu_us_per_io"] }'
}

# Every page of a volume is there before anything is measured.
fill() {
  "$bin/tidemark" bench --pin "$load_cpu" --workload seqwrite --block-size 1MiB --depth 8 \
    --count "$size" "$1" >/dev/null
}

url_of() {
  case "$1" in
    memory) echo "iscsi://127.0.0.1:$port/$name/0" ;;
    file) echo "iscsi://127.0.0.1:$port/$name/1" ;;
    tgt) echo "iscsi://127.0.0.1:$tgt_port/$tgt_name/1" ;;
  esac
}

# COPY FIGURE: as its object has it.
copy_figure() {
  "$bin/tidemark" --json copy show "$1" | tr ',{' '\n\n' |
    sed -n "s/^ *\"$2\": *\"\{0,1\}\([a-z0-9.]*\).*/\1/p" | head -1
}

# Copies the file and prints the microseconds, by the copy's own clock: the command that starts and watches
# it is not measured.
copy_by_rest() {
  local id
  id=$("$bin/tidemark" --json copy start source copy | tr ',{' '\n\n' |
    sed -n 's/^ *"id": *\([0-9]*\).*/\1/p' | head -1)
  "$bin/tidemark" copy watch "$id" >/dev/null 2>&1
  echo $((($(copy_figure "$id" ended_unix_ns) - $(copy_figure "$id" started_unix_ns)) / 1000))
}
