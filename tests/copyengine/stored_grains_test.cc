#include "copyengine/stored_grains.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/bytes.h"
#include "copyengine/snapshot_map.h"

namespace tidemark::copyengine {
namespace {

TEST(StoredGrains, ARunWithoutAnyIsToldApart) {
  StoredGrains stored;
  EXPECT_FALSE(stored.may_hold(40));
  stored.insert({40, 41});
  EXPECT_TRUE(stored.may_hold(40));
  EXPECT_FALSE(stored.may_hold(31));
  EXPECT_FALSE(stored.may_hold(64));
}

TEST(StoredGrains, ErasingSaysHowManyThereWere) {
  StoredGrains stored;
  stored.insert({30, 35});
  stored.insert({60, 61});
  stored.insert({70, 71});
  EXPECT_EQ(stored.erase({0, 64}), 6u);
  EXPECT_EQ(stored.next_run({0, 1000}), (Interval{64, 96}));
  EXPECT_EQ(stored.erase({64, 96}), 1u);
  EXPECT_TRUE(stored.next_run({0, UINT64_MAX}).empty());
}

TEST(StoredGrains, AgreesWithASetOfRuns) {
  std::mt19937_64 random(7);
  StoredGrains stored;
  std::set<uint64_t> grains;
  const uint64_t span = 20 * 4096 * StoredGrains::kRun;
  for (int i = 0; i < 3000; ++i) {
    const uint64_t grain = random() % span;
    if (grains.insert(grain).second) stored.insert({grain, grain + 1});
    if (i % 3 == 0) {
      const Interval runs = StoredGrains::runs_of({grain, grain + random() % 100000 + 1});
      const auto from = grains.lower_bound(runs.first);
      const auto to = grains.lower_bound(runs.end);
      const auto count = static_cast<uint64_t>(std::distance(from, to));
      grains.erase(from, to);
      ASSERT_EQ(stored.erase(runs), count);
    }
    const uint64_t from = random() % span;
    const auto next = grains.lower_bound(from / StoredGrains::kRun * StoredGrains::kRun);
    const Interval expected =
        next == grains.end() ? Interval{} : StoredGrains::runs_of({*next, *next + 1});
    ASSERT_EQ(stored.next_run({from, span}), expected);
  }
}

/// What a copy of one TiB keeps in memory when every grain of it has been preserved.
uint64_t map_memory_per_tib(uint32_t grain) {
  constexpr uint64_t kTib = 1024 * kGiB;
  SnapshotMap map({{0, 0, kTib}}, grain, kTib);
  StoredGrains stored;
  for (uint64_t first = 0; first < kTib / grain; first += 512) {
    map.begin_preserve({first, first + 512});
    map.end_preserve({first, first + 512}, true);
    stored.insert({first, first + 512});
  }
  return map.memory() + stored.memory();
}

TEST(MapMemory, IsAtMost40MiBPerTiBAtAGrainOf4KiB) {
  EXPECT_LE(map_memory_per_tib(4 * kKiB), 40 * kMiB);
}

TEST(MapMemory, IsAtMost16MiBPerTiBAtAGrainOf16KiB) {
  EXPECT_LE(map_memory_per_tib(16 * kKiB), 16 * kMiB);
}

}  // namespace
}  // namespace tidemark::copyengine
