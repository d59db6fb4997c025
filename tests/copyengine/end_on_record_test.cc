// The end of a copy that a restart could take up again: on record before anybody relies on it.
#include <gtest/gtest.h>

#include "copyengine/copy_job.h"
#include "tests/copyengine/resume_fixture.h"

namespace tidemark::copyengine {
namespace {

class EndOnRecord : public ResumeTest {};

using std::chrono::milliseconds;
using std::chrono::seconds;
using storage::Errc;
using storage::Verb;
using storage::VolumeIo;
using test::SimIo;
using test::SimVolume;

TEST_F(EndOnRecord, BrokenIsSaid) {
  for (const bool ledger_fails : {false, true}) {
    const uint64_t id = start(guarding_only());
    bool said = false;
    unsigned unsaid_writes = 0;
    files_.store(id).decide(
        [](const VolumeIo&) { return SimVolume::Fate{.error = Errc::no_space}; }, nullptr);
    ledger_.fails = ledger_fails;
    source_.decide(
        [&](const VolumeIo& io) {
          if (!changes_medium(io.verb)) return SimVolume::Fate{};
          const auto found = files_.read_journal(id);
          said = ledger_.kept[id].state == CopyState::broken ||
                 (found && found.value().state.ended.has_value());
          unsaid_writes += !said;
          return SimVolume::Fate{};
        },
        nullptr);
    ASSERT_TRUE(write(kFar, 512, 0xaa));
    EXPECT_TRUE(said);
    EXPECT_EQ(unsaid_writes, 0u);
    EXPECT_EQ(get(id).state, CopyState::broken);
    EXPECT_EQ(get(id).error_party, "store");
    source_.decide(nullptr, nullptr);
    run(seconds(2));
    if (!ledger_fails) continue;
    crash(Crash::process);
    const auto end = restart(id);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->state, CopyState::broken);
    EXPECT_EQ(end->party, "store");
  }
}

TEST_F(EndOnRecord, CancelledIsSaidBeforeHostsAreLetGo) {
  const uint64_t id = start(guarding_only());
  ledger_.fails = true;
  act(id, CopyVerb::cancel);
  ASSERT_TRUE(write(kFar, 512, 0xaa));
  crash(Crash::process);
  const auto end = restart(id);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->state, CopyState::cancelled);
}

TEST_F(EndOnRecord, FilesGoWithTheCopy) {
  CopyRequest wanted = request();
  wanted.rate_limit = kMiB;
  const uint64_t id = start(wanted);
  EXPECT_TRUE(files_.has(id));
  EXPECT_EQ(run_to_end(id), CopyState::completed);
  run();
  EXPECT_FALSE(files_.has(id));
}

TEST_F(EndOnRecord, AJournalThatFailsBreaksTheCopyAndNoHost) {
  const uint64_t id = start(guarding_only());
  files_.journal(id).decide(
      [](const VolumeIo&) { return SimVolume::Fate{.error = Errc::medium_write}; }, nullptr);
  ASSERT_TRUE(write(kFar, 512, 0xaa));
  EXPECT_EQ(get(id).state, CopyState::broken);
  EXPECT_EQ(get(id).error_party, "journal");
}

TEST_F(EndOnRecord, AJournalThatHangsHoldsNoHostLongerThanItsDeadline) {
  const uint64_t id = start(guarding_only());
  files_.journal(id).decide([](const VolumeIo&) { return SimVolume::Fate{.hang = true}; }, &hung_);
  SimIo io(Verb::write, {kFar, 512}, 0xaa);
  io.submit(executor_, process_->source);
  run(request().hold_deadline + milliseconds(100));
  EXPECT_TRUE(io.ok());
  EXPECT_EQ(get(id).state, CopyState::broken);
}

