# For scripts/bench: QEMU's storage daemon on the target's processor, its backup job, and the same
# load on it as on Tidemark, by fio over NBD.

install_qemu() {
  command -v qemu-storage-daemon >/dev/null && command -v fio >/dev/null && return
  say "bench: installing Debian's packages qemu-system-common and fio, to compare with"
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends qemu-system-common qemu-utils fio >&2
}

# Exports source.img; copy.img is where the job goes.
start_qemu() {
  local node
  local arguments=()
  for node in source copy; do
    arguments+=(--blockdev "driver=file,node-name=$node-file,filename=$work/$node.img"
      --blockdev "driver=raw,node-name=$node,file=$node-file")
  done
  taskset -c "$target_cpu" qemu-storage-daemon "${arguments[@]}" \
    --nbd-server "addr.type=unix,addr.path=$work/nbd" \
    --export type=nbd,id=export,node-name=source,writable=on \
    --chardev "socket,id=control,host=127.0.0.1,port=$qemu_port,server=on,wait=off" \
    --monitor chardev=control >"$work/qemu.log" 2>&1 &
  qemu_pid=$!
  pids+=($qemu_pid)
  local tries=0
  until exec {qemu_control}<>"/dev/tcp/127.0.0.1/$qemu_port"; do
    kill -0 $qemu_pid 2>/dev/null || { cat "$work/qemu.log" >&2; die "QEMU did not start"; }
    tries=$((tries + 1))
    [ $tries -lt 100 ] || die "no answer from QEMU within 10 s"
    sleep 0.1
  done 2>/dev/null
  local greeting
  read -r -t 10 -u "$qemu_control" greeting
  qemu_do '{"execute": "qmp_capabilities"}'
}

stop_qemu() {
  exec {qemu_control}>&-
  kill -TERM "$qemu_pid"
  wait "$qemu_pid" || true
}

# Sends a command and waits for its answer; events in between are passed over.
qemu_do() {
  local line
  printf '%s\n' "$1" >&"$qemu_control"
  while read -r -t 30 -u "$qemu_control" line; do
    case "$line" in
      *'"return"'*) qemu_answer=$line && return 0 ;;
      *'"error"'*) die "QEMU: $line" ;;
    esac
  done
  die "QEMU: no answer to $1"
}

start_qemu_backup() {
  qemu_do '{"execute": "blockdev-backup", "arguments": {"job-id": "backup", "device": "source",
    "target": "copy", "sync": "full"}}'
}

# Into qemu_done: bytes that the backup job has done; empty when it is over.
qemu_backup_done() {
  qemu_do '{"execute": "query-block-jobs"}'
  qemu_done=$(sed -n 's/.*"offset": \([0-9]*\).*/\1/p' <<<"$qemu_answer")
}

cancel_qemu_backup() {
  local line
  qemu_do '{"execute": "block-job-cancel", "arguments": {"device": "backup", "force": true}}'
  while read -r -t 30 -u "$qemu_control" line; do
    case "$line" in *'"status": "null"'*) return 0 ;; esac
  done
}

# Loads for a while that is not counted, then prints what measure_load does.
measure_qemu() {
  local milliseconds
  milliseconds=$(awk -v s="$seconds" 'BEGIN { printf "%d", s * 1000 }')
  taskset -c "$load_cpu" fio --name=load --ioengine=nbd --uri="nbd+unix:///source?socket=$work/nbd" \
    --rw=randwrite --bs=4k --iodepth=16 --size="${size}m" --time_based --ramp_time="$1" \
    --runtime="${milliseconds}ms" --norandommap --randrepeat=0 --output-format=json |
    awk -F': *' '
      /"write"/ { in_write = 1 }
      /"trim"/ { in_write = 0 }
      !in_write { next }
      { key = $1; gsub(/[ "]/, "", key); value = $2; sub(/,.*/, "", value) }
      key == "iops" { iops = value }
      key == "total_ios" { total = value }
      key == "clat_ns" { in_latency = 1 }
      in_latency && key == "50.000000" { p50 = value / 1000 }
      in_latency && key == "99.000000" { p99 = value / 1000 }
      in_latency && key == "99.900000" { p999 = value / 1000; in_latency = 0 }
      END { print iops, p50, p99, p999, 0, total }'
}
