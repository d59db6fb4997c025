# For scripts/bench: what hosts keep of their writes while a copy runs, with Tidemark and with QEMU's
# backup job on the same files, and how fast an idle volume is copied.

. tests/bench/qemu.sh
qemu_port=$((port + 4))

# 4 KiB random writes at depth 16. Prints IOPS, p50, p99, p99.9 in us, the target's CPU us per write,
# and the writes.
measure_load() {
  "$bin/tidemark" bench --json --pin "$load_cpu" --target-pid "$tidemark_pid" --seconds "$seconds" \
    --warm-up 0.1 --workload randwrite --depth 16 "$(url_of file)" | awk -F': ' '
    { gsub(/[ ",]/, "", $1); sub(/,$/, "", $2); value[$1] = $2 }
    END { print value["iops"], value["p50_us"], value["p99_us"], value["p999_us"],
                value["target_cpu_us_per_io"], value["writes"] }'
}

# A row: load without a copy, and with one; what was preserved per byte written, and copied per
# second meanwhile.
tidemark_row() {
  local label=$1 alone beside id before after
  shift
  [[ $label =~ $rows ]] || return 0
  say "bench: $label, round $round of $rounds"
  alone=$(measure_load)
  id=$("$bin/tidemark" --json copy start source copy "$@" | tr ',{' '\n\n' |
    sed -n 's/^ *"id": *\([0-9]*\).*/\1/p' | head -1)
  before=$(copy_figure "$id" done)
  beside=$(measure_load)
  after="$(copy_figure "$id" preserved) $(copy_figure "$id" done)"
  [ "$(copy_figure "$id" state)" = copying ] ||
    say "bench: $label: the copy was over before the load; take a larger --size"
  "$bin/tidemark" copy cancel "$id" >/dev/null 2>&1 || true
  until case "$(copy_figure "$id" state)" in copying | draining) false ;; esac; do sleep 0.05; done
  echo "$label $round $alone $beside $after $before" >>"$work/results"
}

qemu_row() {
  local alone beside after
  [[ qemu-backup =~ $rows ]] || return 0
  say "bench: QEMU's backup job, round $round of $rounds"
  start_qemu
  alone=$(measure_qemu 100ms)
  # The job starts with the load's first write: fio takes its time to come up.
  touch "$work/before-load"
  measure_qemu 100ms >"$work/beside" &
  local load=$! tries=0
  until [ "$work/source.img" -nt "$work/before-load" ]; do
    tries=$((tries + 1))
    [ $tries -lt 1000 ] || die "fio does not write"
    sleep 0.01
  done
  start_qemu_backup
  wait "$load"
  beside=$(cat "$work/beside")
  qemu_backup_done
  after=$qemu_done
  if [ -n "$after" ]; then
    cancel_qemu_backup
  else
    say "bench: QEMU's backup was over before the load; take a larger --size"
  fi
  stop_qemu
  echo "qemu-backup $round $alone $beside 0 ${after:-0} 0" >>"$work/results"
}

# Seconds that a command takes.
timed() {
  local label=$1 begin end
  shift
  begin=$(date +%s%N)
  taskset -c "$target_cpu" "$@" >/dev/null 2>&1
  end=$(date +%s%N)
  echo "$label $(((end - begin) / 1000))" >>"$work/times"
}

timed_copy() {
  echo "tidemark $(copy_by_rest)" >>"$work/times"
}

idle_copies() {
  say "bench: copies of an idle volume, round $round of $rounds"
  timed_copy
  [ "$round" -gt 1 ] || dd if=/dev/zero of="$work/plain.img" bs=1M count="$size" 2>/dev/null
  timed dd-read dd if="$work/source.img" of=/dev/null bs=1M
  timed dd-write dd if=/dev/zero of="$work/plain.img" bs=1M count="$size" conv=notrunc
  timed dd dd if="$work/source.img" of="$work/plain.img" bs=1M conv=notrunc
  timed cp cp --reflink=never --sparse=never "$work/source.img" "$work/new.img"
  rm "$work/new.img"
  if command -v qemu-img >/dev/null; then
    timed qemu-img qemu-img convert -n -f raw -O raw "$work/source.img" "$work/plain.img"
  fi
}

# Reads "label round alone(6) beside(6) preserved done done-before" lines; medians over the rounds.
summarize_rows() {
  awk -v json="$out" -v seconds="$seconds" '
    function median(list,   words, n, i, j, t) {
      n = split(list, words, " ")
      for (i = 2; i <= n; ++i)
        for (j = i; j > 1 && words[j - 1] + 0 > words[j] + 0; --j) {
          t = words[j]; words[j] = words[j - 1]; words[j - 1] = t
        }
      return n % 2 ? words[(n + 1) / 2] + 0 : (words[n / 2] + words[n / 2 + 1]) / 2
    }
    function keep(name, value) { all[$1, name] = all[$1, name] " " value }
    BEGIN {
      n = split("iops_alone iops kept p50_us p99_us added_p99_us p999_us cpu_us_per_write " \
                "preserved_per_written copied_mib_per_s", figure, " ")
    }
    {
      if (!($1 in seen)) { seen[$1] = 1; row[++count] = $1 }
      keep("iops_alone", $3); keep("iops", $9); keep("kept", $3 > 0 ? $9 / $3 : 0)
      keep("p50_us", $10); keep("p99_us", $11); keep("added_p99_us", $11 - $5)
      keep("p999_us", $12); keep("cpu_us_per_write", $13)
      # The warm-up wrote too, at about the same rate.
      keep("preserved_per_written", $14 > 0 ? $15 / ($14 * 4096 * (seconds + 0.1) / seconds) : 0)
      keep("copied_mib_per_s", ($16 - $17) / (seconds + 0.1) / 1048576)
    }
    END {
      format = "%-26s %9s %9s %6s %8s %9s %9s %9s %7s %9s %8s\n"
      printf format, "copy", "alone/s", "beside/s", "kept", "p50 us", "p99 us", "+p99 us",
             "99.9 us", "CPU us", "pres/wr", "MiB/s"
      print "{\"rows\": [" > json
      for (k = 1; k <= count; ++k) {
        for (i = 1; i <= n; ++i) m[i] = median(all[row[k], figure[i]])
        printf format, row[k], sprintf("%.0f", m[1]), sprintf("%.0f", m[2]), sprintf("%.2f", m[3]),
               sprintf("%.1f", m[4]), sprintf("%.1f", m[5]), sprintf("%.1f", m[6]),
               sprintf("%.1f", m[7]), m[8] ? sprintf("%.1f", m[8]) : "-",
               m[9] ? sprintf("%.2f", m[9]) : "-", m[10] ? sprintf("%.0f", m[10]) : "-"
        printf "  {\"copy\": \"%s\"", row[k] > json
        for (i = 1; i <= n; ++i) printf ", \"%s\": %.3f", figure[i], m[i] > json
        print (k < count ? "}," : "}") > json
      }
      print "]," > json
    }' "$work/results"
}

summarize_times() {
  awk -v mib="$size" -v json="$out" '
    { if (!($1 in best)) order[++n] = $1; if (!($1 in best) || $2 < best[$1]) best[$1] = $2 }
    END {
      print "a copy of an idle volume, best of the rounds"
      print "\"idle_copy_mib_per_s\": {" >> json
      for (i = 1; i <= n; ++i) {
        rate = mib * 1e6 / best[order[i]]
        printf "  %-10s %8.0f MiB/s  (%.2f s)\n", order[i], rate, best[order[i]] / 1e6
        printf "  \"%s\": %.0f%s\n", order[i], rate, i < n ? "," : "" >> json
      }
      print "}}" >> json
    }' "$work/times"
}

bench_copy() {
  local round release grain impact
  [ "$with_tgt" = no ] || install_qemu
  for ((round = 1; round <= rounds; ++round)); do
    start_tidemark
    fill "$(url_of file)"
    fill "iscsi://127.0.0.1:$port/$name/2"
    idle_copies
    for release in ram written; do
      for grain in 4 16 64; do
        tidemark_row "$release-${grain}k" --release $release --grain ${grain}KiB
      done
    done
    for impact in low max; do
      tidemark_row "written-4k-$impact" --release written --grain 4KiB --impact $impact
    done
    stop_tidemark
    [ "$with_tgt" = no ] || qemu_row
  done
  [ -s "$work/results" ] || die "no copy matches '$rows'"
  summarize_rows
  summarize_times
}
