// Copies of ranges that come close together become one, and each order is told of its own alone.
#include "mgmt/daemon/range_gathering.h"

#include <gtest/gtest.h>

#include "tests/support/sim_executor.h"

namespace tidemark::mgmt {
namespace {

using scsi::CopyRange;
using scsi::CopyRefusal;
using scsi::CopyReport;
using scsi::CopyState;

constexpr Duration kWait = std::chrono::milliseconds(5);

/// Copies that begin and end when the test says so.
class ScriptedCopies final : public RangeCopies {
 public:
  struct Copy {
    scsi::RangeCopyOrder order;
    Accepted accepted;
    Ended ended;
  };
  std::vector<Copy> copies;  // number: place from 1
  std::vector<uint64_t> cancelled;
  std::map<uint64_t, CopyReport> reports;

  void carry_out(scsi::RangeCopyOrder order, Accepted accepted, Ended ended) override {
    copies.push_back({std::move(order), std::move(accepted), std::move(ended)});
  }
  void cancel_copy(uint64_t id) override { cancelled.push_back(id); }
  void report_copy(uint64_t id, Reported reported) override { reported(true, reports[id]); }

  void accept(uint64_t id) {
    const auto accepted = copies.at(id - 1).accepted;
    accepted(id, CopyRefusal::none);
  }
  void refuse(uint64_t id, CopyRefusal why) {
    const auto accepted = copies.at(id - 1).accepted;
    accepted(0, why);
  }
  void end(uint64_t id, CopyState state, uint64_t copied = 0) {
    CopyReport report;
    report.id = id;
    report.state = state;
    report.bytes_copied = copied;
    const auto ended = copies.at(id - 1).ended;
    ended(report);
  }
};

class RangeGatheringTest : public testing::Test {
 protected:
  struct Told {
    uint64_t id = 0;
    bool refused = false;
    std::optional<CopyReport> end;
  };

  size_t start(std::vector<CopyRange> ranges, const std::string& destination = "b",
               bool may_be_gathered = true) {
    const size_t number = told_.size();
    const auto told = told_.emplace_back(std::make_shared<Told>());
    scsi::RangeCopyOrder order{"a", destination, std::move(ranges), "iqn.x", may_be_gathered};
    gathering_->start(
        std::move(order),
        [told](uint64_t id, CopyRefusal why) {
          told->id = id;
          told->refused = why != CopyRefusal::none;
        },
        [told](const CopyReport& report) { told->end = report; });
    return number;
  }
  /// One runs, and these wait: 4 KiB each, at these places of the source.
  void start_behind_one(const std::vector<uint64_t>& places) {
    start({{kMiB, kMiB, 4096}});
    copies_.accept(1);
    for (const uint64_t place : places) start({{place, place, 4096}});
  }
  void pass(Duration time) {
    const TimePoint until = executor_.now() + time;
    executor_.post_after(0, time, [] {});
    executor_.run(until);
  }
  size_t made() const { return copies_.copies.size(); }
  const std::vector<CopyRange>& ranges(uint64_t id) const {
    return copies_.copies.at(id - 1).order.ranges;
  }

