// What outlives the engine: copies with a journal, over a restart of the process or of the machine.
#include <gtest/gtest.h>

#include <cstring>

#include "copyengine/copy_session.h"
#include "tests/copyengine/resume_fixture.h"

namespace tidemark::copyengine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using storage::Errc;
using storage::Verb;
using storage::VolumeIo;
using test::SimIo;
using test::SimVolume;

TEST_F(ResumeTest, ResumedMeansT0) {
  for (const Release release : {Release::written, Release::durable}) {
    const uint64_t id = start(guarding_only(release));
    const uint64_t t0 = get(id).t0_unix_ns;
    ASSERT_TRUE(write(kFar, 5000, 0xaa));
    ASSERT_TRUE(write(kFar + kGrain * 3, 512, 0xbb));
    crash(release == Release::durable ? Crash::power : Crash::process);
    const auto end = restart(id);
    ASSERT_FALSE(end) << end->text;
    EXPECT_TRUE(process_->copy.host_write_protected(0)) << "before anything else runs";
    run();
    EXPECT_EQ(get(id).t0_unix_ns, t0);
    EXPECT_EQ(get(id).resumed, 1u);
    ASSERT_TRUE(write(kFar + kGrain * 6, 512, 0xcc));
    act(id, CopyVerb::cancel);
    run(seconds(2));
  }
}

TEST_F(ResumeTest, WhatWasOwedIsGuardedFromTheFirstWriteOn) {
  CopyRequest wanted = request();
  wanted.rate_limit = kMiB;
  const uint64_t id = start(wanted);
  act(id, CopyVerb::pause);
  crash(Crash::process);
  ASSERT_FALSE(restart(id));
  // Before the engine has had a moment to do anything.
  SimIo early(Verb::write, {kBytes - 512, 512}, 0xdd);
  early.submit(executor_, process_->source);
  run();
  EXPECT_TRUE(early.ok());
  act(id, CopyVerb::resume);
  EXPECT_EQ(run_to_end(id), CopyState::completed);
  EXPECT_TRUE(equals_t0());
}

TEST_F(ResumeTest, ACopyInterruptedAgainAndAgainCompletes) {
  CopyRequest wanted = request(Release::durable);
  wanted.rate_limit = kMiB;
  const uint64_t id = start(wanted);
  for (unsigned round = 0; round < 5; ++round) {
    ASSERT_TRUE(write(round * 100000 / 512 * 512, 3 * kGrain, static_cast<uint8_t>(0xa0 + round)));
    run(milliseconds(150));
    crash(round % 2 == 0 ? Crash::process : Crash::power);
    const auto end = restart(id);
    ASSERT_FALSE(end) << end->text;
  }
  EXPECT_EQ(run_to_end(id), CopyState::completed);
  EXPECT_EQ(get(id).resumed, 5u);
  EXPECT_TRUE(equals_t0());
}

// Of a grain that two ranges share, one range's copy must not make a restart forget what the store
// holds for the other.
TEST_F(ResumeTest, ASharedGrainIsNotCopiedBeforeBothItsRangesAre) {
  for (const Release release : {Release::written, Release::durable}) {
    constexpr uint64_t kMiddle = kGrain + kGrain / 2;
    CopyRequest wanted = guarding_only(release);
    wanted.ranges = {{0, 0, kMiddle}, {kMiddle, kFar, kMiddle}};
    const uint64_t id = start(wanted);
    run(2 * CopySession::kRecordPause);  // the first range is copied, and on record as that
    ASSERT_TRUE(write(kMiddle, 512, 0xaa));
    crash(Crash::process);
    ASSERT_FALSE(restart(id));
    CopyChange fast;
    fast.rate_limit = 0;
    process_->engine.set(id, fast, [](const Result<CopyStatus>&) {});
    EXPECT_EQ(run_to_end(id), CopyState::completed);
    const auto same = [this](uint64_t from, uint64_t to) {
      return std::memcmp(image_.data() + from, copy_.bytes().data() + to, kMiddle) == 0;
    };
    EXPECT_TRUE(same(0, 0));
    EXPECT_TRUE(same(kMiddle, kFar));
    run(seconds(2));
  }
}

