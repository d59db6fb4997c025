// EXTENDED COPY(LID4): copies in the background, what RECEIVE COPY STATUS(LID4) tells of them, and
// COPY OPERATION ABORT (SPC-4 5.17.4, 6.3, 6.4, 6.20, 6.24).
#include <gtest/gtest.h>

#include "scsi/copy_records.h"
#include "tests/scsi/copy_fixture.h"
#include "tests/scsi/xcopy_bytes.h"

namespace tidemark::scsi {
namespace {

class ExtendedCopyLid4 : public CopyFixture {
 protected:
  static constexpr uint8_t kImmed = 0x01;
  static constexpr uint8_t kGSense = 0x02;
  static constexpr uint32_t kListId = 0xa1b2c3d4;
  static constexpr uint8_t kStatus = 0x05;
  static constexpr uint8_t kData = 0x06;

  XcopyBytes list(uint32_t list_id = kListId, size_t segments = 1) const {
    XcopyBytes bytes;
    bytes.list_id = list_id;
    bytes.add_naa(naa("source"));
    bytes.add_naa(naa("copy"));
    for (size_t i = 0; i < segments; ++i) bytes.add_blocks(1, 2, i * 8, i * 8, 8);
    return bytes;
  }
  Sent& copy(uint8_t flags = 0, uint32_t list_id = kListId, size_t segments = 1) {
    const auto bytes = list(list_id, segments).build_lid4(flags);
    return send(host_, 0, cdb_of(0x83, 0x01, static_cast<uint32_t>(bytes.size())), bytes);
  }
  Sent& receive(uint8_t service_action, uint32_t list_id = kListId, uint32_t allocation = 4096) {
    auto cdb = cdb_of(0x84, service_action, allocation);
    store_be32(&cdb[2], list_id);
    return send(host_, 0, cdb);
  }
  Sent& terminate(uint32_t list_id = kListId) {
    std::vector<uint8_t> cdb(16);
    cdb[0] = 0x83;
    cdb[1] = 0x1c;
    store_be32(&cdb[2], list_id);
    return send(host_, 0, cdb);
  }
  void complete(size_t number = 0) {
    copies_.end(number, ScriptedCopies::in_state(CopyState::completed));
  }
  /// A copy in the background of a nexus that is lost then; it is the last of nexuses_.
  void gone(uint8_t flags) {
    ItNexus& other = attach("iqn.2026-11.test:gone");
    const auto bytes = list().build_lid4(flags);
    send(other, 0, cdb_of(0x83, 0x01, static_cast<uint32_t>(bytes.size())), bytes);
    copies_.accept(copies_.ranges.size() - 1);
    device_.detach(other, [] {});
    executor_.run(TimePoint::max());
  }
  ItNexus& host_ = attach();
};

TEST_F(ExtendedCopyLid4, EndsWhenTheCopyHasEnded) {
  copies_.at_once = false;
  const Sent& sent = copy();
  copies_.accept(0);
  EXPECT_FALSE(sent.done);
  complete();
  EXPECT_TRUE(sent.good());
}

TEST_F(ExtendedCopyLid4, ImmediateEndsWhenTheCopyIsAccepted) {
  copies_.at_once = false;
  const Sent& sent = copy(kImmed);
  EXPECT_FALSE(sent.done);
  copies_.accept(0);
  EXPECT_TRUE(sent.good());
  EXPECT_EQ(receive(kStatus).data.at(5), 0x12);
  complete();
  EXPECT_EQ(receive(kStatus).data.at(5), 0x01);
}

TEST_F(ExtendedCopyLid4, ImmediateTellsWhatIsWrongWithTheList) {
  auto bytes = list().build_lid4(kImmed);
  bytes[48 + 64] = 0x55;  // segment type
  const Sent& sent = send(host_, 0, cdb_of(0x83, 0x01, static_cast<uint32_t>(bytes.size())), bytes);
  EXPECT_TRUE(sent.failed(SenseKey::illegal_request, 0x2609, 48 + 64));
}

TEST_F(ExtendedCopyLid4, ImmediateTellsARefusal) {
  copies_.at_once = false;
  const Sent& sent = copy(kImmed);
  copies_.refuse(0, CopyRefusal::conflict);
  EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, 0x0d01));
}

