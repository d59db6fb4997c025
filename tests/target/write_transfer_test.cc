#include "target/write_transfer.h"

#include <gtest/gtest.h>

#include "target/pdu.h"

namespace tidemark::target {
namespace {

using Fault = WriteTransfer::Fault;

class Transfer : public testing::Test {
 protected:
  void begin(uint32_t expected, uint64_t wanted, uint32_t immediate = 0, bool final = true) {
    transfer_.begin(rules_, expected, wanted, immediate, final);
  }
  WriteRules rules_{.initial_r2t = false,
                    .immediate_data = true,
                    .first_burst = 1000,
                    .max_burst = 2000,
                    .outstanding_r2t = 2};
  WriteTransfer transfer_;
};

TEST_F(Transfer, AllImmediateIsOverAtOnce) {
  begin(500, 500, 500);
  EXPECT_TRUE(transfer_.over());
  EXPECT_EQ(transfer_.fault(), Fault::none);
}

TEST_F(Transfer, RestIsAskedForInOrderAndInBursts) {
  begin(5500, 5500, 1000);
  auto first = transfer_.next_ask(1);
  auto second = transfer_.next_ask(2);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->offset, 1000u);
  EXPECT_EQ(first->length, 2000u);
  EXPECT_EQ(first->r2t_sn, 0u);
  EXPECT_EQ(second->offset, 3000u);
  EXPECT_EQ(second->r2t_sn, 1u);
  EXPECT_FALSE(transfer_.next_ask(3));  // two may be open
  EXPECT_TRUE(transfer_.data_out(1, 0, 1000, 2000, true));
  const auto third = transfer_.next_ask(3);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->offset, 5000u);
  EXPECT_EQ(third->length, 500u);
  EXPECT_TRUE(transfer_.data_out(2, 0, 3000, 1500, false));
  EXPECT_TRUE(transfer_.data_out(2, 1, 4500, 500, true));
  EXPECT_FALSE(transfer_.over());
  EXPECT_TRUE(transfer_.data_out(3, 0, 5000, 500, true));
  EXPECT_TRUE(transfer_.over());
  EXPECT_EQ(transfer_.fault(), Fault::none);
}

TEST_F(Transfer, UnsolicitedGoesOnAfterImmediate) {
  begin(900, 900, 300, false);
  EXPECT_FALSE(transfer_.next_ask(1));
  EXPECT_TRUE(transfer_.data_out(kNoTag, 0, 300, 300, false));
  EXPECT_TRUE(transfer_.data_out(kNoTag, 1, 600, 300, true));
  EXPECT_TRUE(transfer_.over());
}

TEST_F(Transfer, AsksForTheRestAfterTheUnsolicitedBurst) {
  begin(1500, 1500, 0, false);
  EXPECT_TRUE(transfer_.data_out(kNoTag, 0, 0, 1000, true));
  const auto ask = transfer_.next_ask(1);
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->offset, 1000u);
  EXPECT_EQ(ask->length, 500u);
}

TEST_F(Transfer, UnsolicitedBeyondFirstBurstFails) {
  begin(5000, 5000, 0, false);
  EXPECT_TRUE(transfer_.data_out(kNoTag, 0, 0, 1000, false));
  EXPECT_FALSE(transfer_.data_out(kNoTag, 1, 1000, 1, true));
  EXPECT_EQ(transfer_.fault(), Fault::unexpected_unsolicited);
  EXPECT_EQ(transfer_.sense().asc, 0x0c0c);
  EXPECT_TRUE(transfer_.over());
}

TEST_F(Transfer, ImmediateBeyondFirstBurstFails) {
  begin(5000, 5000, 1001);
  EXPECT_EQ(transfer_.fault(), Fault::unexpected_unsolicited);
}

TEST_F(Transfer, ImmediateBeyondExpectedFails) {
  begin(100, 512, 512);
  EXPECT_EQ(transfer_.fault(), Fault::unexpected_unsolicited);
}

TEST_F(Transfer, ImmediateThoughNotAgreedFails) {
  rules_.immediate_data = false;
  begin(500, 500, 500);
  EXPECT_EQ(transfer_.fault(), Fault::unexpected_unsolicited);
}

TEST_F(Transfer, UnsolicitedThoughInitialR2tIsAgreedIsSwallowedThenFails) {
  rules_.initial_r2t = true;
  begin(500, 500, 0, false);
  EXPECT_EQ(transfer_.fault(), Fault::unexpected_unsolicited);
  EXPECT_FALSE(transfer_.over());
  EXPECT_FALSE(transfer_.data_out(kNoTag, 0, 0, 500, true));
  EXPECT_TRUE(transfer_.over());
}

