#include "copyengine/snapshot_map.h"

#include <gtest/gtest.h>

#include <random>

namespace tidemark::copyengine {
namespace {

constexpr uint32_t kGrain = 4096;

SnapshotMap whole(uint64_t bytes) {
  return {{{0, 0, bytes}}, kGrain, bytes};
}

TEST(SnapshotMap, StartsOwed) {
  SnapshotMap map = whole(10 * kGrain);
  EXPECT_FALSE(map.settled({0, 512}));
  EXPECT_EQ(map.next_owed({0, 10}), (Interval{0, 10}));
  EXPECT_EQ(map.state(3), GrainState::owed);
}

TEST(SnapshotMap, PreservingSettlesExactlyTheGrains) {
  SnapshotMap map = whole(10 * kGrain);
  map.begin_preserve({2, 4});
  EXPECT_EQ(map.state(2), GrainState::in_flight);
  EXPECT_FALSE(map.settled({2 * kGrain, 512}));
  EXPECT_EQ(map.next_owed({0, 10}), (Interval{0, 2}));
  map.end_preserve({2, 4}, true);
  EXPECT_EQ(map.state(2), GrainState::preserved);
  EXPECT_TRUE(map.settled({2 * kGrain, 2 * kGrain}));
  EXPECT_FALSE(map.settled({2 * kGrain, 2 * kGrain + 1}));
}

TEST(SnapshotMap, AFailedPreserveOwesAgain) {
  SnapshotMap map = whole(4 * kGrain);
  map.begin_preserve({1, 2});
  map.end_preserve({1, 2}, false);
  EXPECT_EQ(map.state(1), GrainState::owed);
}

TEST(SnapshotMap, CopiedIsSettledToo) {
  SnapshotMap map = whole(4 * kGrain);
  map.mark_copied({0, 2 * kGrain});
  EXPECT_TRUE(map.settled({0, 2 * kGrain}));
  EXPECT_EQ(map.state(1), GrainState::copied);
  EXPECT_EQ(map.next_copied({0, 4}), (Interval{0, 2}));
}

TEST(SnapshotMap, WhatIsNotCoveredNeverHoldsAWrite) {
  SnapshotMap map({{8 * kGrain, 0, 4 * kGrain}}, kGrain, 100 * kGrain);
  EXPECT_TRUE(map.settled({0, 8 * kGrain}));
  EXPECT_FALSE(map.settled({0, 8 * kGrain + 512}));
  EXPECT_TRUE(map.settled({12 * kGrain, 4 * kGrain}));
}

TEST(SnapshotMap, AGrainOfTwoRangesIsNotSettledByOne) {
  // Both ranges touch grain 1.
  SnapshotMap map({{0, 0, kGrain + 512}, {kGrain + 1024, 0, kGrain}}, kGrain, 100 * kGrain);
  map.mark_copied({0, kGrain + 512});
  EXPECT_EQ(map.state(0), GrainState::copied);
  EXPECT_EQ(map.state(1), GrainState::owed);
}

TEST(SnapshotMap, TheLastGrainMayBeShort) {
  SnapshotMap map = whole(2 * kGrain + 512);
  EXPECT_EQ(map.extent_of({2, 3}), (storage::Extent{2 * kGrain, 512}));
  map.mark_copied({2 * kGrain, 512});
  EXPECT_EQ(map.state(2), GrainState::copied);
}

TEST(SnapshotMap, TakesOneBitPerGrain) {
  // 1 GiB at 4 KiB: 262,144 grains; per TiB 32 MiB, within the 40 MiB that is promised.
  SnapshotMap map = whole(kGiB);
  EXPECT_EQ(map.memory() * 1024, 32 * kMiB);
}

TEST(SnapshotMap, RunsTellTheWholeState) {
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    SnapshotMap map({{0, 0, 40 * kGrain}, {60 * kGrain, 0, 100 * kGrain}}, kGrain, 200 * kGrain);
    for (int step = 0; step < 30; ++step) {
      const Interval owed = map.next_owed({random() % 160, 160});
      if (owed.empty()) continue;
      const Interval some{owed.first, owed.first + 1 + random() % owed.size()};
      switch (random() % 3) {
        case 0:
          map.begin_preserve(some);
          break;
        case 1:
          map.begin_preserve(some);
          map.end_preserve(some, true);
          break;
        case 2:
          map.mark_copied(map.extent_of(some));
          break;
      }
    }
    const std::vector<MapRun> runs = map.runs(0, 1000);
    uint64_t covered = 0;
    for (size_t i = 0; i < runs.size(); ++i) {
      covered += runs[i].extent.length;
      for (uint64_t g = runs[i].extent.offset / kGrain; g < runs[i].extent.end() / kGrain; ++g)
        ASSERT_EQ(map.state(g), runs[i].state) << "grain " << g;
      if (i > 0 && runs[i - 1].extent.end() == runs[i].extent.offset) {
        ASSERT_NE(runs[i - 1].state, runs[i].state);
      }
    }
    ASSERT_EQ(covered, 140 * kGrain);
    ASSERT_LE(map.runs(0, 2).size(), 2u);
  }
}

}  // namespace
}  // namespace tidemark::copyengine
