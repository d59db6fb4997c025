// EXTENDED COPY(LID1) from its CDB to its status: what the copy service is asked for, when the
// command ends and how, and that a nexus reaches nothing but its own units (SPC-4 5.17, 6.5).
#include <gtest/gtest.h>

#include "scsi/copy_records.h"
#include "tests/scsi/copy_fixture.h"
#include "tests/scsi/xcopy_bytes.h"

namespace tidemark::scsi {
namespace {

class CopyManager : public CopyFixture {
 protected:
  /// A list that copies 8 blocks from "source" to "copy" per segment.
  XcopyBytes list(uint8_t list_id = 1, size_t segments = 1) const {
    XcopyBytes bytes;
    bytes.list_id = list_id;
    bytes.add_naa(naa("source"));
    bytes.add_naa(naa("copy"));
    for (size_t i = 0; i < segments; ++i) bytes.add_blocks(0, 1, i * 8, i * 8, 8);
    return bytes;
  }
  ItNexus& host_ = attach();
};

TEST_F(CopyManager, OrdersTheRangesOfTheListAndEndsGood) {
  copies_.at_once = false;
  const Sent& sent = extended_copy(host_, list(1, 3).build());
  ASSERT_EQ(copies_.ranges.size(), 1u);
  const RangeCopyOrder& order = copies_.ranges[0].order;
  EXPECT_EQ(order.source, "source");
  EXPECT_EQ(order.destination, "copy");
  EXPECT_EQ(order.initiator, "iqn.2026-11.test:host");
  ASSERT_EQ(order.ranges.size(), 3u);
  EXPECT_EQ(order.ranges[2].source_offset, 16u * 512);
  copies_.accept(0);
  EXPECT_FALSE(sent.done);
  copies_.end(0, ScriptedCopies::in_state(CopyState::completed));
  EXPECT_TRUE(sent.good());
}

TEST_F(CopyManager, EmptyParameterListIsGood) {
  EXPECT_TRUE(extended_copy(host_, {}).good());
  EXPECT_TRUE(copies_.ranges.empty());
}

TEST_F(CopyManager, NothingToCopyIsGood) {
  EXPECT_TRUE(extended_copy(host_, list(1, 0).build()).good());
  EXPECT_TRUE(copies_.ranges.empty());
}

TEST_F(CopyManager, ListShorterThanTheCdbSaysIsALengthError) {
  const auto bytes = list().build();
  const auto half = std::vector<uint8_t>(bytes.begin(), bytes.begin() + 40);
  const auto cdb = cdb_of(0x83, 0, static_cast<uint32_t>(bytes.size()));
  EXPECT_TRUE(send(host_, 0, cdb, half).failed(SenseKey::illegal_request, 0x1a00));
  EXPECT_TRUE(send(host_, 0, cdb, {}).failed(SenseKey::illegal_request, 0x1a00));
}

TEST_F(CopyManager, ResolvesOnlyThroughTheAskersLunMap) {
  const auto hidden = unit(-1, "hidden");
  for (const bool as_source : {true, false}) {
    XcopyBytes bytes = list(1, 0);
    const uint16_t id = bytes.add_naa(naa("hidden"));
    bytes.add_blocks(as_source ? id : 0, as_source ? 1 : id, 0, 0, 8);
    const Sent& sent = extended_copy(host_, bytes.build());
    EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, 0x0d02, 16 + 64));
    EXPECT_EQ(sent.task.sense.segment, 0);
  }
  EXPECT_TRUE(copies_.ranges.empty());
}

TEST_F(CopyManager, AbsentAndNotMappedAnswerAlike) {
  const auto hidden = unit(-1, "hidden");
  std::array<std::vector<uint8_t>, 2> answers;
  for (const bool exists : {true, false}) {
    XcopyBytes bytes = list(1, 0);
    bytes.add_naa(naa(exists ? "hidden" : "no such unit"));
    bytes.add_blocks(0, 2, 0, 0, 8);
    const Sent& sent = extended_copy(host_, bytes.build());
    std::array<uint8_t, kSenseMax> encoded{};
    const size_t length = sent.task.sense.encode(false, encoded);
    answers[exists].assign(encoded.begin(), encoded.begin() + static_cast<ptrdiff_t>(length));
  }
  EXPECT_EQ(answers[0], answers[1]);
}