TEST_F(ExtendedCopyLid4, AFailureInTheBackgroundIsToldByTheStatus) {
  copies_.at_once = false;
  copy(kImmed, kListId, 3);
  copies_.accept(0);
  CopyReport report = ScriptedCopies::in_state(CopyState::failed);
  report.error = storage::Errc::medium_read;
  report.bytes_copied = 4096;
  copies_.end(0, report);
  const auto data = receive(kStatus).data;
  ASSERT_GT(data.size(), 32u);
  EXPECT_EQ(data[5], 0x02);
  EXPECT_EQ(data[12], 0x02);  // CHECK CONDITION
  EXPECT_EQ(load_be16(&data[24]), 2);
  EXPECT_EQ(data[13] % 4, 0);
  EXPECT_LE(data[14], data[13]);
  EXPECT_EQ(data.size(), 32u + data[13]);
  EXPECT_EQ(data[32 + 2], 0x0a);
  EXPECT_EQ(load_be16(&data[32 + 12]), 0x0d01);
  // The source's own sense data follow: MEDIUM ERROR, UNRECOVERED READ ERROR.
  const size_t at = data[32 + 8];
  ASSERT_NE(at, 0u);
  EXPECT_EQ(data[32 + 9], 0);
  EXPECT_EQ(data[32 + at], 0x02);
  EXPECT_EQ(data[32 + at + 1 + 2], 0x03);
  EXPECT_EQ(load_be16(&data[32 + at + 1 + 12]), 0x1100);
}

TEST_F(ExtendedCopyLid4, StatusOfARunningCopy) {
  copies_.at_once = false;
  copy();
  copies_.accept(0);
  copies_.reports[ScriptedCopies::id_of(0)].bytes_copied = 12345;
  const auto data = receive(kStatus).data;
  ASSERT_EQ(data.size(), 32u);
  EXPECT_EQ(load_be32(&data[0]), 28u);
  EXPECT_EQ(data[4], 0x01);
  EXPECT_EQ(data[5], 0x11);
  EXPECT_LT(load_be32(&data[8]), 10000u);
  EXPECT_EQ(data[15], 0);
  EXPECT_EQ(load_be64(&data[16]), 12345u);
  EXPECT_EQ(load_be16(&data[24]), 1);
  complete();
}

TEST_F(ExtendedCopyLid4, StatusIsKeptAfterItHasBeenRead) {
  copy();
  for (int i = 0; i < 2; ++i) {
    const auto data = receive(kStatus).data;
    ASSERT_EQ(data.size(), 32u);
    EXPECT_EQ(data[5], 0x01);
    EXPECT_EQ(load_be32(&data[8]), 0xfffffffeu);
    EXPECT_EQ(load_be64(&data[16]), 4096u);
  }
  pass(std::chrono::seconds(61));
  EXPECT_TRUE(receive(kStatus).failed(SenseKey::illegal_request, 0x2400, 2));
}

TEST_F(ExtendedCopyLid4, WhatIsLeftOverIsTold) {
  unit(2, "large", {.block_size = 4096});
  ItNexus& host = attach();
  XcopyBytes bytes = list(kListId, 0);
  bytes.add_naa(naa("large"));
  bytes.add_blocks(1, 3, 0, 0, 9)[1] = 0x01;
  const auto whole = bytes.build_lid4();
  ASSERT_TRUE(send(host, 0, cdb_of(0x83, 0x01, static_cast<uint32_t>(whole.size())), whole).good());
  auto cdb = cdb_of(0x84, kStatus, 4096);
  store_be32(&cdb[2], kListId);
  EXPECT_EQ(send(host, 0, cdb).data.at(5), 0x04);
}

TEST_F(ExtendedCopyLid4, HoldsNoData) {
  copy();
  const auto data = receive(kData).data;
  ASSERT_EQ(data.size(), 36u);
  EXPECT_EQ(data[5], 0x01);
  EXPECT_EQ(load_be32(&data[32]), 0u);
  EXPECT_TRUE(receive(kData, 7).failed(SenseKey::illegal_request, 0x2400, 2));
}

TEST_F(ExtendedCopyLid4, DataOfLid1IsEmptyToo) {
  copy(0, 9);
  EXPECT_EQ(receive_copy(host_, 0x01, 9).data, std::vector<uint8_t>(4));
  EXPECT_TRUE(receive_copy(host_, 0x01, 8).failed(SenseKey::illegal_request, 0x2400, 2));
}

TEST_F(ExtendedCopyLid4, FailureDetailsAreThoseOfLid1Alone) {
  copy(0, 9);
  EXPECT_TRUE(receive_copy(host_, 0x04, 9).failed(SenseKey::illegal_request, 0x2400, 2));
}

