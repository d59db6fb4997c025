# For scripts/bench: single steps of the data path, by google-benchmark.

bench_micro() {
  [ -x "$bin/micro_bench" ] || die "no $bin/micro_bench: install libbenchmark-dev and build the tests"
  taskset -c "$target_cpu" "$bin/micro_bench" --benchmark_filter="$rows" \
    --benchmark_repetitions="$rounds" --benchmark_report_aggregates_only=true \
    --benchmark_min_time="$(awk "BEGIN { print $seconds / 10 }")" \
    --benchmark_out="$out" --benchmark_out_format=json
}
