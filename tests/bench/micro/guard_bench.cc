// What stands between a write and its volume: the write guard with no copy to serve, and the
// snapshot map's answers. `plain_write` is the same write without the guard.
#include <benchmark/benchmark.h>

#include <random>

#include "base/core_pool.h"
#include "copyengine/snapshot_map.h"
#include "copyengine/write_guard.h"
#include "storage/memory_volume.h"

namespace tidemark::copyengine {
namespace {

constexpr uint64_t kBytes = 64 * kMiB;
constexpr uint64_t kBlock = 4096;

std::unique_ptr<storage::Volume> memory() {
  storage::VolumeTraits traits;
  traits.name = "v";
  traits.bytes = kBytes;
  return std::move(storage::MemoryVolume::make(traits)).value();
}

void write_through(benchmark::State& state, storage::Volume& volume) {
  std::vector<uint8_t> data(kBlock, 1);
  const iovec piece{data.data(), data.size()};
  storage::VolumeIo io;
  io.verb = storage::Verb::write;
  io.memory = {&piece, 1};
  io.done = [](storage::VolumeIo&) noexcept {};
  uint64_t block = 0;
  for (auto step : state) {
    io.extent = {block++ % 64 * kBlock, kBlock};  // which stay in the cache
    volume.submit(io);
  }
}

void plain_write(benchmark::State& state) {
  write_through(state, *memory());
}
BENCHMARK(plain_write);

void guarded_write(benchmark::State& state) {
  CorePool cores(1);
  const auto volume = memory();
  WriteGuard guard(cores, 0, *volume);
  write_through(state, guard);
}
BENCHMARK(guarded_write);

/// A map of 1 TiB, every other grain settled: is a random one?
void map_settled(benchmark::State& state) {
  constexpr uint64_t kSource = kGiB * 1024;
  SnapshotMap map({{0, 0, kSource}}, kBlock, kSource);
  std::minstd_rand random(1);
  std::vector<storage::Extent> asked(1024);
  for (storage::Extent& extent : asked) {
    const uint64_t grain = random() % (kSource / kBlock);
    map.begin_preserve({grain, grain + 1});
    map.end_preserve({grain, grain + 1}, true);
    extent = {(grain + random() % 2) * kBlock % kSource, kBlock};
  }
  size_t next = 0;
  for (auto step : state) benchmark::DoNotOptimize(map.settled(asked[next++ % asked.size()]));
}
BENCHMARK(map_settled);

/// The first owed grain of 64 MiB that are settled but for the last.
void map_next_owed(benchmark::State& state) {
  SnapshotMap map({{0, 0, kBytes}}, kBlock, kBytes);
  constexpr uint64_t kGrains = kBytes / kBlock;
  map.begin_preserve({0, kGrains - 1});
  map.end_preserve({0, kGrains - 1}, true);
  for (auto step : state) benchmark::DoNotOptimize(map.next_owed({0, kGrains}));
}
BENCHMARK(map_next_owed);

}  // namespace
}  // namespace tidemark::copyengine