  test::SimExecutor executor_{1, 1};
  ScriptedCopies copies_;
  std::shared_ptr<RangeGathering> gathering_ =
      std::make_shared<RangeGathering>(executor_, 0, copies_, kWait);
  std::vector<std::shared_ptr<Told>> told_;
};

TEST_F(RangeGatheringTest, OneAfterTheOtherNeverWaits) {
  for (uint64_t i = 1; i <= 3; ++i) {
    start({{i * 4096, 0, 4096}});
    ASSERT_EQ(made(), i);
    copies_.accept(i);
    EXPECT_EQ(told_.back()->id, i);
    copies_.end(i, CopyState::completed, 4096);
    EXPECT_EQ(told_.back()->end->state, CopyState::completed);
  }
}

TEST_F(RangeGatheringTest, WhatComesWhileOneRunsBecomesOneCopyByPlaceInTheSource) {
  start_behind_one({8192, 0, 65536});
  EXPECT_EQ(made(), 1u);
  copies_.end(1, CopyState::completed, 4096);
  ASSERT_EQ(made(), 2u);
  ASSERT_EQ(ranges(2).size(), 3u);
  EXPECT_EQ(ranges(2)[0].source_offset, 0u);
  EXPECT_EQ(ranges(2)[1].source_offset, 8192u);
  EXPECT_EQ(ranges(2)[2].source_offset, 65536u);
  EXPECT_EQ(told_[1]->id, 0u);
  copies_.accept(2);
  EXPECT_TRUE(RangeGathering::is_gathered(told_[1]->id));
  EXPECT_NE(told_[1]->id, told_[2]->id);
  copies_.end(2, CopyState::completed, 3 * 4096);
  for (const size_t number : {1u, 2u, 3u}) {
    EXPECT_EQ(told_[number]->end->state, CopyState::completed);
    EXPECT_EQ(told_[number]->end->bytes_copied, 4096u);
    EXPECT_EQ(told_[number]->end->id, told_[number]->id);
  }
}

TEST_F(RangeGatheringTest, NobodyWaitsLongerThanTold) {
  start_behind_one({0, 8192});
  pass(kWait - std::chrono::milliseconds(1));
  EXPECT_EQ(made(), 1u);
  pass(std::chrono::milliseconds(2));
  EXPECT_EQ(made(), 2u);
  EXPECT_EQ(ranges(2).size(), 2u);
  start({{65536, 65536, 4096}});  // the time of those before is not its time
  EXPECT_EQ(made(), 2u);
  pass(kWait);
  EXPECT_EQ(made(), 3u);
}

TEST_F(RangeGatheringTest, AsMuchAsOneCopyShouldHaveWaitsForNothing) {
  start_behind_one({});
  for (uint64_t i = 0; i < 5; ++i) start({{i * 16 * kMiB, i * 16 * kMiB, 16 * kMiB}});
  ASSERT_EQ(made(), 2u);
  EXPECT_EQ(ranges(2).size(), 4u);
}

TEST_F(RangeGatheringTest, OtherPairsAndThoseThatMayNotStartAtOnce) {
  start_behind_one({0});
  start({{8192, 0, 4096}}, "c");
  EXPECT_EQ(made(), 2u);
  start({{8192, 8192, 4096}}, "b", false);
  EXPECT_EQ(made(), 3u);
}

TEST_F(RangeGatheringTest, WhatDependsOnTheOrderIsNotOneCopy) {
  start_behind_one({0});
  start({{65536, 0, 512}});  // to where the one before goes
  ASSERT_EQ(made(), 2u);
  EXPECT_EQ(ranges(2).size(), 1u);
  // Within one volume, also what reads where another writes.
  start({{0, kMiB, 4096}}, "a");
  start({{8192, 16384, 4096}}, "a");
  start({{16384, 65536, 4096}}, "a");
  EXPECT_EQ(made(), 4u);
}

TEST_F(RangeGatheringTest, WithoutTimeToWaitNothingIsGathered) {
  gathering_ = std::make_shared<RangeGathering>(executor_, 0, copies_, Duration{0});
  start_behind_one({0, 8192});
  EXPECT_EQ(made(), 3u);
}

TEST_F(RangeGatheringTest, ProgressIsEachOnesOwn) {
  start_behind_one({0, 8192, 65536});
  copies_.end(1, CopyState::completed);
  copies_.accept(2);
  copies_.reports[2].bytes_copied = 4096 + 512;
  const auto copied = [&](size_t number) {
    uint64_t bytes = 77;
    gathering_->report(told_[number]->id,
                       [&](bool, const CopyReport& report) { bytes = report.bytes_copied; });
    return bytes;
  };
  EXPECT_EQ(copied(1), 4096u);
  EXPECT_EQ(copied(2), 512u);
  EXPECT_EQ(copied(3), 0u);
}

TEST_F(RangeGatheringTest, ACancelledOneTakesNoOtherWithIt) {
  start_behind_one({0, 8192});
  copies_.end(1, CopyState::completed);
  copies_.accept(2);
  EXPECT_TRUE(gathering_->cancel(told_[1]->id));
  EXPECT_EQ(copies_.cancelled, std::vector<uint64_t>{2});
  copies_.end(2, CopyState::cancelled, 512);
  ASSERT_EQ(told_[1]->end->state, CopyState::cancelled);
  EXPECT_EQ(told_[1]->end->bytes_copied, 512u);
  EXPECT_FALSE(told_[2]->end);
  ASSERT_EQ(made(), 3u);
  EXPECT_EQ(ranges(3)[0].source_offset, 8192u);
  copies_.accept(3);
  EXPECT_TRUE(gathering_->cancel(told_[2]->id));
  EXPECT_EQ(copies_.cancelled.back(), 3u);
  copies_.end(3, CopyState::cancelled);
  EXPECT_EQ(told_[2]->end->state, CopyState::cancelled);
  EXPECT_FALSE(gathering_->cancel(told_[2]->id));
}

TEST_F(RangeGatheringTest, AFailureIsOfTheOneThatFailsByItself) {
  start_behind_one({0, 8192});
  copies_.end(1, CopyState::completed);
  copies_.accept(2);
  copies_.end(2, CopyState::failed, 4096);
  ASSERT_EQ(made(), 4u);
  copies_.accept(3);
  copies_.accept(4);
  copies_.end(4, CopyState::failed, 512);
  copies_.end(3, CopyState::completed, 4096);
  EXPECT_EQ(told_[1]->end->state, CopyState::completed);
  EXPECT_EQ(told_[2]->end->state, CopyState::failed);
  EXPECT_EQ(told_[2]->end->bytes_copied, 512u);
}

TEST_F(RangeGatheringTest, ARefusalOfTheWholeIsNobodysRefusal) {
  start_behind_one({0, 8192});
  copies_.end(1, CopyState::completed);
  copies_.refuse(2, CopyRefusal::invalid);
  ASSERT_EQ(made(), 4u);
  copies_.accept(3);
  copies_.refuse(4, CopyRefusal::invalid);
  EXPECT_EQ(told_[1]->id, 3u);
  EXPECT_TRUE(told_[2]->refused);
  copies_.end(3, CopyState::completed);
  start({{0, 0, 4096}});  // nothing runs any more
  EXPECT_EQ(made(), 5u);
}

TEST_F(RangeGatheringTest, ARefusalAfterAcceptanceIsAFailure) {
  start_behind_one({0, 8192});
  copies_.end(1, CopyState::completed);
  copies_.accept(2);
  copies_.end(2, CopyState::failed);
  copies_.refuse(3, CopyRefusal::not_found);
  EXPECT_EQ(told_[1]->end->state, CopyState::failed);
  EXPECT_EQ(told_[1]->end->error, storage::Errc::gone);
}

}  // namespace
}  // namespace tidemark::mgmt
