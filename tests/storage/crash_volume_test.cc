// The simulated power cut itself: what tests of durability stand on.
#include "tests/support/crash_volume.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/sim_io.h"

namespace tidemark::storage {
namespace {

using test::CrashVolume;
using test::SimIo;

constexpr uint64_t kSector = CrashVolume::kSector;

VolumeTraits traits(bool write_cache = true) {
  VolumeTraits traits;
  traits.name = "v";
  traits.bytes = 16 * kSector;
  traits.write_cache = write_cache;
  return traits;
}

class CrashVolumes : public testing::Test {
 protected:
  void write(Extent extent, uint8_t fill, bool fua = false) {
    SimIo io(Verb::write, extent, fill);
    io.io.fua = fua;
    io.submit(executor_, volume_);
    EXPECT_TRUE(io.ok());
  }
  void change(Verb verb, Extent extent) {
    SimIo io(verb, extent);
    io.submit(executor_, volume_);
    EXPECT_TRUE(io.ok());
  }
  /// All that the sector at `offset` may hold after a power cut, by its first byte.
  std::set<int> outcomes(uint64_t offset) {
    std::set<int> found;
    for (uint64_t seed = 0; seed < 200; ++seed)
      found.insert(volume_.bytes_after_power_cut(seed)[offset]);
    return found;
  }

  test::SimExecutor executor_{1, 1};
  CrashVolume volume_{traits()};
};

TEST_F(CrashVolumes, WhatWasFlushedStays) {
  write({0, 2 * kSector}, 1);
  change(Verb::flush, {});
  EXPECT_EQ(volume_.unflushed(), 0u);
  EXPECT_EQ(outcomes(0), std::set<int>{1});
}

TEST_F(CrashVolumes, WhatWasNotMayBeLostOrKeptByTheSector) {
  write({0, 2 * kSector}, 1);
  change(Verb::flush, {});
  write({0, 2 * kSector}, 2);
  std::set<std::pair<int, int>> found;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto left = volume_.bytes_after_power_cut(seed);
    found.insert({left[0], left[kSector]});
  }
  EXPECT_EQ(found, (std::set<std::pair<int, int>>{{1, 1}, {1, 2}, {2, 1}, {2, 2}}));
}

TEST_F(CrashVolumes, AnyOfSeveralUnflushedWritesMayBeTheOneLeft) {
  write({0, kSector}, 1);
  write({0, kSector}, 2);
  EXPECT_EQ(outcomes(0), (std::set<int>{0, 1, 2}));
}

TEST_F(CrashVolumes, ForcedAccessMakesThatWriteDurableAndNoOlderOne) {
  write({0, 2 * kSector}, 1);
  write({0, kSector}, 2, true);
  EXPECT_EQ(outcomes(0), std::set<int>{2});
  EXPECT_EQ(outcomes(kSector), (std::set<int>{0, 1}));
}

TEST_F(CrashVolumes, ZeroesAndUnmapsAreLostLikeWrites) {
  write({0, 2 * kSector}, 1);
  change(Verb::flush, {});
  change(Verb::write_zeroes, {0, kSector});
  change(Verb::unmap, {kSector, kSector});
  EXPECT_EQ(outcomes(0), (std::set<int>{0, 1}));
  EXPECT_EQ(outcomes(kSector), (std::set<int>{0, 1}));
  EXPECT_EQ(volume_.hole_at(0, 16 * kSector), std::nullopt);
  EXPECT_EQ(volume_.hole_at(kSector, 3 * kSector), (Extent{kSector, 2 * kSector}));
}

TEST_F(CrashVolumes, AFlushVouchesOnlyForWhatEndedBeforeIt) {
  volume_.ends_later(executor_, [] { return Duration(1000); });
  SimIo early(Verb::write, {0, kSector}, 1);
  early.submit(executor_, volume_);
  SimIo flush(Verb::flush, {});
  flush.submit(executor_, volume_);
  executor_.run(TimePoint::max());
  EXPECT_TRUE(flush.ok());
  EXPECT_EQ(outcomes(0), (std::set<int>{0, 1})) << "it was under way when the flush came";
}

TEST_F(CrashVolumes, WithoutACacheWhatEndedStays) {
  CrashVolume volume{traits(false)};
  SimIo io(Verb::write, {0, kSector}, 1);
  io.submit(executor_, volume);
  for (uint64_t seed = 0; seed < 50; ++seed) EXPECT_EQ(volume.bytes_after_power_cut(seed)[0], 1);
}

TEST_F(CrashVolumes, WhatIsUnderWayAtTheCutNeverEnds) {
  volume_.ends_later(executor_, [] { return Duration(1000); });
  SimIo io(Verb::write, {0, kSector}, 1);
  io.submit(executor_, volume_);
  volume_.power_cut(1);
  executor_.run(TimePoint::max());
  EXPECT_EQ(io.ends, 0u);
  EXPECT_EQ(volume_.unflushed(), 0u);
  EXPECT_EQ(volume_.bytes(), volume_.bytes_after_power_cut(2));
}

}  // namespace
}  // namespace tidemark::storage
