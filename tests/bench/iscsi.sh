# For scripts/bench: loads over iSCSI, in turns with Debian's tgt on the same machine.

install_tgt() {
  command -v tgtd >/dev/null && return
  say "bench: installing Debian's package tgt, to compare with"
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  # Its own service is not wanted: it would listen on port 3260.
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -q -y --no-install-recommends tgt >&2
}

start_tgt() {
  install_tgt
  truncate -s "${size}M" "$work/tgt.img"
  taskset -c "$target_cpu" tgtd -f -C $tgt_control --iscsi portal=127.0.0.1:$tgt_port \
    >"$work/tgt.log" 2>&1 &
  tgt_pid=$!
  pids+=($tgt_pid)
  local tgt=(tgtadm -C $tgt_control --lld iscsi) tries=0
  until "${tgt[@]}" --op new --mode target --tid 1 -T $tgt_name 2>/dev/null; do
    kill -0 $tgt_pid 2>/dev/null || { cat "$work/tgt.log" >&2; die "tgtd did not start"; }
    tries=$((tries + 1))
    [ $tries -lt 100 ] || die "tgtd takes no target"
    sleep 0.1
  done
  "${tgt[@]}" --op new --mode logicalunit --tid 1 --lun 1 -b "$work/tgt.img"
  # It does digests only where they are allowed.
  local digest
  for digest in HeaderDigest DataDigest; do
    "${tgt[@]}" --op update --mode target --tid 1 -n $digest -v CRC32C,None
  done
  "${tgt[@]}" --op bind --mode target --tid 1 -I ALL
}

# Reads "load target round figures..." lines; prints the medians, per load with ratios to tgt.
summarize() {
  awk -v json="$out" '
    function median(list,   words, n, i, j, t) {
      n = split(list, words, " ")
      for (i = 2; i <= n; ++i)
        for (j = i; j > 1 && words[j - 1] + 0 > words[j] + 0; --j) {
          t = words[j]; words[j] = words[j - 1]; words[j - 1] = t
        }
      return n % 2 ? words[(n + 1) / 2] + 0 : (words[n / 2] + words[n / 2 + 1]) / 2
    }
    function ratio(a, b) { return b > 0 ? sprintf("%.2f", a / b) : "-" }
    BEGIN {
      n = split("iops megabytes_per_second p50_us p99_us p999_us target_cpu_us_per_io " \
                "target_switches_per_io load_cpu_us_per_io", figure, " ")
    }
    {
      if (!(($1, $2) in seen)) { seen[$1, $2] = 1; ++count; row[count] = $1; who[count] = $2 }
      for (i = 1; i <= n; ++i) all[$1, $2, i] = all[$1, $2, i] " " $(i + 3)
    }
    END {
      format = "%-26s %-8s %9s %8s %8s %8s %8s %8s %7s %8s %7s %7s %7s\n"
      printf format, "load", "target", "IOPS", "MB/s", "p50 us", "p99 us", "99.9 us", "CPU us",
             "switch", "load us", "xIOPS", "xCPU", "xp50"
      print "[" > json
      for (k = 1; k <= count; ++k) {
        for (i = 1; i <= n; ++i) m[i] = median(all[row[k], who[k], i])
        base = all[row[k], "tgt", 1]
        printf format, row[k], who[k], sprintf("%.0f", m[1]), sprintf("%.1f", m[2]),
               sprintf("%.1f", m[3]), sprintf("%.1f", m[4]), sprintf("%.1f", m[5]),
               sprintf("%.2f", m[6]), sprintf("%.3f", m[7]), sprintf("%.2f", m[8]),
               base ? ratio(m[1], median(base)) : "-",
               base ? ratio(m[6], median(all[row[k], "tgt", 6])) : "-",
               base ? ratio(m[3], median(all[row[k], "tgt", 3])) : "-"
        printf "  {\"load\": \"%s\", \"target\": \"%s\"", row[k], who[k] > json
        for (i = 1; i <= n; ++i) printf ", \"%s\": %.3f", figure[i], m[i] > json
        print (k < count ? "}," : "}") > json
      }
      print "]" > json
    }' "$1"
}

bench_iscsi() {
  local loads=() digest suffix
  for digest in '' ' --digests'; do
    suffix=${digest:+-digests}
    loads+=("randread-4k-d1$suffix --workload randread --depth 1$digest"
      "randread-4k-d8$suffix --workload randread --depth 8$digest"
      "randread-4k-d32$suffix --workload randread --depth 32$digest"
      "randwrite-4k-d1$suffix --workload randwrite --depth 1$digest"
      "randwrite-4k-d8$suffix --workload randwrite --depth 8$digest"
      "randwrite-4k-d32$suffix --workload randwrite --depth 32$digest"
      "mixed-4k-d32$suffix --workload mixed --depth 32$digest"
      "randread-4k-4x16$suffix --workload randread --depth 16 --sessions 4$digest"
      "seqread-1m-d8$suffix --workload seqread --block-size 1MiB --depth 8$digest"
      "seqwrite-1m-d8$suffix --workload seqwrite --block-size 1MiB --depth 8$digest")
  done
  start_tidemark
  local targets=(memory file)
  declare -A pid_of=([memory]=$tidemark_pid [file]=$tidemark_pid)
  if [ "$with_tgt" = yes ]; then
    start_tgt
    targets+=(tgt)
    pid_of[tgt]=$tgt_pid
  fi
  local target load words round figures
  for target in "${targets[@]}"; do fill "$(url_of "$target")"; done
  for load in "${loads[@]}"; do
    read -ra words <<<"$load"
    [[ ${words[0]} =~ $rows ]] || continue
    for ((round = 1; round <= rounds; ++round)); do
      for target in "${targets[@]}"; do
        say "bench: ${words[0]} $target, round $round of $rounds"
        figures=$(measure "${pid_of[$target]}" "$(url_of "$target")" \
          --seconds "$seconds" "${words[@]:1}")
        echo "${words[0]} $target $round $figures" >>"$work/results"
      done
    done
  done
  [ -s "$work/results" ] || die "no load matches '$rows'"
  summarize "$work/results"
}
