# For scripts/bench: how fast a whole LUN is copied to another by EXTENDED COPY and by token, against the
# same copy by REST and against a host that reads and writes it over iSCSI.

xcopy_way() {
  local way=$1 bytes us
  [[ $way =~ $rows ]] || return 0
  say "bench: $way, round $round of $rounds"
  if [ "$way" = rest ]; then
    bytes=$((size * 1048576))
    us=$(copy_by_rest)
  else
    # By the clock of the host that waits for it.
    read -r bytes us <<<"$(taskset -c "$load_cpu" "$bin/offload_bench" "$way" "$(url_of file)" 2)"
  fi
  [ -n "$us" ] || die "$way failed"
  cmp -s "$work/source.img" "$work/copy.img" || die "$way: the copy is not the source"
  echo "$way $round $bytes $us" >>"$work/results"
  # What the next one writes is to differ from what is there.
  "$bin/tidemark" bench --pin "$load_cpu" --workload seqwrite --block-size 1MiB --depth 8 \
    --count "$size" "iscsi://127.0.0.1:$port/$name/2" >/dev/null
}

# Medians over the rounds; each way against the copy by REST of the same round.
summarize_xcopy() {
  awk -v json="$out" '
    function median(list,   words, n, i, j, t) {
      n = split(list, words, " ")
      for (i = 2; i <= n; ++i)
        for (j = i; j > 1 && words[j - 1] + 0 > words[j] + 0; --j) {
          t = words[j]; words[j] = words[j - 1]; words[j - 1] = t
        }
      return n % 2 ? words[(n + 1) / 2] + 0 : (words[n / 2] + words[n / 2 + 1]) / 2
    }
    {
      rate = $3 / 1048576 / ($4 / 1e6)
      if (!($1 in all)) way[++count] = $1
      all[$1] = all[$1] " " rate
      if ($1 == "rest") rest[$2] = rate
      if ($2 in rest) against[$1] = against[$1] " " rate / rest[$2]
    }
    END {
      printf "%-10s %9s %8s\n", "way", "MiB/s", "of REST"
      print "{\"ways\": [" > json
      for (i = 1; i <= count; ++i) {
        share = against[way[i]] == "" ? 0 : median(against[way[i]])
        printf "%-10s %9.0f %8s\n", way[i], median(all[way[i]]), share ? sprintf("%.2f", share) : "-"
        printf "  {\"way\": \"%s\", \"mib_per_s\": %.1f, \"of_rest\": %.3f}%s\n", way[i],
               median(all[way[i]]), share, i < count ? "," : "" > json
      }
      print "]}" > json
    }' "$work/results"
}

bench_xcopy() {
  local round way
  [ -x "$bin/offload_bench" ] || cmake --build --preset release --target offload_bench >&2 ||
    die "no offload_bench: build with -DTIDEMARK_TESTS=ON"
  start_tidemark
  fill "$(url_of file)"
  fill "iscsi://127.0.0.1:$port/$name/2"
  for ((round = 1; round <= rounds; ++round)); do
    for way in rest xcopy xcopy-4m odx host; do xcopy_way "$way"; done
  done
  stop_tidemark
  [ -s "$work/results" ] || die "no way matches '$rows'"
  summarize_xcopy
}
