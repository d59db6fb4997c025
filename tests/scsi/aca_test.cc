// Auto contingent allegiance, and what else the Control mode page makes of a CHECK CONDITION.
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

using Function = TaskManagementFunction;
using Response = TaskManagementResponse;

constexpr size_t kControl6 = 5;
constexpr size_t kControl16 = 15;
constexpr uint8_t kNaca = 0x04;

class Aca : public ::testing::Test {
 protected:
  /// A command that ends in CHECK CONDITION: a read beyond the end.
  static Data failing(bool naca = true) {
    Data cdb = CdbBuilder(0x88).range(1u << 30, 1);
    if (naca) cdb[kControl16] = kNaca;
    return cdb;
  }
  Sent& start_write(ItNexus& nexus, uint64_t lba, TaskAttribute attribute = TaskAttribute::simple) {
    Sent& sent = target_.begin(nexus, CdbBuilder(0x8a).range(lba, 1), 0, attribute);
    if (sent.begun) target_.execute(sent, blocks_of(0xaa, 1));
    return sent;
  }
  Sent& send(TaskAttribute attribute, const Data& cdb = Data(6)) {
    Sent& sent = target_.begin(host_, cdb, 0, attribute);
    if (sent.begun) target_.execute(sent);
    target_.settle();
    return sent;
  }
  static bool told_aca_active(const Sent& sent) {
    return sent.done && sent.status == Status::aca_active;
  }

  TestTarget target_{UnitOptions{.cores = 2}};
  ItNexus& host_ = target_.attach(0);
  ItNexus& other_ = target_.attach(1);
};

TEST_F(Aca, BeginsWithACheckConditionOfACommandThatAsksForIt) {
  EXPECT_TRUE(target_.send_to(host_, failing(false)).out_of_range());
  EXPECT_TRUE(send(TaskAttribute::simple).good());
  EXPECT_TRUE(target_.send_to(host_, failing()).out_of_range());
  EXPECT_TRUE(told_aca_active(send(TaskAttribute::simple)));
  EXPECT_TRUE(told_aca_active(send(TaskAttribute::head_of_queue, {0x12, 0, 0, 0, 96, 0})));
  EXPECT_TRUE(send(TaskAttribute::aca).good());
}

TEST_F(Aca, OfOneNexusIsNoneOfAnother) {
  target_.send_to(host_, failing());
  EXPECT_TRUE(target_.send_to(other_, {0x00}).good());
}

TEST_F(Aca, WithoutOneTheAttributeIsAnInvalidMessage) {
  EXPECT_TRUE(send(TaskAttribute::aca).failed(SenseKey::illegal_request, 0x4900));
}

TEST_F(Aca, BeginsWithAUnitAttentionToo) {
  static_cast<Nexus&>(host_).add_attention(nullptr, attention::kCapacityChanged);
  Data cdb(6);
  cdb[kControl6] = kNaca;
  EXPECT_TRUE(target_.send_to(host_, cdb).attention(attention::kCapacityChanged));
  EXPECT_TRUE(told_aca_active(send(TaskAttribute::simple)));
}

TEST_F(Aca, WhatWaitsRunsAndWhatEndedIsToldOnlyWhenItIsCleared) {
  target_.volume_.hold();
  Sent& running = start_write(host_, 0);
  Sent& waiting = start_write(host_, 1, TaskAttribute::ordered);
  Sent& theirs = start_write(other_, 2);
  target_.send_to(host_, failing());
  target_.volume_.let_go();
  EXPECT_FALSE(running.done);
  EXPECT_FALSE(waiting.done);
  EXPECT_TRUE(theirs.good());
  EXPECT_EQ(target_.manage(host_, Function::clear_aca), Response::complete);
  EXPECT_TRUE(running.good());
  EXPECT_TRUE(waiting.good());
  EXPECT_EQ(target_.volume_.bytes()[512], 0xaa);
}

TEST_F(Aca, WhatIsHeldBackCanBeAborted) {
  target_.volume_.hold();
  Sent& running = start_write(host_, 0);
  target_.send_to(host_, failing());
  target_.volume_.let_go();
  EXPECT_EQ(target_.manage(host_, Function::abort_task, running.task.tag), Response::complete);
  EXPECT_TRUE(running.aborted);
  EXPECT_TRUE(told_aca_active(send(TaskAttribute::simple))) << "that does not clear it";
}

TEST_F(Aca, TakesOneTaskWithItsAttributeAtATime) {
  target_.send_to(host_, failing());
  target_.volume_.hold();
  Sent& first = start_write(host_, 0, TaskAttribute::aca);
  EXPECT_TRUE(told_aca_active(start_write(host_, 1, TaskAttribute::aca)));
  target_.volume_.let_go();
  EXPECT_TRUE(first.good());
  EXPECT_TRUE(start_write(host_, 1, TaskAttribute::aca).good());
}