// Neither the journal nor the copy's file can be written: a crash now would let the next process go
// on with the copy, and that must find its source and its destination as they were.
TEST_F(EndOnRecord, NobodyIsLetGoBeforeTheEndIsOnRecord) {
  for (const bool cancelled : {true, false}) {  // or broken, by the deadline of a held write
    const uint64_t id = start(guarding_only());
    files_.journal(id).decide([](const VolumeIo&) { return SimVolume::Fate{.hang = true}; },
                              &hung_);
    ledger_.fails = true;
    SimIo held(Verb::write, {kFar, 512}, 0xaa);
    held.submit(executor_, process_->source);
    if (cancelled) act(id, CopyVerb::cancel);
    run(seconds(60));
    EXPECT_EQ(held.ends, 0u);
    EXPECT_TRUE(ended(get(id).state));
    SimIo onto_destination(Verb::write, {kFar, 512}, 0xbb);
    onto_destination.submit(executor_, process_->copy);
    run();
    EXPECT_EQ(onto_destination.io.error, Errc::write_protected);
    SimIo settled(Verb::write, {0, 512}, 0xcc);
    settled.submit(executor_, process_->source);
    run();
    EXPECT_TRUE(settled.ok()) << "what is copied is nobody's concern";

    crash(Crash::process);
    files_.journal(id).decide(nullptr, nullptr);
    ASSERT_FALSE(restart(id));
    CopyChange fast;
    fast.rate_limit = 0;
    process_->engine.set(id, fast, [](Result<CopyStatus>) {});
    EXPECT_EQ(run_to_end(id), CopyState::completed);
    EXPECT_TRUE(equals_t0());
    run(seconds(2));
  }
}

TEST_F(EndOnRecord, AnEndThatCouldNotBeRecordedIsTriedAgain) {
  const uint64_t id = start(guarding_only());
  files_.journal(id).decide(
      [](const VolumeIo&) { return SimVolume::Fate{.error = Errc::medium_write}; }, nullptr);
  ledger_.fails = true;
  SimIo held(Verb::write, {kFar, 512}, 0xaa);
  held.submit(executor_, process_->source);
  act(id, CopyVerb::cancel);
  run(seconds(10));
  EXPECT_EQ(held.ends, 0u);
  EXPECT_FALSE(get(id).at_rest);
  ledger_.fails = false;
  run(CopyJob::kRecordAgain);
  EXPECT_TRUE(held.ok());
  run(seconds(1));
  EXPECT_TRUE(get(id).at_rest);
  EXPECT_FALSE(process_->copy.host_write_protected(0));
}

TEST_F(EndOnRecord, AHeldWriteCanBeTakenBackWhileTheEndIsNotOnRecord) {
  const uint64_t id = start(guarding_only());
  files_.journal(id).decide([](const VolumeIo&) { return SimVolume::Fate{.hang = true}; }, &hung_);
  ledger_.fails = true;
  SimIo held(Verb::write, {kFar, 512}, 0xaa);
  held.submit(executor_, process_->source);
  act(id, CopyVerb::cancel);
  run(seconds(10));
  process_->source.cancel(held.io);
  run();
  EXPECT_EQ(held.io.error, Errc::cancelled);
}

// A restart would find all of it copied, and leave source and destination alone.
TEST_F(EndOnRecord, CompletedNeedNotBeOnRecord) {
  constexpr uint64_t kMiddle = kFar + kGrain / 2;  // in a grain that both ranges share
  for (const Release release : {Release::written, Release::durable}) {
    CopyRequest wanted = request(release);
    wanted.ranges = {{0, 0, kMiddle}, {kMiddle, kMiddle, kBytes - kMiddle}};
    wanted.origin = Origin::vendor;  // which has its ranges as they are
    wanted.rate_limit = 4 * kMiB;
    const uint64_t id = start(wanted);
    ledger_.fails = true;
    bool hangs = false;
    unsigned flushes = 0;
    copy_.decide(
        [&](const VolumeIo& io) {
          // With the last one all has been copied; with "durable" there is one for the records.
          flushes += io.verb == Verb::flush;
          hangs |= flushes == (release == Release::durable ? 2 : 1);
          return SimVolume::Fate{};
        },
        nullptr);
    files_.journal(id).decide([&](const VolumeIo&) { return SimVolume::Fate{.hang = hangs}; },
                              &hung_);
    EXPECT_EQ(run_to_end(id), CopyState::completed);
    ASSERT_TRUE(write(kMiddle, 512, 0xaa));
    SimIo onto_destination(Verb::write, {0, 512}, 0xbb);
    onto_destination.submit(executor_, process_->copy);
    run();
    EXPECT_TRUE(onto_destination.ok());
    const std::vector<uint8_t> left = copy_.bytes();
    crash(Crash::process);
    hangs = false;
    // What hung at the crash may have been written.
    const auto end = restart(id);
    EXPECT_EQ(end ? end->state : run_to_end(id), CopyState::completed);
    EXPECT_TRUE(copy_.bytes() == left);
    copy_.decide(nullptr, nullptr);
    files_.has(id) ? files_.journal(id).decide(nullptr, nullptr) : void();
    run(seconds(2));
  }
}

}  // namespace
}  // namespace tidemark::copyengine
