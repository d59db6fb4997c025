# For scripts/bench: how many instructions of its own the daemon needs for one I/O of 4 KiB, counted
# by callgrind. Unlike times, they hardly depend on the machine or on what else it does, so a change
# that makes the path longer is seen: more than kept in instructions.txt, plus 5 %, is a failure.

few=2000
many=22000
size=64

install_valgrind() {
  command -v valgrind >/dev/null && return
  say "bench: installing Debian's package valgrind, to count with"
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    valgrind >&2
}

# Instructions of a whole daemon that serves so many I/Os.
counted_run() {
  local workload=$1 count=$2 counts="$work/counts"
  # The C library copies memory in the same way on every machine.
  runner=(env GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX_Fast_Unaligned_Load,-ERMS
    valgrind --tool=callgrind --callgrind-out-file="$counts")
  start_tidemark
  fill "$(url_of memory)"
  "$bin/tidemark" bench --workload "$workload" --depth 32 --count "$count" \
    "$(url_of memory)" >/dev/null
  stop_tidemark
  awk '/^totals:/ { print $2 }' "$counts"
}

# Start and end do not count: the difference of two runs.
per_io() {
  local short long
  short=$(counted_run "$1" $few)
  long=$(counted_run "$1" $many)
  echo $(((long - short) / (many - few)))
}

bench_instructions() {
  install_valgrind
  local load kept now worse=0 rows=()
  printf '%-14s %10s %10s %8s\n' load per-I/O kept change
  while read -r load kept; do
    [[ $load = \#* ]] && continue
    now=$(per_io "$load")
    printf '%-14s %10d %10d %+7.1f%%\n' "$load" "$now" "$kept" \
      "$(awk "BEGIN { print ($now - $kept) * 100 / $kept }")"
    rows+=("{\"load\": \"$load\", \"instructions_per_io\": $now, \"kept\": $kept}")
    [ $((now * 100)) -le $((kept * 105)) ] || worse=1
  done <tests/bench/instructions.txt
  (IFS=,; echo "[${rows[*]}]") >"$out"
  [ $worse = 0 ] || die "more than 5 % above what is kept in tests/bench/instructions.txt"
}