TEST_F(Aca, TakesNoneWithTaskManagementOnly) {
  target_.unit_->settings().task_management_only = 1;
  target_.send_to(host_, failing());
  EXPECT_TRUE(told_aca_active(send(TaskAttribute::aca)));
  EXPECT_EQ(target_.manage(host_, Function::clear_aca), Response::complete);
  EXPECT_TRUE(send(TaskAttribute::simple).good());
}

TEST_F(Aca, EndsWithAnAcaTaskThatFailsUnlessThatAsksForTheNext) {
  target_.send_to(host_, failing());
  EXPECT_TRUE(send(TaskAttribute::aca, failing(true)).out_of_range());
  EXPECT_TRUE(told_aca_active(send(TaskAttribute::simple)));
  EXPECT_TRUE(send(TaskAttribute::aca, failing(false)).out_of_range());
  EXPECT_TRUE(send(TaskAttribute::simple).good());
}

TEST_F(Aca, EndsWithResetsAndPreemption) {
  target_.send_to(host_, failing());
  EXPECT_EQ(target_.manage(other_, Function::logical_unit_reset), Response::complete);
  EXPECT_TRUE(target_.send_to(host_, {0x00}).attention(attention::kUnitReset));
  target_.send_to(host_, failing());
  EXPECT_EQ(target_.manage(host_, Function::i_t_nexus_reset), Response::complete);
  EXPECT_TRUE(target_.send_to(host_, {0x00}).attention(attention::kNexusLoss));
}

TEST_F(Aca, ClearingWhatIsNotThereIsComplete) {
  EXPECT_EQ(target_.manage(host_, Function::clear_aca), Response::complete);
}

TEST_F(Aca, DetachingEndsIt) {
  target_.volume_.hold();
  Sent& running = start_write(host_, 0);
  target_.send_to(host_, failing());
  bool detached = false;
  target_.device_.detach(host_, [&] { detached = true; });
  target_.volume_.let_go();
  target_.settle();
  EXPECT_TRUE(running.aborted);
  EXPECT_TRUE(detached);
}

TEST_F(Aca, IsAnnouncedByInquiryAndTheReportOfFunctions) {
  EXPECT_EQ(target_.send_to(host_, {0x12, 0, 0, 0, 96, 0}).data[3] & 0x20, 0x20);
  const Data cdb = CdbBuilder(0xa3, 0x0d).set(FieldRole::allocation_length, 16);
  EXPECT_EQ(target_.send_to(host_, cdb).data[0] & 0x20, 0x20);
}

using QueueErrors = Aca;

TEST_F(QueueErrors, AbortWhatElseTheNexusHasInTheUnitIfSoSet) {
  for (const int qerr : {0, 1, 3}) {
    target_.unit_->settings().queue_error_management = static_cast<uint8_t>(qerr);
    target_.volume_.hold();
    Sent& mine = start_write(host_, 0);
    Sent& theirs = start_write(other_, 1);
    EXPECT_TRUE(target_.send_to(host_, failing(false)).out_of_range());
    target_.volume_.let_go();
    EXPECT_EQ(mine.aborted, qerr != 0);
    EXPECT_TRUE(theirs.good());
    EXPECT_TRUE(target_.send_to(other_, {0x00}).good());
  }
}

using Interlock = Aca;

TEST_F(Interlock, KeepsAnAttentionUntilRequestSense) {
  target_.unit_->settings().attention_interlock = 2;
  static_cast<Nexus&>(host_).add_attention(nullptr, attention::kCapacityChanged);
  EXPECT_TRUE(target_.send_to(host_, {0x00}).attention(attention::kCapacityChanged));
  EXPECT_TRUE(target_.send_to(host_, {0x00}).attention(attention::kCapacityChanged));
  EXPECT_EQ(target_.send_to(host_, {0x03, 0, 0, 0, 252, 0}).data[12], 0x2a);
  EXPECT_TRUE(target_.send_to(host_, {0x00}).good());
}

TEST_F(Interlock, TellsOfAnEarlierConflictIfSoSet) {
  EXPECT_TRUE(target_.send_to(other_, {0x16}).good());  // RESERVE(6)
  for (const int value : {0, 2, 3}) {
    target_.unit_->settings().attention_interlock = static_cast<uint8_t>(value);
    EXPECT_EQ(target_.send_to(host_, {0x00}).status, Status::reservation_conflict);
    const Data sense = target_.send_to(host_, {0x03, 0, 0, 0, 252, 0}).data;
    EXPECT_EQ(sense[12] << 8 | sense[13], value == 3 ? 0x2c09 : 0);
  }
}

}  // namespace
}  // namespace tidemark::scsi