TEST_F(ExtendedCopyLid4, ShortAllocationsCutAndChangeNothing) {
  copy();
  const auto data = receive(kStatus, kListId, 8).data;
  ASSERT_EQ(data.size(), 8u);
  EXPECT_EQ(load_be32(&data[0]), 28u);
  EXPECT_TRUE(receive(kStatus, kListId, 0).good());
  EXPECT_EQ(receive(kStatus).data.size(), 32u);
}

TEST_F(ExtendedCopyLid4, AnIdentifierInUseIsRefused) {
  copies_.at_once = false;
  copy(0, 7);
  EXPECT_TRUE(copy(0, 7).failed(SenseKey::illegal_request, 0x0016));
  // The other form of list has the same identifiers; and says what is wrong otherwise.
  XcopyBytes lid1;
  lid1.list_id = 7;
  EXPECT_TRUE(extended_copy(host_, lid1.build()).failed(SenseKey::illegal_request, 0x2600, 0));
  EXPECT_TRUE(copy(0, 0x107).task.status == Status::good || copies_.ranges.size() == 2);
  copies_.accept(0);
  complete(0);
  complete(1);
}

TEST_F(ExtendedCopyLid4, SenseDataWithGoodCountTheSegments) {
  const Sent& sent = copy(kGSense, kListId, 3);
  ASSERT_TRUE(sent.good());
  EXPECT_EQ(sent.task.sense.key, SenseKey::completed);
  EXPECT_EQ(sent.task.sense.asc, 0x0020);
  EXPECT_EQ(sent.task.sense.command_specific, 3u);
}

TEST_F(ExtendedCopyLid4, AbortEndsAForegroundCopyWithItsOwnStatus) {
  copies_.at_once = false;
  const Sent& sent = copy();
  copies_.accept(0);
  const Sent& abort = terminate();
  EXPECT_EQ(copies_.cancelled, std::vector<uint64_t>{ScriptedCopies::id_of(0)});
  EXPECT_FALSE(abort.done);
  EXPECT_FALSE(sent.done);
  copies_.end(0, ScriptedCopies::in_state(CopyState::cancelled));
  EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, 0x2f02));
  EXPECT_TRUE(abort.good());
  EXPECT_EQ(receive(kStatus).data.at(5), 0x02);
}

TEST_F(ExtendedCopyLid4, AbortEndsABackgroundCopyTerminated) {
  copies_.at_once = false;
  copy(kImmed);
  copies_.accept(0);
  const Sent& abort = terminate();
  EXPECT_FALSE(abort.done);
  copies_.end(0, ScriptedCopies::in_state(CopyState::cancelled));
  EXPECT_TRUE(abort.good());
  const auto data = receive(kStatus).data;
  ASSERT_EQ(data.size(), 32u);  // no sense data
  EXPECT_EQ(data[5], 0x60);
  EXPECT_EQ(data[12], 0x40);  // TASK ABORTED
}

TEST_F(ExtendedCopyLid4, AbortBeforeAcceptanceEndsItAtAcceptance) {
  copies_.at_once = false;
  const Sent& sent = copy(kImmed);
  const Sent& abort = terminate();
  EXPECT_TRUE(copies_.cancelled.empty());
  copies_.accept(0);
  EXPECT_EQ(copies_.cancelled.size(), 1u);
  copies_.end(0, ScriptedCopies::in_state(CopyState::cancelled));
  EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, 0x2f02));
  EXPECT_TRUE(abort.good());
}

TEST_F(ExtendedCopyLid4, AbortOfAnUnknownOrEndedCopyIsAnInvalidField) {
  EXPECT_TRUE(terminate().failed(SenseKey::illegal_request, 0x2400, 2));
  copy();
  EXPECT_TRUE(terminate().failed(SenseKey::illegal_request, 0x2400, 2));
}

TEST_F(ExtendedCopyLid4, AbortReachesTheCopiesOfItsOwnNexusAlone) {
  copies_.at_once = false;
  ItNexus& other = attach("iqn.2026-11.test:other");
  copy(kImmed);
  copies_.accept(0);
  std::vector<uint8_t> cdb(16);
  cdb[0] = 0x83;
  cdb[1] = 0x1c;
  store_be32(&cdb[2], kListId);
  EXPECT_TRUE(send(other, 0, cdb).failed(SenseKey::illegal_request, 0x2400, 2));
  EXPECT_TRUE(copies_.cancelled.empty());
  complete();
}

