#include "copyengine/journal_format.h"

#include <gtest/gtest.h>

#include "copyengine/journal_state.h"

namespace tidemark::copyengine {
namespace {

JournalHeader some_header() {
  JournalHeader header{.copy_id = 7,
                       .started_unix_ns = 1234567890123456789,
                       .resumed = 2,
                       .boot_id = "5f0e",
                       .source = {"inode 12", 64 * kMiB},
                       .destination = {"device 8:16", 128 * kMiB},
                       .request = {}};
  header.request.source = "from";
  header.request.destination = "to";
  header.request.consistency = Consistency::segment;
  header.request.release = Release::durable;
  header.request.on_preserve_error = OnPreserveError::fail_write;
  header.request.origin = Origin::vendor;
  header.request.grain = 8192;
  header.request.rate_limit = 5;
  header.request.initiator = "iqn.2026-01.org.example:host";
  header.request.protect_destination = false;
  header.request.ranges = {{0, 512, 1024}, {4096, 0, 512}};
  return header;
}

Result<JournalState> state_of(const std::vector<std::vector<uint8_t>>& records) {
  std::vector<uint8_t> all;
  for (const auto& record : records) all.insert(all.end(), record.begin(), record.end());
  JournalState state;
  bool whole = false;
  if (auto done = state.apply(all, whole); !done) return done.error();
  return state;
}

TEST(JournalFormat, AFrameIsWholePagesWithItsHeadInFront) {
  const std::vector<uint8_t> records(5000, 0xab);
  const std::vector<uint8_t> frame = make_frame({3, 77}, 9, records);
  ASSERT_EQ(frame.size(), 2 * kJournalPage);
  const auto head = read_frame_head(frame);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->log, (LogName{3, 77}));
  EXPECT_EQ(head->number, 9u);
  EXPECT_TRUE(frame_is_whole(*head, frame));
  const ConstBytes found = records_of(*head, frame);
  EXPECT_TRUE(std::equal(found.begin(), found.end(), records.begin(), records.end()));
  EXPECT_EQ(std::string(frame.begin(), frame.begin() + 4), "TMJ1");
}

TEST(JournalFormat, AChangedBitAnywhereIsSeen) {
  const std::vector<uint8_t> frame = make_frame({3, 77}, 9, std::vector<uint8_t>(100, 0xab));
  for (size_t byte = 0; byte < kFrameHead + 100; ++byte) {
    std::vector<uint8_t> changed = frame;
    changed[byte] ^= 0x10;
    const auto head = read_frame_head(changed);
    EXPECT_FALSE(head && head->frame_bytes() == changed.size() && frame_is_whole(*head, changed))
        << "byte " << byte;
  }
}

TEST(JournalFormat, AHeadThatPromisesTooMuchIsNone) {
  std::vector<uint8_t> frame = make_frame({3, 77}, 9, std::vector<uint8_t>(100, 0xab));
  frame[24] = 0xff;
  EXPECT_FALSE(read_frame_head(frame));
  EXPECT_FALSE(read_frame_head(ConstBytes(frame).first(10)));
  EXPECT_FALSE(read_frame_head({}));
}

TEST(JournalState, TheHeaderComesBackAsItWas) {
  const JournalHeader header = some_header();
  const auto state = state_of({make_header_record(header)});
  ASSERT_TRUE(state) << state.error().message;
  const JournalHeader& found = state.value().header;
  EXPECT_EQ(found.copy_id, header.copy_id);
  EXPECT_EQ(found.started_unix_ns, header.started_unix_ns);
  EXPECT_EQ(found.boot_id, header.boot_id);
  EXPECT_EQ(found.source, header.source);
  EXPECT_EQ(found.destination, header.destination);
  EXPECT_EQ(make_header_record(found), make_header_record(header));
}

TEST(JournalState, FactsAddUpInAnyOrderAndTwice) {
  const auto header = make_header_record(some_header());
  const auto stored = make_run_record(RecordType::stored, {0, 10});
  const auto copied = make_run_record(RecordType::copied, {5, 20});
  const auto zero = make_run_record(RecordType::zero, {30, 31});
  const auto one = state_of({header, stored, copied, zero});
  const auto other = state_of({header, zero, copied, stored, copied, stored});
  ASSERT_TRUE(one && other);
  for (const JournalState* state : {&one.value(), &other.value()}) {
    EXPECT_TRUE(state->stored.contains(Interval{0, 10}));
    EXPECT_TRUE(state->copied.contains(Interval{5, 20}));
    EXPECT_TRUE(state->zero.contains(30));
    EXPECT_EQ(state->stored.interval_count(), 1u);
  }
}

TEST(JournalState, KnowsWhatHappened) {
  const CopyRange segment{4096, 8192, 65536};
  const JournalEnd end{
      CopyState::broken, storage::Errc::no_space, "store", "it was full", {512, 512}};
  const auto state = state_of({make_header_record(some_header()), make_begun_record(77),
                               make_segment_record({0, 0, 512}), make_segment_record(segment),
                               make_paused_record(true), make_ended_record(end)});
  ASSERT_TRUE(state);
  EXPECT_EQ(state.value().t0_unix_ns, 77u);
  ASSERT_TRUE(state.value().segment);
  EXPECT_EQ(state.value().segment->destination_offset, 8192u);
  EXPECT_TRUE(state.value().paused);
  ASSERT_TRUE(state.value().ended);
  EXPECT_EQ(state.value().ended->state, CopyState::broken);
  EXPECT_EQ(state.value().ended->text, "it was full");
  EXPECT_EQ(state.value().ended->extent, (storage::Extent{512, 512}));
}

TEST(JournalState, StoppedCountsOnlyIfNothingFollows) {
  const auto header = make_header_record(some_header());
  const auto stopped = make_record(RecordType::stopped, {});
  EXPECT_TRUE(state_of({header, stopped}).value().stopped);
  EXPECT_FALSE(
      state_of({header, stopped, make_run_record(RecordType::zero, {1, 2})}).value().stopped);
}

TEST(JournalState, WhatItDoesNotKnowIsRefused) {
  const auto header = make_header_record(some_header());
  EXPECT_FALSE(state_of({make_begun_record(1)})) << "no header";
  EXPECT_FALSE(state_of({header, header})) << "two headers";
  EXPECT_FALSE(state_of({header, make_record(static_cast<RecordType>(99), {})}));
  EXPECT_FALSE(state_of({header, make_record(RecordType::begun, {})})) << "too short";
  EXPECT_FALSE(state_of({header, make_record(RecordType::stopped, std::vector<uint8_t>(1))}));
  EXPECT_FALSE(
      state_of({header, make_run_record(RecordType::zero, {~uint64_t{0} - 1, ~uint64_t{0}}),
                make_record(RecordType::zero, std::vector<uint8_t>(16, 0xff))}));
  auto cut = make_begun_record(1);
  cut.pop_back();
  EXPECT_FALSE(state_of({header, cut}));
  auto newer = header;
  newer[kRecordHead + 1] = 2;
  const auto refused = state_of({newer});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("format version 2"), std::string::npos);
}

TEST(JournalState, AnyCutOfAHeaderIsRefused) {
  const auto header = make_header_record(some_header());
  const ConstBytes body = ConstBytes(header).subspan(kRecordHead);
  for (size_t length = 0; length < body.size(); ++length)
    EXPECT_FALSE(state_of({make_record(RecordType::header, body.first(length))})) << length;
}

}  // namespace
}  // namespace tidemark::copyengine