TEST_F(ResumeTest, WhatIsCopiedIsNotCopiedAgain) {
  CopyRequest wanted = request(Release::written);
  wanted.rate_limit = kMiB;
  const uint64_t id = start(wanted);
  run(milliseconds(500));
  const uint64_t done = get(id).bytes_done;
  ASSERT_GT(done, 100 * kKiB);
  ASSERT_TRUE(write(0, kGrain, 0xee)) << "over what is copied";
  EXPECT_EQ(get(id).bytes_preserved, 0u);
  crash(Crash::process);
  ASSERT_FALSE(restart(id));
  const uint64_t writes = copy_.writes();
  EXPECT_EQ(run_to_end(id), CopyState::completed);
  EXPECT_TRUE(equals_t0());
  EXPECT_LE((copy_.writes() - writes) * 64 * kKiB, kBytes - done + 64 * kKiB);
}

TEST_F(ResumeTest, NoOverwriteOfAnUnrecordedCopy) {
  CopyRequest paced = request();
  paced.rate_limit = kMiB;
  const uint64_t id = start(paced);
  // From here on the journal does not answer: what is copied next is not on record.
  files_.journal(id).decide([](const VolumeIo&) { return SimVolume::Fate{.hang = true}; }, &hung_);
  const uint64_t writes = copy_.writes();
  run(milliseconds(300));
  ASSERT_GT(copy_.writes(), writes + 1);
  SimIo io(Verb::write, {128 * kKiB, 512}, 0xaa);  // copied meanwhile
  io.submit(executor_, process_->source);
  run(seconds(1));
  EXPECT_EQ(io.ends, 0u);
  EXPECT_EQ(get(id).held_now, 1u);
  files_.journal(id).decide(nullptr, nullptr);
  hung_.let_go();
  run();
  EXPECT_TRUE(io.ok());
  EXPECT_EQ(get(id).bytes_preserved, 0u) << "it was copied, and that is on record now";
}

TEST_F(ResumeTest, ADurableCopysWritesNeverWaitForTheDestination) {
  CopyRequest paced = request(Release::durable);
  paced.rate_limit = kMiB;
  const uint64_t id = start(paced);
  copy_.decide([](const VolumeIo& io) { return SimVolume::Fate{.hang = io.verb == Verb::flush}; },
               &hung_);
  run(milliseconds(1500));
  ASSERT_TRUE(write(0, 512, 0xaa)) << "copied, but not flushed";
  EXPECT_EQ(get(id).bytes_preserved, kGrain);
  copy_.decide(nullptr, nullptr);
  hung_.let_go();
  EXPECT_EQ(run_to_end(id), CopyState::completed);
  EXPECT_TRUE(equals_t0());
}

TEST_F(ResumeTest, FlushedBeforeVouched) {
  for (const Release release : {Release::written, Release::durable}) {
    const uint64_t id = start(guarding_only(release));
    std::vector<std::string> order;
    const auto note = [&](SimVolume& volume, const std::string& name) {
      volume.decide(
          [&order, name](const VolumeIo& io) {
            order.push_back(name + (io.verb == Verb::flush ? " flush" : " write"));
            return SimVolume::Fate{};
          },
          nullptr);
    };
    note(files_.store(id), "store");
    note(files_.journal(id), "journal");
    source_.decide(
        [&order](const VolumeIo& io) {
          if (changes_medium(io.verb)) order.push_back("host");
          return SimVolume::Fate{};
        },
        nullptr);
    ASSERT_TRUE(write(kFar, 512, 0xaa));
    const std::vector<std::string> written{"store write", "journal write", "host"};
    const std::vector<std::string> durable{"store write", "store flush", "journal write",
                                           "journal flush", "host"};
    EXPECT_EQ(order, release == Release::durable ? durable : written);
    source_.decide(nullptr, nullptr);
    files_.store(id).decide(nullptr, nullptr);
    files_.journal(id).decide(nullptr, nullptr);
    act(id, CopyVerb::cancel);
    run(seconds(2));
  }
}

TEST_F(ResumeTest, APausedCopyResumesPaused) {
  CopyRequest wanted = request();
  wanted.rate_limit = kMiB;
  const uint64_t id = start(wanted);
  ASSERT_TRUE(act(id, CopyVerb::pause));
  run();
  crash(Crash::process);
  ASSERT_FALSE(restart(id));
  run(seconds(5));
  EXPECT_EQ(get(id).state, CopyState::paused);
  ASSERT_TRUE(act(id, CopyVerb::resume));
  EXPECT_EQ(run_to_end(id), CopyState::completed);
  EXPECT_TRUE(equals_t0());
}

TEST_F(ResumeTest, WrittenDoesNotOutliveTheMachine) {
  const uint64_t id = start(guarding_only(Release::written));
  crash(Crash::power);
  const auto end = restart(id);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->state, CopyState::broken);
  EXPECT_NE(end->text.find("machine went down"), std::string::npos);
}