TEST_F(CopyManager, EveryUnitDesignatorOfTheVpdPageNamesTheUnit) {
  unit(2, "short", {.serial = "S1"});
  ItNexus& host = attach();
  const Sent& page = send(host, 2, {0x12, 0x01, 0x83, 0x02, 0x00, 0x00}, {}, 6);
  ASSERT_TRUE(page.good());
  size_t tried = 0;
  for (size_t at = 4; at + 4 <= page.data.size(); at += 4 + page.data[at + 3]) {
    const size_t length = page.data[at + 3];
    if ((page.data[at + 1] & 0x30) != 0 || length > 20) continue;
    XcopyBytes bytes = list(1, 0);
    XcopyBytes::Block cscd(32);
    cscd[0] = 0xe4;
    cscd[4] = page.data[at];
    cscd[5] = page.data[at + 1];
    cscd[7] = static_cast<uint8_t>(length);
    std::copy_n(page.data.begin() + static_cast<ptrdiff_t>(at) + 4, length, cscd.begin() + 8);
    bytes.cscds.push_back(cscd);
    bytes.add_blocks(0, 2, 0, 0, 8);
    EXPECT_TRUE(extended_copy(host, bytes.build()).good());
    EXPECT_EQ(copies_.ranges.back().order.destination, "short");
    ++tried;
  }
  EXPECT_EQ(tried, 4u);  // NAA, EUI-64, T10 twice
}

TEST_F(CopyManager, PairsOfUnitsAreCopiedOneAfterTheOther) {
  copies_.at_once = false;
  XcopyBytes bytes = list();
  bytes.add_blocks(1, 0, 0, 100, 8);
  const Sent& sent = extended_copy(host_, bytes.build());
  EXPECT_EQ(copies_.ranges.size(), 1u);
  copies_.accept(0);
  copies_.end(0, ScriptedCopies::in_state(CopyState::completed));
  ASSERT_EQ(copies_.ranges.size(), 2u);
  EXPECT_EQ(copies_.ranges[1].order.source, "copy");
  EXPECT_FALSE(sent.done);
  copies_.accept(1);
  copies_.end(1, ScriptedCopies::in_state(CopyState::completed));
  EXPECT_TRUE(sent.good());
}

TEST_F(CopyManager, ASegmentThatCannotBeCarriedOutStopsTheListBeforeItBegins) {
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 9, 0, 0, 8);
  const Sent& sent = extended_copy(host_, bytes.build());
  EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, 0x0804, 16 + 64 + 28 + 6));
  EXPECT_EQ(sent.task.sense.segment, 1);
  EXPECT_TRUE(copies_.ranges.empty());
}

struct Outcome {
  CopyState state;
  storage::Errc error;
  bool on_destination;
  Asc asc;
  int byte;  // pointed at; -1: none
};

class CopyOutcome : public CopyManager, public ::testing::WithParamInterface<Outcome> {};

TEST_P(CopyOutcome, BecomesCopyAborted) {
  const Outcome& outcome = GetParam();
  copies_.at_once = false;
  const Sent& sent = extended_copy(host_, list(1, 3).build());
  copies_.accept(0);
  CopyReport report = ScriptedCopies::in_state(outcome.state);
  report.error = outcome.error;
  report.error_on_destination = outcome.on_destination;
  report.bytes_copied = 2 * 4096 + 1024;
  copies_.end(0, report);
  EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, outcome.asc, outcome.byte));
  EXPECT_EQ(sent.task.sense.segment, 2);
  EXPECT_EQ(sent.task.sense.forwarded.has_value(), outcome.state == CopyState::failed);
  EXPECT_EQ(sent.task.sense.information, 6u);  // blocks of the segment that were not written
  EXPECT_EQ(load_be16(&receive_copy(host_, 0x00, 1).data.at(5)), 3);
}

using storage::Errc;
INSTANTIATE_TEST_SUITE_P(
    Each, CopyOutcome,
    ::testing::Values(Outcome{CopyState::failed, Errc::medium_read, false, 0x0d01, 16},
                      Outcome{CopyState::failed, Errc::medium_write, true, 0x0d01, 48},
                      Outcome{CopyState::failed, Errc::no_space, true, 0x0d01, 48},
                      Outcome{CopyState::failed, Errc::gone, true, 0x0d02, 48},
                      Outcome{CopyState::failed, Errc::write_protected, true, 0x2700, 48},
                      Outcome{CopyState::failed, Errc::no_resources, false, 0x5503, 16},
                      Outcome{CopyState::broken, Errc::preserve_failed, false, 0x4400, -1},
                      Outcome{CopyState::cancelled, Errc::cancelled, false, 0x2f02, -1}));

TEST_F(CopyManager, NoInformationIfNothingWasWritten) {
  copies_.at_once = false;
  const Sent& sent = extended_copy(host_, list().build());
  copies_.accept(0);
  copies_.end(0, ScriptedCopies::in_state(CopyState::failed));
  EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, 0x0d01, 16));
  EXPECT_FALSE(sent.task.sense.information);
}

