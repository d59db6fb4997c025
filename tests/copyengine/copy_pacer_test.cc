#include "copyengine/copy_pacer.h"

#include <gtest/gtest.h>

namespace tidemark::copyengine {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class CopyPacerTest : public testing::Test {
 protected:
  CopyPacerTest() { window(0, {}, 0); }

  /// One window in which hosts did `ios`, each of `latency`, and the core was `busy` of the time.
  void window(uint64_t ios, Duration latency, double busy) {
    now_ += CopyPacer::kWindow;
    sight_.hosts.ios += ios;
    sight_.hosts.timed += ios;
    sight_.hosts.timed_total += latency * static_cast<Duration::rep>(ios);
    sight_.core_busy += Duration(static_cast<int64_t>(busy * CopyPacer::kWindow.count()));
    pacer_.look(sight_, now_);
  }
  void windows(unsigned count, uint64_t ios, Duration latency, double busy) {
    for (unsigned i = 0; i < count; ++i) window(ios, latency, busy);
  }
  /// Moves a chunk that takes a millisecond; how long the copier rests after it.
  Duration rest_after_chunk() {
    const TimePoint begun = now_;
    now_ += milliseconds(1);
    pacer_.moved(64 * kKiB, begun, now_);
    return std::max(Duration(0), pacer_.ready_at() - now_);
  }

  CopyTuning tuning_;
  CopyPacer pacer_{tuning_};
  CopyPacer::Sight sight_;
  TimePoint now_{std::chrono::seconds(1)};
};

TEST_F(CopyPacerTest, WithoutHostsItDoesNotRest) {
  windows(5, 0, {}, 1);
  EXPECT_EQ(rest_after_chunk(), Duration(0));
  EXPECT_EQ(pacer_.pace(false).depth, tuning_.alone.depth);
}

TEST_F(CopyPacerTest, BesideHostsItMovesOneSmallChunkAtATime) {
  window(100, microseconds(100), 0.5);
  EXPECT_EQ(pacer_.pace(false).depth, 1u);
  EXPECT_EQ(pacer_.pace(false).chunk, tuning_.beside_hosts.chunk);
}

TEST_F(CopyPacerTest, OnAFullCoreItsShareSinksToTheFloor) {
  windows(30, 500, microseconds(10), 1);
  EXPECT_DOUBLE_EQ(pacer_.share(), 0.04);
  EXPECT_EQ(rest_after_chunk(), milliseconds(24));
}

TEST_F(CopyPacerTest, WithTimeLeftItsShareGrows) {
  windows(30, 500, microseconds(10), 1);
  windows(30, 10, microseconds(10), 0.05);
  EXPECT_GT(pacer_.share(), 0.8);
}

TEST_F(CopyPacerTest, AFullVolumeKeepsTheShareLowOnAnIdleCore) {
  // Eight I/Os are under way at any time.
  windows(50, 80, milliseconds(1), 0.1);
  EXPECT_DOUBLE_EQ(pacer_.share(), 0.1);
}

TEST_F(CopyPacerTest, BeyondTheLatencyBudgetItStepsBack) {
  pacer_.set(Impact::normal, microseconds(500));
  windows(30, 10, microseconds(400), 0.1);
  EXPECT_DOUBLE_EQ(pacer_.share(), 0.1);
  windows(30, 10, microseconds(600), 0.1);
  EXPECT_DOUBLE_EQ(pacer_.share(), 0.04);
  EXPECT_EQ(pacer_.host_latency(), microseconds(600));
}

TEST_F(CopyPacerTest, LowImpactIsLessThanNormal) {
  windows(30, 500, microseconds(10), 1);
  const double normal = pacer_.share();
  pacer_.set(Impact::low, {});
  windows(30, 500, microseconds(10), 1);
  EXPECT_LT(pacer_.share(), normal);
  EXPECT_EQ(pacer_.pace(false).chunk, kGrainMax);
}

TEST_F(CopyPacerTest, MaxImpactDoesNotRest) {
  pacer_.set(Impact::max, {});
  windows(30, 500, milliseconds(100), 1);
  EXPECT_EQ(rest_after_chunk(), Duration(0));
  EXPECT_EQ(pacer_.pace(false).depth, tuning_.alone.depth);
}

TEST_F(CopyPacerTest, MaxImpactWithABudgetKeepsTheBudget) {
  pacer_.set(Impact::max, milliseconds(1));
  windows(30, 500, milliseconds(2), 1);
  EXPECT_GT(rest_after_chunk(), Duration(0));
}

TEST_F(CopyPacerTest, WhenHostsAreGoneTheRestIsOver) {
  windows(30, 500, microseconds(10), 1);
  EXPECT_GT(rest_after_chunk(), Duration(0));
  window(0, {}, 0);
  EXPECT_LE(pacer_.ready_at(), now_);
}

TEST_F(CopyPacerTest, BesideHeldWritesOneSmallChunkEvenWithoutOtherIo) {
  window(0, {}, 0);
  EXPECT_EQ(pacer_.pace(true).depth, 1u);
}

/// Moves chunks for `time`, each taking what `cost` says of its size.
template <class Cost>
void move_for(ChunkSizer& sizer, TimePoint& now, Duration time, Cost cost) {
  for (const TimePoint end = now + time; now < end;) {
    const uint64_t size = sizer.pace().chunk;
    now += cost(size);
    sizer.moved(size, now);
  }
}

Duration nanoseconds_per_byte(uint64_t bytes, double cost) {
  return Duration(static_cast<int64_t>(static_cast<double>(bytes) * cost));
}

TEST(ChunkSizer, FindsLargeChunksWhereEachCostsTheSame) {
  ChunkSizer sizer({kMiB, 4});
  TimePoint now{};
  const auto cost = [](uint64_t bytes) {
    return milliseconds(2) + nanoseconds_per_byte(bytes, 0.1);
  };
  move_for(sizer, now, std::chrono::seconds(60), cost);
  EXPECT_GE(sizer.pace().chunk, 8 * kMiB);
  EXPECT_LE(sizer.pace().chunk, ChunkSizer::kLargest);
}

TEST(ChunkSizer, FindsSmallChunksWhereLargeOnesLeaveTheCache) {
  ChunkSizer sizer({kMiB, 4});
  TimePoint now{};
  const auto cost = [](uint64_t bytes) {
    return microseconds(3) + nanoseconds_per_byte(bytes, bytes > 256 * kKiB ? 0.5 : 0.3);
  };
  move_for(sizer, now, std::chrono::seconds(3), cost);
  EXPECT_EQ(sizer.pace().chunk, 256 * kKiB);
}

TEST(ChunkSizer, ADisturbedTrialSaysNothing) {
  ChunkSizer sizer({kMiB, 4});
  TimePoint now{};
  for (int i = 0; i < 1000; ++i) {
    now += milliseconds(10);
    sizer.moved(kMiB, now);
    sizer.disturbed();
  }
  EXPECT_EQ(sizer.pace().chunk, kMiB);
}

}  // namespace
}  // namespace tidemark::copyengine