TEST_F(ResumeTest, AfterAStopInOrderWrittenOutlivesTheMachineToo) {
  const uint64_t id = start(guarding_only(Release::written));
  ASSERT_TRUE(write(kFar, 512, 0xaa));
  stop();
  crash(Crash::power);
  const auto end = restart(id);
  ASSERT_FALSE(end) << end->text;
  run();
  // And if the power fails at once, nothing has been overwritten since.
  stop();
  crash(Crash::power);
  ASSERT_FALSE(restart(id));
}

TEST_F(ResumeTest, AStopInOrderLosesNothing) {
  CopyRequest wanted = request(Release::written);
  wanted.rate_limit = kMiB;
  const uint64_t id = start(wanted);
  ASSERT_TRUE(write(kFar, 3 * kGrain, 0xaa));
  run(milliseconds(200));
  stop();
  crash(Crash::process);
  ASSERT_FALSE(restart(id));
  EXPECT_EQ(run_to_end(id), CopyState::completed);
  EXPECT_TRUE(equals_t0());
}

TEST_F(ResumeTest, RamEndsWithTheProcess) {
  const uint64_t id = start(guarding_only(Release::ram));
  process_->engine.stop_copying([] {});
  run(seconds(1));
  EXPECT_EQ(get(id).state, CopyState::cancelled);
  EXPECT_NE(get(id).error_text.find("does not outlive"), std::string::npos);
}

TEST_F(ResumeTest, AMissingOrOtherVolumeBreaksTheCopy) {
  const uint64_t id = start(guarding_only());
  crash(Crash::process);
  serve_source_ = false;
  const auto end = restart(id);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->party, "source");
  EXPECT_EQ(end->text, "volume 'source' is not there any more");

  JournalState state;
  state.t0_unix_ns = 1;
  state.header.source = {"a", kBytes};
  state.header.destination = {"b", kBytes};
  storage::VolumeTraits source, destination;
  source.identity = "a";
  destination.identity = "b";
  source.bytes = destination.bytes = kBytes;
  state.header.request.destination = "to";
  const auto check = [&] {
    return end_of_left_copy(
        state, "", [&](const std::string& name) { return name == "to" ? &destination : &source; });
  };
  EXPECT_FALSE(check());
  destination.identity = "c";
  EXPECT_EQ(check()->party, "destination");
  destination.identity = "b";
  source.bytes = 512;
  EXPECT_EQ(check()->party, "source");
  source.bytes = kBytes;
  destination.read_only = true;
  EXPECT_EQ(check()->party, "destination");
  destination.read_only = false;
  state.header.source.identity = "";
  EXPECT_NE(check()->text.find("memory"), std::string::npos);
}

TEST_F(ResumeTest, ABeginTimeThatIsNotOnRecordIsNone) {
  process_->engine.start(guarding_only(), [](Result<CopyStatus>) {});
  for (int i = 0; i < 1000 && !files_.has(1); ++i) executor_.run_steps(1);
  for (int i = 0; i < 1000; ++i) {
    if (const auto found = files_.read_journal(1); found) break;
    executor_.run_steps(1);
  }
  crash(Crash::process);
  const auto end = restart(1);
  ASSERT_TRUE(end);
  EXPECT_NE(end->text.find("begin time"), std::string::npos);
}

TEST_F(ResumeTest, TheActiveSegmentKeepsItsBeginTime) {
  CopyRequest wanted = request();
  wanted.consistency = Consistency::segment;
  wanted.rate_limit = 512 * kKiB;
  const uint64_t id = start(wanted);
  run(milliseconds(600));  // in the second segment
  ASSERT_EQ(get(id).segments_done, 1u);
  const uint64_t at = 256 * kKiB + 200 * kKiB;
  ASSERT_TRUE(write(at, kGrain, 0xaa));
  ASSERT_TRUE(write(kFar + 200 * kKiB, kGrain, 0xbb)) << "in a segment that has not begun";
  std::memset(image_.data() + kFar + 200 * kKiB, 0xbb, kGrain);
  crash(Crash::process);
  ASSERT_FALSE(restart(id));
  EXPECT_EQ(run_to_end(id), CopyState::completed);
  EXPECT_TRUE(equals_t0());
  EXPECT_EQ(get(id).segments_done, 4u);
}

}  // namespace
}  // namespace tidemark::copyengine
