#include "storage/range_gate.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "tests/support/sim_io.h"
#include "tests/support/sim_volume.h"

namespace tidemark::storage {
namespace {

using test::HungIo;
using test::SimExecutor;
using test::SimIo;
using test::SimVolume;

constexpr Extent kAll{0, 64 * kKiB};

/// Two cores, home on core 1, so that closing crosses cores.
class RangeGateTest : public testing::Test {
 protected:
  void run() { ASSERT_TRUE(executor_.run(executor_.now() + std::chrono::seconds(10))); }
  void close(Closure& closure, CoreId from = 0) {
    executor_.as(from, [&] { gate_.close(closure); });
  }
  void open(Closure& closure, CoreId from = 0) {
    executor_.as(from, [&] { gate_.open(closure, [this] { ++opened_; }); });
  }
  Closure closure_of(Extent extent, Closure::Excludes what) {
    Closure closure;
    closure.extent = extent;
    closure.excludes = what;
    closure.on_closed = [this] { ++closed_; };
    return closure;
  }
  /// From now on every write hangs at the volume.
  void hang_writes() {
    medium_.decide(
        [](const VolumeIo& io) { return SimVolume::Fate{.hang = changes_medium(io.verb)}; },
        &hung_);
  }

  HungIo hung_;
  SimExecutor executor_{2, 7};
  SimVolume medium_{executor_, "v", kAll.length, 1000};
  RangeGate gate_{executor_, 1, medium_};
  int closed_ = 0;
  int opened_ = 0;
};

TEST_F(RangeGateTest, OpenGatePassesAtOnce) {
  SimIo write(Verb::write, {0, 512}, 1);
  write.submit(executor_, gate_);
  EXPECT_EQ(medium_.in_flight(), 1u);
  run();
  EXPECT_TRUE(write.ok());
}

TEST_F(RangeGateTest, ClosedMeansDrained) {
  hang_writes();
  SimIo write(Verb::write, {4096, 512}, 1);
  write.submit(executor_, gate_);
  Closure closure = closure_of(kAll, Closure::Excludes::writes);
  close(closure);
  executor_.run(executor_.now() + std::chrono::seconds(1));
  EXPECT_EQ(closed_, 0) << "a write is still in flight";
  hung_.let_go();
  run();
  EXPECT_EQ(closed_, 1);
  EXPECT_TRUE(write.ok());
  open(closure);
  run();
}

TEST_F(RangeGateTest, ReadsInFlightDoNotDelayAClosureToWrites) {
  medium_.decide([](const VolumeIo&) { return SimVolume::Fate{.hang = true}; }, &hung_);
  SimIo read(Verb::read, {0, 512});
  read.submit(executor_, gate_);
  Closure closure = closure_of(kAll, Closure::Excludes::writes);
  close(closure);
  run();
  EXPECT_EQ(closed_, 1);
  open(closure);
  hung_.let_go();
  run();
}

TEST_F(RangeGateTest, ReadsInFlightDelayAClosureToAll) {
  medium_.decide([](const VolumeIo&) { return SimVolume::Fate{.hang = true}; }, &hung_);
  SimIo read(Verb::read, {0, 512});
  read.submit(executor_, gate_);
  Closure closure = closure_of(kAll, Closure::Excludes::all);
  close(closure);
  run();
  EXPECT_EQ(closed_, 0);
  hung_.let_go();
  run();
  EXPECT_EQ(closed_, 1);
  open(closure);
  run();
}

TEST_F(RangeGateTest, NothingSlipsIn) {
  Closure closure = closure_of({4096, 4096}, Closure::Excludes::writes);
  close(closure);
  run();
  SimIo inside(Verb::write, {4096, 512}, 1);
  SimIo across(Verb::unmap, {0, 8192});
  SimIo outside(Verb::write, {8192, 512}, 2, 1);
  SimIo reading(Verb::read, {4096, 512});
  for (SimIo* io : {&inside, &across, &outside, &reading}) io->submit(executor_, gate_);
  run();
  EXPECT_EQ(inside.ends, 0u);
  EXPECT_EQ(across.ends, 0u);
  EXPECT_TRUE(outside.ok());
  EXPECT_TRUE(reading.ok());
  open(closure);
  run();
  EXPECT_EQ(opened_, 1);
  EXPECT_TRUE(inside.ok());
  EXPECT_TRUE(across.ok());
}

TEST_F(RangeGateTest, TheHolderPassesItsOwnClosure) {
  Closure closure = closure_of({0, 4096}, Closure::Excludes::all);
  close(closure);
  run();
  SimIo own(Verb::write, {0, 4096}, 3);
  own.io.holder = &closure;
  own.submit(executor_, gate_);
  run();
  EXPECT_TRUE(own.ok());
  open(closure);
  run();
}

TEST_F(RangeGateTest, WaitersKeepOrder) {
  Closure closure = closure_of(kAll, Closure::Excludes::writes);
  close(closure);
  run();
  std::vector<std::unique_ptr<SimIo>> waiting;
  std::vector<uint8_t> reached;
  medium_.decide(
      [&](const VolumeIo& io) {
        reached.push_back(*static_cast<uint8_t*>(io.memory[0].iov_base));
        return SimVolume::Fate{};
      },
      &hung_);
  for (uint8_t i = 0; i < 20; ++i) {
    waiting.push_back(std::make_unique<SimIo>(Verb::write, Extent{0, 512}, i));
    waiting.back()->submit(executor_, gate_);
  }
  open(closure);
  run();
  ASSERT_EQ(reached.size(), 20u);
  EXPECT_TRUE(std::is_sorted(reached.begin(), reached.end()));
}

TEST_F(RangeGateTest, CancelledNeverRuns) {
  Closure closure = closure_of(kAll, Closure::Excludes::writes);
  close(closure);
  run();
  SimIo write(Verb::write, {0, 512}, 9);
  write.submit(executor_, gate_);
  gate_.cancel(write.io);
  EXPECT_EQ(write.ends, 1u);
  EXPECT_EQ(write.io.error, Errc::cancelled);
  open(closure);
  run();
  EXPECT_EQ(write.ends, 1u);
  EXPECT_EQ(medium_.writes(), 0u);
}

TEST_F(RangeGateTest, OverlappingClosuresFollowEachOther) {
  Closure first = closure_of({0, 8192}, Closure::Excludes::all);
  Closure second = closure_of({4096, 8192}, Closure::Excludes::all);
  Closure third = closure_of({8192, 4096}, Closure::Excludes::all);
  Closure apart = closure_of({32768, 512}, Closure::Excludes::all);
  close(first);
  close(second);
  close(third);
  close(apart);
  run();
  EXPECT_EQ(closed_, 2) << "the first and the one apart";
  open(first);
  run();
  EXPECT_EQ(closed_, 3) << "the third overlaps the second, which came before it";
  open(second);
  run();
  EXPECT_EQ(closed_, 4);
  open(third);
  open(apart);
  run();
  EXPECT_EQ(opened_, 4);
}

TEST_F(RangeGateTest, GivenUpMeansOpen) {
  hang_writes();
  SimIo in_flight(Verb::write, {4096, 512}, 1);
  in_flight.submit(executor_, gate_);
  Closure closure = closure_of(kAll, Closure::Excludes::writes);
  closure.core = 1;
  close(closure, 1);
  executor_.run(executor_.now() + std::chrono::seconds(1));
  SimIo waiting(Verb::write, {8192, 512}, 2);
  waiting.submit(executor_, gate_);
  EXPECT_EQ(medium_.in_flight(), 1u);
  executor_.as(1, [&] { gate_.give_up(closure, [this] { ++opened_; }); });
  executor_.run(executor_.now() + std::chrono::milliseconds(1));
  EXPECT_EQ(opened_, 1);
  EXPECT_EQ(medium_.in_flight(), 2u) << "it does not wait any more";
  hung_.let_go();
  run();
  EXPECT_TRUE(in_flight.ok());
  EXPECT_TRUE(waiting.ok());
  EXPECT_EQ(closed_, 0);
}

TEST_F(RangeGateTest, AClosureGivenUpLetsTheNextOneIn) {
  hang_writes();
  SimIo in_flight(Verb::write, {4096, 512}, 1);
  in_flight.submit(executor_, gate_);
  Closure first = closure_of(kAll, Closure::Excludes::writes);
  Closure second = closure_of(kAll, Closure::Excludes::writes);
  Closure third = closure_of({0, 4096}, Closure::Excludes::writes);
  for (Closure* closure : {&first, &second, &third}) {
    closure->core = 1;
    close(*closure, 1);
  }
  executor_.run(executor_.now() + std::chrono::seconds(1));
  // One that still waits for another, and one that drains.
  for (Closure* closure : {&second, &first})
    executor_.as(1, [&] { gate_.give_up(*closure, [this] { ++opened_; }); });
  executor_.run(executor_.now() + std::chrono::milliseconds(1));
  EXPECT_EQ(opened_, 2);
  EXPECT_EQ(closed_, 1) << "nothing is in flight where the third is";
  hung_.let_go();
  run();
  EXPECT_EQ(closed_, 1);
}

TEST_F(RangeGateTest, ProtectedMeansRefused) {
  hang_writes();
  SimIo before(Verb::write, {0, 512}, 1);
  before.submit(executor_, gate_);
  bool is_protected = false;
  executor_.as(0, [&] { gate_.protect(true, 0, [&] { is_protected = true; }); });
  run();
  EXPECT_FALSE(is_protected) << "a host write is still in flight";
  hung_.let_go();
  run();
  ASSERT_TRUE(is_protected);
  EXPECT_TRUE(gate_.host_write_protected(0));
  EXPECT_TRUE(gate_.host_write_protected(1));

  medium_.decide(nullptr, nullptr);
  SimIo refused(Verb::write, {0, 512}, 2, 1);
  SimIo refused_unmap(Verb::unmap, {0, 512});
  SimIo reading(Verb::read, {0, 512});
  SimIo internal(Verb::write, {0, 512}, 3);
  internal.io.internal = true;
  for (SimIo* io : {&refused, &refused_unmap, &reading, &internal}) io->submit(executor_, gate_);
  run();
  EXPECT_EQ(refused.io.error, Errc::write_protected);
  EXPECT_EQ(refused_unmap.io.error, Errc::write_protected);
  EXPECT_TRUE(reading.ok());
  EXPECT_TRUE(internal.ok());

  executor_.as(0, [&] { gate_.protect(false, 0, [] {}); });
  run();
  SimIo after(Verb::write, {0, 512}, 4);
  after.submit(executor_, gate_);
  run();
  EXPECT_TRUE(after.ok());
}

TEST_F(RangeGateTest, WritesWaitingWhenProtectionComesAreRefused) {
  Closure closure = closure_of(kAll, Closure::Excludes::writes);
  close(closure);
  run();
  SimIo waiting(Verb::write, {0, 512}, 1);
  waiting.submit(executor_, gate_);
  bool is_protected = false;
  executor_.as(0, [&] { gate_.protect(true, 0, [&] { is_protected = true; }); });
  // The write waits behind the first closure, and the protection's own closure behind that too.
  open(closure);
  run();
  EXPECT_TRUE(is_protected);
  EXPECT_EQ(waiting.ends, 1u);
}

TEST_F(RangeGateTest, FlushIsNeverHeldBack) {
  Closure closure = closure_of(kAll, Closure::Excludes::all);
  close(closure);
  run();
  SimIo flush(Verb::flush, {});
  flush.submit(executor_, gate_);
  run();
  EXPECT_TRUE(flush.ok());
  open(closure);
  run();
}

}  // namespace
}  // namespace tidemark::storage