TEST_F(CopyManager, NoInformationIfTheSegmentBeforeIsTheLastThatWasWritten) {
  copies_.at_once = false;
  const Sent& sent = extended_copy(host_, list(1, 3).build());
  copies_.accept(0);
  CopyReport report = ScriptedCopies::in_state(CopyState::failed);
  report.bytes_copied = 2 * 4096;
  copies_.end(0, report);
  EXPECT_EQ(sent.task.sense.segment, 2);
  EXPECT_FALSE(sent.task.sense.information);
}

TEST_F(CopyManager, PartsOfASegmentCountTogether) {
  unit(2, "large", {.block_size = 4096});
  ItNexus& host = attach();
  copies_.at_once = false;
  XcopyBytes bytes = list(1, 0);
  bytes.add_naa(naa("large"));
  bytes.add_blocks(0, 2, 0, 0, 4)[1] = 0x01;     // CAT: half a block waits for the next
  bytes.add_blocks(0, 2, 100, 0, 20)[1] = 0x01;  // three blocks of 4 and 20 small ones
  const Sent& sent = extended_copy(host, bytes.build());
  copies_.accept(0);
  ASSERT_EQ(copies_.ranges.at(0).order.ranges.size(), 2u);
  CopyReport report = ScriptedCopies::in_state(CopyState::failed);
  report.bytes_copied = 2048 + 4096;  // all of the first range, some of the second
  copies_.end(0, report);
  EXPECT_EQ(sent.task.sense.segment, 1);
  EXPECT_EQ(sent.task.sense.information, 2u);  // a block of three is whole, and half of another
}

TEST_F(CopyManager, AnOutcomeOutsideTheOrderIsBounded) {
  copies_.at_once = false;
  const Sent& sent = extended_copy(host_, list(1, 2).build());
  copies_.accept(0);
  CopyReport report = ScriptedCopies::in_state(CopyState::failed);
  report.bytes_copied = UINT64_MAX;
  copies_.end(0, report);
  EXPECT_EQ(sent.task.sense.segment, 1);
  EXPECT_EQ(sent.task.sense.information, 0u);
}

TEST_F(CopyManager, RefusalsAreCopyAborted) {
  const std::pair<CopyRefusal, Asc> refusals[] = {{CopyRefusal::not_found, 0x0d02},
                                                  {CopyRefusal::conflict, 0x0d01},
                                                  {CopyRefusal::invalid, 0x2600},
                                                  {CopyRefusal::exhausted, 0x5503}};
  copies_.at_once = false;
  for (const auto& [why, asc] : refusals) {
    const Sent& sent = extended_copy(host_, list().build());
    copies_.refuse(copies_.ranges.size() - 1, why);
    EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, asc));
    EXPECT_EQ(sent.task.sense.segment, 0);
  }
}

TEST_F(CopyManager, AnIdentifierInUseIsRefused) {
  copies_.at_once = false;
  const Sent& first = extended_copy(host_, list(7).build());
  EXPECT_TRUE(extended_copy(host_, list(7).build()).failed(SenseKey::illegal_request, 0x0016));
  extended_copy(host_, list(8).build());
  EXPECT_EQ(copies_.ranges.size(), 2u);
  copies_.accept(0);
  copies_.end(0, ScriptedCopies::in_state(CopyState::completed));
  EXPECT_TRUE(first.good());
  extended_copy(host_, list(7).build());
  EXPECT_EQ(copies_.ranges.size(), 3u);
  for (size_t i = 1; i < 3; ++i) copies_.end(i, ScriptedCopies::in_state(CopyState::completed));
}

TEST_F(CopyManager, IdentifiersBelongToTheirNexus) {
  copies_.at_once = false;
  ItNexus& other = attach("iqn.2026-11.test:other");
  extended_copy(host_, list(7).build());
  extended_copy(other, list(7).build());
  EXPECT_EQ(copies_.ranges.size(), 2u);
  for (size_t i = 0; i < 2; ++i) copies_.end(i, ScriptedCopies::in_state(CopyState::completed));
}

TEST_F(CopyManager, ListsWithoutIdentifierDoNotCollide) {
  copies_.at_once = false;
  XcopyBytes bytes = list(0);
  bytes.usage = 3;
  extended_copy(host_, bytes.build());
  extended_copy(host_, bytes.build());
  EXPECT_EQ(copies_.ranges.size(), 2u);
  EXPECT_TRUE(receive_copy(host_, 0x00, 0).failed(SenseKey::illegal_request, 0x2400, 2));
  for (size_t i = 0; i < 2; ++i) copies_.end(i, ScriptedCopies::in_state(CopyState::completed));
}

