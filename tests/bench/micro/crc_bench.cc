// CRC32C of what one digest covers: a header, and data segments.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/crc32c.h"

namespace tidemark {
namespace {

void crc(benchmark::State& state) {
  const std::vector<uint8_t> data(static_cast<size_t>(state.range(0)), 0x5a);
  for (auto step : state) benchmark::DoNotOptimize(crc32c(data));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(crc)->Arg(48)->Arg(4096)->Arg(262144);

}  // namespace
}  // namespace tidemark