TEST_F(Transfer, UnsolicitedAfterTheFinalBitFails) {
  begin(2000, 2000, 0, true);
  EXPECT_FALSE(transfer_.data_out(kNoTag, 0, 0, 500, true));
  EXPECT_EQ(transfer_.fault(), Fault::unexpected_unsolicited);
}

struct BadDataOut {
  const char* what;
  uint32_t ttt, data_sn, offset, length;
  bool final;
};
class BadTransfer : public Transfer, public testing::WithParamInterface<BadDataOut> {};

TEST_P(BadTransfer, FailsTheCommandAndEndsWithItsBursts) {
  rules_.outstanding_r2t = 1;
  begin(2000, 2000);
  ASSERT_TRUE(transfer_.next_ask(1));
  const auto& bad = GetParam();
  transfer_.data_out(bad.ttt, bad.data_sn, bad.offset, bad.length, bad.final);
  EXPECT_EQ(transfer_.fault(), Fault::sequence);
  EXPECT_EQ(transfer_.sense().key, scsi::SenseKey::aborted_command);
  EXPECT_EQ(transfer_.sense().asc, 0x4705);
  EXPECT_FALSE(transfer_.next_ask(2));
  if (transfer_.bursts_open()) {
    EXPECT_FALSE(transfer_.data_out(1, 1, 0, 0, true));
  }
  EXPECT_TRUE(transfer_.over());
}

INSTANTIATE_TEST_SUITE_P(Cases, BadTransfer,
                         testing::Values(BadDataOut{"DataSN not from 0", 1, 1, 0, 2000, true},
                                         BadDataOut{"DataSN 27", 1, 27, 0, 1000, false},
                                         BadDataOut{"DataSN -1", 1, 0xffffffff, 0, 1000, false},
                                         BadDataOut{"offset", 1, 0, 4, 1000, false},
                                         BadDataOut{"too long", 1, 0, 0, 2004, true},
                                         BadDataOut{"not final at the end", 1, 0, 0, 2000, false},
                                         BadDataOut{"unknown TTT", 2, 0, 0, 2000, true},
                                         BadDataOut{"offset wraps", 1, 0, 0xffffff00, 512, true}));

TEST_F(Transfer, ABurstThatEndsTooEarlyFails) {
  begin(2000, 2000);
  ASSERT_TRUE(transfer_.next_ask(1));
  transfer_.data_out(1, 0, 0, 1000, true);
  EXPECT_EQ(transfer_.fault(), Fault::wrong_amount);
  EXPECT_EQ(transfer_.sense().asc, 0x0c0d);
  EXPECT_TRUE(transfer_.over());
}

TEST_F(Transfer, AnUnsolicitedBurstThatEndsTooEarlyFails) {
  begin(2000, 2000, 200, false);
  transfer_.data_out(kNoTag, 0, 200, 300, true);
  EXPECT_EQ(transfer_.fault(), Fault::wrong_amount);
  EXPECT_TRUE(transfer_.over());
}

TEST_F(Transfer, RepeatedDataSnFails) {
  begin(2000, 2000);
  ASSERT_TRUE(transfer_.next_ask(1));
  EXPECT_TRUE(transfer_.data_out(1, 0, 0, 1000, false));
  EXPECT_FALSE(transfer_.data_out(1, 0, 1000, 1000, true));
  EXPECT_EQ(transfer_.fault(), Fault::sequence);
  EXPECT_TRUE(transfer_.over());
}

TEST_F(Transfer, AsksForNoMoreThanIsExpected) {
  begin(700, 1024);
  const auto ask = transfer_.next_ask(1);
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->length, 700u);
  EXPECT_EQ(transfer_.wanted(), 700u);
}

TEST_F(Transfer, AsksForNoMoreThanIsWanted) {
  begin(4096, 512);
  EXPECT_EQ(transfer_.next_ask(1)->length, 512u);
  EXPECT_EQ(transfer_.room_at(100), 412u);
  EXPECT_EQ(transfer_.room_at(512), 0u);
}

TEST_F(Transfer, NothingWantedIsOver) {
  begin(0, 0);
  EXPECT_TRUE(transfer_.over());
  begin(512, 0);
  EXPECT_TRUE(transfer_.over());
}

TEST_F(Transfer, StoppedTransferWaitsForItsBurst) {
  begin(900, 900, 300, false);
  transfer_.stop();
  EXPECT_FALSE(transfer_.over());
  transfer_.data_out(kNoTag, 0, 300, 600, true);
  EXPECT_TRUE(transfer_.over());
  EXPECT_EQ(transfer_.fault(), Fault::none);
}

}  // namespace
}  // namespace tidemark::target