TEST_F(CopyManager, MoreCopiesAtOnceThanAnnouncedIsBusy) {
  copies_.at_once = false;
  for (uint8_t id = 0; id < CopyRecords::kRunningMax; ++id) extended_copy(host_, list(id).build());
  const Sent& sent = extended_copy(host_, list(200).build());
  EXPECT_TRUE(sent.done);
  EXPECT_EQ(sent.task.status, Status::busy);
  for (size_t i = 0; i < CopyRecords::kRunningMax; ++i)
    copies_.end(i, ScriptedCopies::in_state(CopyState::completed));
  EXPECT_TRUE([&] {
    copies_.at_once = true;
    return extended_copy(host_, list(200).build()).good();
  }());
}

TEST_F(CopyManager, AbortTaskCancelsTheCopyAndWaitsForItsEnd) {
  copies_.at_once = false;
  const Sent& sent = extended_copy(host_, list().build());
  copies_.accept(0);
  abort(host_, sent);
  executor_.run(TimePoint::max());
  EXPECT_EQ(copies_.cancelled, std::vector<uint64_t>{ScriptedCopies::id_of(0)});
  EXPECT_FALSE(sent.done);
  EXPECT_EQ(aborts_answered_, 0);
  copies_.end(0, ScriptedCopies::in_state(CopyState::cancelled));
  executor_.run(TimePoint::max());
  EXPECT_TRUE(sent.done);
  EXPECT_TRUE(sent.task.aborted);
  EXPECT_EQ(aborts_answered_, 1);
}

TEST_F(CopyManager, AbortBeforeAcceptanceCancelsAtAcceptance) {
  copies_.at_once = false;
  const Sent& sent = extended_copy(host_, list().build());
  abort(host_, sent);
  EXPECT_TRUE(copies_.cancelled.empty());
  copies_.accept(0);
  EXPECT_EQ(copies_.cancelled.size(), 1u);
  copies_.end(0, ScriptedCopies::in_state(CopyState::cancelled));
  EXPECT_TRUE(sent.task.aborted);
}

TEST_F(CopyManager, AbortEndsWithARefusedOrder) {
  copies_.at_once = false;
  const Sent& sent = extended_copy(host_, list().build());
  abort(host_, sent);
  copies_.refuse(0, CopyRefusal::conflict);
  EXPECT_TRUE(sent.done);
  EXPECT_TRUE(sent.task.aborted);
}

TEST_F(CopyManager, AnAbortedListOrdersNothingMore) {
  copies_.at_once = false;
  XcopyBytes bytes = list();
  bytes.add_blocks(1, 0, 0, 100, 8);
  const Sent& sent = extended_copy(host_, bytes.build());
  copies_.accept(0);
  abort(host_, sent);
  copies_.end(0, ScriptedCopies::in_state(CopyState::completed));  // it was quicker
  EXPECT_EQ(copies_.ranges.size(), 1u);
  EXPECT_TRUE(sent.task.aborted);
}

TEST_F(CopyManager, NexusLossEndsTheForegroundCopy) {
  copies_.at_once = false;
  const Sent& sent = extended_copy(host_, list().build());
  copies_.accept(0);
  bool detached = false;
  device_.detach(host_, [&] { detached = true; });
  executor_.run(TimePoint::max());
  EXPECT_EQ(copies_.cancelled.size(), 1u);
  EXPECT_FALSE(detached);
  copies_.end(0, ScriptedCopies::in_state(CopyState::cancelled));
  executor_.run(TimePoint::max());
  EXPECT_TRUE(sent.done);
  EXPECT_TRUE(detached);
}

TEST_F(CopyManager, AnswersThatComeLateAreIgnored) {
  copies_.at_once = false;
  const Sent& sent = extended_copy(host_, list().build());
  copies_.accept(0);
  copies_.end(0, ScriptedCopies::in_state(CopyState::completed));
  EXPECT_TRUE(sent.good());
  copies_.end(0, ScriptedCopies::in_state(CopyState::failed));
  copies_.accept(0);
  EXPECT_TRUE(sent.good());
}

TEST_F(CopyManager, UnitsWithoutCopyServiceDoNotKnowTheCommand) {
  unit(2, "plain", {.copies = false});
  ItNexus& host = attach();
  EXPECT_TRUE(extended_copy(host, list().build(), 2).failed(SenseKey::illegal_request, 0x2000, 0));
}

}  // namespace
}  // namespace tidemark::scsi
