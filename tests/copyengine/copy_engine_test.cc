#include "copyengine/copy_engine.h"

#include "tests/copyengine/copy_fixture.h"

namespace tidemark::copyengine {
namespace {

using storage::Errc;
using storage::Extent;
using storage::Verb;
using storage::VolumeIo;
using test::SimIo;
using test::SimVolume;

class CopyEngineTest : public CopyFixture {};

TEST_F(CopyEngineTest, CopiesEveryBlock) {
  for (size_t i = 0; i < kBytes; ++i) source_.medium.bytes()[i] = static_cast<uint8_t>(i * 31 >> 7);
  const CopyStatus done = run_to_end(start(request()).id);
  EXPECT_EQ(done.state, CopyState::completed);
  EXPECT_EQ(done.bytes_done, kBytes);
  EXPECT_EQ(done.segments_done, 4u);
  EXPECT_EQ(copy_.medium.bytes(), source_.medium.bytes());
  EXPECT_EQ(get(done.id).held_total, 0u);
}

TEST_F(CopyEngineTest, HolesAreNotMoved) {
  SimIo unmap(Verb::unmap, {0, kBytes / 2});
  submit(unmap);
  run();
  std::memset(copy_.medium.bytes().data(), 0x77, kBytes);
  const CopyStatus done = run_to_end(start(request()).id);
  EXPECT_EQ(done.state, CopyState::completed);
  EXPECT_EQ(done.bytes_skipped, kBytes / 2);
  EXPECT_EQ(done.bytes_written, kBytes / 2);
  EXPECT_EQ(copy_.medium.bytes(), source_.medium.bytes());
}

TEST_F(CopyEngineTest, DestinationIsProtectedWhileCopyingAndNotAfter) {
  const uint64_t id = start(guarding_only()).id;
  SimIo write(Verb::write, {0, 512}, 2);
  write.submit(executor_, copy_.gate);
  run();
  EXPECT_EQ(write.io.error, Errc::write_protected);
  ASSERT_TRUE(act(id, CopyVerb::cancel));
  run();
  SimIo after(Verb::write, {0, 512}, 2);
  after.submit(executor_, copy_.gate);
  run();
  EXPECT_TRUE(after.ok());
}

TEST_F(CopyEngineTest, ALateCopierWriteDoesNotHitAHostsData) {
  copy_.medium.decide(
      [](const VolumeIo& io) { return SimVolume::Fate{.hang = io.verb == Verb::write}; }, &hung_);
  const uint64_t id = start(request()).id;
  ASSERT_TRUE(act(id, CopyVerb::cancel));
  EXPECT_EQ(get(id).state, CopyState::cancelled) << "at once, though the destination hangs";
  SimIo write(Verb::write, {0, 512}, 2);
  write.submit(executor_, copy_.gate);
  run();
  EXPECT_EQ(write.io.error, Errc::write_protected) << "the copier's write is still out there";
}

TEST_F(CopyEngineTest, CancelFreesHeldWritesWithin100Milliseconds) {
  store_fate_ = [](const VolumeIo& io) { return SimVolume::Fate{.hang = io.verb == Verb::write}; };
  copy_.medium.decide([](const VolumeIo&) { return SimVolume::Fate{.hang = true}; }, &hung_);
  const uint64_t id = start(request()).id;
  std::vector<std::unique_ptr<SimIo>> writes;
  for (uint64_t i = 0; i < 20; ++i) {
    writes.push_back(std::make_unique<SimIo>(
        Verb::write, storage::Extent{i * 3000 / 512 * 512, 4096}, uint8_t{2}));
    submit(*writes.back());
  }
  run();
  EXPECT_GT(get(id).held_now, 0u);
  const TimePoint asked = executor_.now();
  ASSERT_TRUE(act(id, CopyVerb::cancel));
  executor_.run(asked + std::chrono::milliseconds(100));
  for (const auto& write : writes) EXPECT_TRUE(write->ok());
}

TEST_F(CopyEngineTest, PauseStopsTheCopierAndKeepsTheGuard) {
  const uint64_t id = start(request()).id;
  CopyRequest slow = request();
  ASSERT_EQ(run_to_end(id).state, CopyState::completed);
  slow.rate_limit = 4 * kMiB;
  const uint64_t paused = start(slow).id;
  ASSERT_TRUE(act(paused, CopyVerb::pause));
  EXPECT_EQ(get(paused).state, CopyState::paused);
  run();
  const uint64_t done = get(paused).bytes_done;
  run(std::chrono::seconds(2));
  EXPECT_EQ(get(paused).bytes_done, done);
  SimIo write(Verb::write, {kBytes - 4096, 4096}, 2);
  submit(write);
  run();
  EXPECT_TRUE(write.ok());
  EXPECT_EQ(get(paused).bytes_preserved, kGrain);
  ASSERT_TRUE(act(paused, CopyVerb::resume));
  EXPECT_EQ(run_to_end(paused).state, CopyState::completed);
  EXPECT_EQ(copy_.medium.bytes()[kBytes - 1], 0x11);
}

TEST_F(CopyEngineTest, TheStoresSpaceIsGivenBackAsItIsCopied) {
  CopyRequest slow = request();
  slow.rate_limit = 2 * kMiB;
  const uint64_t id = start(slow).id;
  SimIo write(Verb::write, {kBytes - 4 * kGrain, 4 * kGrain}, 2);
  submit(write);
  run();
  EXPECT_EQ(get(id).store_bytes, 4 * kGrain);
  const CopyStatus done = run_to_end(id);
  EXPECT_EQ(done.state, CopyState::completed);
  EXPECT_EQ(done.store_bytes, 0u);
  EXPECT_EQ(done.bytes_preserved, 4 * kGrain);
}

TEST_F(CopyEngineTest, DestinationErrorFailsTheCopyAndNamesItsParty) {
  copy_.medium.decide(
      [](const VolumeIo& io) {
        return SimVolume::Fate{.error = io.verb == Verb::write ? Errc::no_space : Errc::ok};
      },
      &hung_);
  const CopyStatus done = run_to_end(start(request()).id);
  EXPECT_EQ(done.state, CopyState::failed);
  EXPECT_EQ(done.error, Errc::no_space);
  EXPECT_EQ(done.error_party, "destination");
  EXPECT_EQ(done.error_range, 0u);
}

TEST_F(CopyEngineTest, VerifyReadsBackAllOfTheCopy) {
  std::memset(source_.medium.bytes().data() + kBytes / 4, 0, kBytes / 4);
  std::memset(copy_.medium.bytes().data(), 0x22, kBytes);
  CopyRequest verified = request();
  verified.verify = true;
  const CopyStatus done = run_to_end(start(verified).id);
  EXPECT_EQ(done.state, CopyState::completed);
  EXPECT_EQ(done.bytes_verified, kBytes);
  EXPECT_EQ(done.bytes_mismatched, 0u);
  EXPECT_EQ(done.bytes_zero, kBytes / 4);
  EXPECT_EQ(done.bytes_zero + done.bytes_written, kBytes);
}

TEST_F(CopyEngineTest, WhatIsReadBackDifferentFailsTheCopyAndIsNamed) {
  const Extent damaged{128 * kKiB, 64 * kKiB};
  copy_.medium.decide(
      [&](const VolumeIo& io) {
        if (io.verb == Verb::read && io.extent == damaged)
          copy_.medium.bytes()[damaged.offset + 5000] ^= 1;
        return SimVolume::Fate{};
      },
      nullptr);
  CopyRequest verified = request();
  verified.verify = true;
  const CopyStatus done = run_to_end(start(verified).id);
  EXPECT_EQ(done.state, CopyState::failed);
  EXPECT_EQ(done.error_party, "destination");
  EXPECT_EQ(done.error_extent, damaged);
  EXPECT_EQ(done.mismatches, std::vector<Extent>{damaged});
  EXPECT_EQ(done.bytes_mismatched, damaged.length);
  EXPECT_EQ(done.bytes_verified, kBytes) << "all of it is looked at";
}

TEST_F(CopyEngineTest, WhatRunsCanBeToldToGoFaster) {
  const uint64_t id = start(guarding_only()).id;
  run(std::chrono::seconds(1));
  ASSERT_FALSE(ended(get(id).state));
  std::optional<Result<CopyStatus>> answer;
  engine_.set(id, {.rate_limit = 0, .impact = Impact::max, .latency_budget = {}},
              [&](Result<CopyStatus> result) { answer = std::move(result); });
  run();
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ(answer->value().request.impact, Impact::max);
  EXPECT_EQ(run_to_end(id).state, CopyState::completed);
  engine_.set(id, {.rate_limit = 1, .impact = {}, .latency_budget = {}},
              [&](Result<CopyStatus> result) { answer = std::move(result); });
  run();
  EXPECT_EQ(answer->error().kind, ErrorKind::conflict);
}

TEST_F(CopyEngineTest, TheRateLimitIsKept) {
  CopyRequest limited = request();
  limited.rate_limit = kMiB / 4;
  const TimePoint begun = executor_.now();
  const uint64_t id = start(limited).id;
  TimePoint ended_at{};
  while (ended_at == TimePoint{}) {
    run(std::chrono::milliseconds(50));
    if (ended(get(id).state)) ended_at = executor_.now();
  }
  EXPECT_GE(ended_at - begun, std::chrono::milliseconds(3500));
  EXPECT_LE(ended_at - begun, std::chrono::milliseconds(4500));
}

TEST_F(CopyEngineTest, TheCopierStepsBackWhileWritesAreHeld) {
  engine_.tune({.alone = {256 * kKiB, 3}, .beside_hosts = {64 * kKiB, 1}});
  std::vector<uint64_t> written;  // lengths of what the copier writes; each hangs
  copy_.medium.decide(
      [&](const VolumeIo& io) {
        if (io.verb == Verb::write) written.push_back(io.extent.length);
        return SimVolume::Fate{.hang = io.verb == Verb::write};
      },
      &hung_destination_);
  store_fate_ = [](const VolumeIo& io) { return SimVolume::Fate{.hang = io.verb == Verb::write}; };
  CopyRequest wanted = request();
  wanted.segment_size = kBytes;
  const uint64_t id = start(wanted).id;
  EXPECT_EQ(written, (std::vector<uint64_t>(3, 256 * kKiB))) << "alone, as deep as it may";

  SimIo write(Verb::write, {kBytes - 4096, 4096}, 2);
  submit(write);
  run();
  ASSERT_EQ(get(id).held_now, 1u);
  written.clear();
  hung_destination_.let_go();
  run();
  EXPECT_EQ(written, (std::vector<uint64_t>{64 * kKiB})) << "beside a held write, one small chunk";
  copy_.medium.decide(nullptr, nullptr);
  hung_destination_.let_go();
  hung_.let_go();
  run_to_end(id);
  EXPECT_TRUE(write.ok());
}

TEST_F(CopyEngineTest, SegmentsAreConsistentEachOnItsOwn) {
  CopyRequest wanted = request();
  wanted.consistency = Consistency::segment;
  wanted.rate_limit = 512 * kKiB;
  std::vector<storage::Extent> begun;
  engine_.at_begin_time(
      [&](const CopyStatus&, const storage::Extent& extent) { begun.push_back(extent); });
  const uint64_t id = start(wanted).id;
  // The last segment has not begun: a write to it is not preserved, and is in the copy.
  SimIo write(Verb::write, {kBytes - 4096, 4096}, 2);
  submit(write);
  run();
  EXPECT_TRUE(write.ok());
  EXPECT_EQ(get(id).bytes_preserved, 0u);
  ASSERT_EQ(run_to_end(id).state, CopyState::completed);
  EXPECT_EQ(copy_.medium.bytes()[kBytes - 1], 2);
  EXPECT_EQ(begun.size(), 4u);
}

TEST_F(CopyEngineTest, TheMapTellsWhereEachBlockLies) {
  CopyRequest wanted = guarding_only();
  const uint64_t id = start(wanted).id;
  SimIo write(Verb::write, {kBytes - 4096, 4096}, 2);
  submit(write);
  run();
  std::vector<MapRun> runs;
  engine_.map(id, 0, 100, [&](Result<std::vector<MapRun>> map) { runs = map.value(); });
  run();
  ASSERT_GE(runs.size(), 2u);
  EXPECT_EQ(runs.back().state, GrainState::preserved);
  EXPECT_EQ(runs.back().extent, (storage::Extent{kBytes - kGrain, kGrain}));
}

TEST_F(CopyEngineTest, RefusalsNameTheField) {
  const auto with = [](auto change) {
    CopyRequest bad = request();
    change(bad);
    return bad;
  };
  EXPECT_EQ(refused(with([](auto& r) { r.source = "nil"; })).field, "source");
  EXPECT_EQ(refused(with([](auto& r) { r.source = "nil"; })).kind, ErrorKind::not_found);
  EXPECT_EQ(refused(with([](auto& r) { r.destination = "nil"; })).field, "destination");
  EXPECT_EQ(refused(with([](auto& r) { r.destination = "source"; })).field, "destination");
  EXPECT_EQ(refused(with([](auto& r) { r.destination = "small"; })).field, "destination");
  EXPECT_EQ(refused(with([](auto& r) { r.grain = 3000; })).field, "grain");
  EXPECT_EQ(refused(with([](auto& r) { r.grain = 2048; })).field, "grain");
  EXPECT_EQ(refused(with([](auto& r) { r.grain = 128 * 1024; })).field, "grain");
  EXPECT_EQ(refused(with([](auto& r) { r.segment_size = 1000; })).field, "segment_size");
  EXPECT_EQ(refused(with([](auto& r) { r.segment_size = 65537; })).field, "segment_size");
  EXPECT_EQ(refused(with([](auto& r) { r.ranges = {{0, 0, 0}}; })).field, "ranges[0]");
  EXPECT_EQ(refused(with([](auto& r) {
              r.ranges = {{0, 0, 512}, {kBytes, 0, 512}};
            })).field,
            "ranges[1]");
  EXPECT_EQ(refused(with([](auto& r) {
              r.ranges = {{UINT64_MAX - 511, 0, 1024}};
            })).field,
            "ranges[0]");
  EXPECT_EQ(refused(with([](auto& r) { r.ranges = {{100, 0, 512}}; })).field, "ranges[0]");
  EXPECT_EQ(files_.made(), 0u) << "nothing was begun";
}

TEST_F(CopyEngineTest, ADestinationBelongsToOneCopy) {
  start(guarding_only());
  const Error again = refused(request());
  EXPECT_EQ(again.kind, ErrorKind::conflict);
  EXPECT_EQ(again.field, "destination");
  CopyRequest backwards = request();
  backwards.source = "copy";
  backwards.destination = "source";
  EXPECT_EQ(refused(backwards).field, "source");
}

TEST_F(CopyEngineTest, WhatIsOverCanBeReadButNotChanged) {
  const uint64_t id = run_to_end(start(request()).id).id;
  for (const CopyVerb verb : {CopyVerb::pause, CopyVerb::resume, CopyVerb::cancel}) {
    const auto answer = act(id, verb);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::conflict);
  }
  EXPECT_EQ(act(999, CopyVerb::pause).error().kind, ErrorKind::not_found);
  EXPECT_EQ(get(id).state, CopyState::completed);
}

TEST_F(CopyEngineTest, KnownEndedCopiesKeepTheirIds) {
  CopyStatus old;
  old.id = 41;
  old.state = CopyState::broken;
  engine_.add_ended(old);
  EXPECT_EQ(start(request()).id, 42u);
  EXPECT_EQ(get(41).state, CopyState::broken);
}

TEST_F(CopyEngineTest, OverlappingRangesWithinOneVolumeCopyTheImage) {
  // Copies [0, 512 KiB) one grain further on, in the same volume: the copier overwrites what it has
  // still to read, and the guard keeps it right.
  for (size_t i = 0; i < kBytes; ++i) source_.medium.bytes()[i] = static_cast<uint8_t>(i * 37 >> 9);
  const std::vector<uint8_t> before = source_.medium.bytes();
  CopyRequest shift = request();
  shift.destination = "source";
  shift.protect_destination = false;
  shift.origin = Origin::xcopy;
  shift.ranges = {{0, kGrain, kBytes / 2}};
  ASSERT_EQ(run_to_end(start(shift).id).state, CopyState::completed);
  EXPECT_EQ(std::memcmp(before.data(), source_.medium.bytes().data() + kGrain, kBytes / 2), 0);
}

TEST_F(CopyEngineTest, ShutDownCancelsWhatRuns) {
  const uint64_t id = start(guarding_only()).id;
  bool down = false;
  engine_.shut_down([&] { down = true; });
  run();
  EXPECT_TRUE(down);
  EXPECT_EQ(get(id).state, CopyState::cancelled);
  EXPECT_EQ(refused(request()).kind, ErrorKind::conflict) << "nothing is started any more";
}

TEST_F(CopyEngineTest, InBandRangeCopiesDoNotCrowdOutOthers) {
  const uint64_t kept = run_to_end(start(request()).id).id;
  for (uint64_t i = 0; i < CopyEngine::kEndedKept + 10; ++i) {
    CopyStatus in_band;
    in_band.id = 1000 + i;
    in_band.state = CopyState::completed;
    in_band.request.origin = Origin::xcopy;
    engine_.add_ended(in_band);
  }
  const uint64_t last = run_to_end(start(request()).id).id;
  EXPECT_EQ(get(kept).state, CopyState::completed);
  EXPECT_EQ(get(last).state, CopyState::completed);
  EXPECT_EQ(get(1000).id, 0u) << "the oldest in-band copy has been forgotten";
}

TEST_F(CopyEngineTest, CopiesThatOthersCarryOutAreShownWithItsOwn) {
  const uint64_t own = run_to_end(start(request()).id).id;
  int stops = 0;
  CopyStatus guest;
  guest.request.origin = Origin::token;
  guest.state = CopyState::copying;
  guest.id = engine_.enlist(guest, [&] { ++stops; });
  EXPECT_GT(guest.id, own);
  guest.bytes_done = 4096;
  engine_.update(guest);
  EXPECT_EQ(get(guest.id).bytes_done, 4096u);
  EXPECT_GT(start(request()).id, guest.id);

  std::vector<uint64_t> ids;
  engine_.list([&](const std::vector<CopyStatus>& all) {
    for (const CopyStatus& status : all) ids.push_back(status.id);
  });
  const auto asked = [&](CopyVerb verb) {
    bool good = false;
    engine_.act(guest.id, verb, [&](const Result<CopyStatus>& done) { good = done.ok(); });
    run();
    return good;
  };
  EXPECT_FALSE(asked(CopyVerb::pause));
  EXPECT_EQ(stops, 0);
  EXPECT_TRUE(asked(CopyVerb::cancel));
  EXPECT_EQ(stops, 1);
  EXPECT_EQ(ids.size(), 3u);

  guest.state = CopyState::cancelled;
  engine_.update(guest);
  EXPECT_EQ(get(guest.id).state, CopyState::cancelled);
  EXPECT_TRUE(get(guest.id).at_rest);
  EXPECT_FALSE(asked(CopyVerb::cancel));
  guest.state = CopyState::copying;
  engine_.update(guest);
  EXPECT_EQ(get(guest.id).state, CopyState::cancelled) << "what has ended stays ended";
}

TEST_F(CopyEngineTest, TheRateOfAnEndedCopyIsItsAverage) {
  CopyRequest limited = request();
  limited.rate_limit = kMiB / 2;
  const CopyStatus done = run_to_end(start(limited).id);
  EXPECT_NEAR(done.bytes_per_second, kMiB / 2.0, kMiB / 8.0);
}

}  // namespace
}  // namespace tidemark::copyengine