TEST_F(ExtendedCopyLid4, AResetOfTheUnitEndsItsBackgroundCopies) {
  copies_.at_once = false;
  copy(kImmed);
  copies_.accept(0);
  device_.manage(attach("iqn.2026-11.test:other"), TaskManagementFunction::logical_unit_reset, 0, 0,
                 [](TaskManagementResponse) {});
  EXPECT_EQ(copies_.cancelled.size(), 1u);
  copies_.end(0, ScriptedCopies::in_state(CopyState::cancelled));
  EXPECT_EQ(host_.copy_records->kept(), 0u);
  EXPECT_EQ(host_.copy_records->running(), 0u);
}

TEST_F(ExtendedCopyLid4, AResetWaitsForBackgroundCopiesAlsoOfANexusThatHasGone) {
  for (const auto function :
       {TaskManagementFunction::logical_unit_reset, TaskManagementFunction::target_reset}) {
    const size_t number = copies_.ranges.size();
    copies_.at_once = false;
    copies_.cancelled.clear();
    gone(kImmed);
    nexuses_.pop_back();
    bool answered = false;
    device_.manage(host_, function, 0, 0, [&](TaskManagementResponse) { answered = true; });
    executor_.run(TimePoint::max());
    EXPECT_EQ(copies_.cancelled.size(), 1u);
    EXPECT_FALSE(answered);
    copies_.end(number, ScriptedCopies::in_state(CopyState::cancelled));
    executor_.run(TimePoint::max());
    EXPECT_TRUE(answered);
  }
}

TEST_F(ExtendedCopyLid4, AResetOfAnotherUnitLeavesThemAlone) {
  copies_.at_once = false;
  copy(kImmed);
  copies_.accept(0);
  device_.manage(host_, TaskManagementFunction::logical_unit_reset, uint64_t{1} << 48, 0,
                 [](TaskManagementResponse) {});
  EXPECT_TRUE(copies_.cancelled.empty());
  complete();
}

TEST_F(ExtendedCopyLid4, ABackgroundCopyOutlivesItsNexus) {
  copies_.at_once = false;
  ItNexus& other = attach("iqn.2026-11.test:other");
  XcopyBytes bytes = list();
  bytes.add_blocks(2, 1, 100, 100, 8);  // another order, after the nexus has gone
  const auto whole = bytes.build_lid4(kImmed);
  send(other, 0, cdb_of(0x83, 0x01, static_cast<uint32_t>(whole.size())), whole);
  copies_.accept(0);
  bool detached = false;
  device_.detach(other, [&] { detached = true; });
  executor_.run(TimePoint::max());
  EXPECT_TRUE(detached);
  EXPECT_TRUE(copies_.cancelled.empty());
  nexuses_.pop_back();
  complete(0);
  ASSERT_EQ(copies_.ranges.size(), 2u);
  EXPECT_EQ(copies_.ranges[1].order.initiator, "iqn.2026-11.test:other");
  copies_.accept(1);
  complete(1);
}

TEST_F(ExtendedCopyLid4, BlocksAreFilledUpThroughTheUnit) {
  unit(2, "large", {.block_size = 4096});
  ItNexus& host = attach();
  XcopyBytes bytes = list(kListId, 0);
  bytes.add_naa(naa("large"));
  bytes.cscds[2][28] = 0x04;
  bytes.add_blocks(1, 3, 0, 0, 9);
  const auto whole = bytes.build_lid4();
  EXPECT_TRUE(send(host, 0, cdb_of(0x83, 0x01, static_cast<uint32_t>(whole.size())), whole).good());
  ASSERT_EQ(volumes_.back()->zeroed.size(), 1u);
  EXPECT_EQ(volumes_.back()->zeroed[0], (storage::Extent{4096 + 512, 4096 - 512}));
}

TEST_F(ExtendedCopyLid4, ABlockThatCannotBeFilledUpFailsItsSegment) {
  unit(2, "large", {.block_size = 4096});
  ItNexus& host = attach();
  XcopyBytes bytes = list(kListId, 0);
  bytes.add_naa(naa("large"));
  bytes.cscds[2][28] = 0x04;
  bytes.add_blocks(1, 3, 0, 0, 8);
  bytes.add_blocks(1, 3, 0, 9, 9);
  volumes_.back()->fails_zeroes = storage::Errc::no_space;
  const auto whole = bytes.build_lid4();
  const Sent& sent = send(host, 0, cdb_of(0x83, 0x01, static_cast<uint32_t>(whole.size())), whole);
  EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, 0x0d01, 48 + 64));
  EXPECT_EQ(sent.task.sense.segment, 1);
  ASSERT_TRUE(sent.task.sense.forwarded);
  EXPECT_EQ(sent.task.sense.forwarded->asc, 0x2707);
}

}  // namespace
}  // namespace tidemark::scsi
