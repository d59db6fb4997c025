#include "tests/copyengine/copy_fixture.h"

namespace tidemark::copyengine {
namespace {

using storage::Errc;
using storage::Extent;
using storage::Verb;
using storage::VolumeIo;
using test::SimIo;
using test::SimVolume;

class WriteGuardTest : public CopyFixture {
 protected:
  /// Every read by the engine hangs: what is held stays held.
  void hang_preserves() {
    source_.medium.decide(
        [](const VolumeIo& io) {
          return SimVolume::Fate{.hang = io.internal && io.verb == Verb::read};
        },
        &hung_);
  }
};

TEST_F(WriteGuardTest, WithoutACopyAWriteGoesStraightToTheVolume) {
  SimIo write(Verb::write, {kFar, 4096}, 2);
  submit(write);
  EXPECT_EQ(source_.medium.in_flight(), 1u);
  run();
  EXPECT_TRUE(write.ok());
}

TEST_F(WriteGuardTest, OldDataFirst) {
  const uint64_t id = start(guarding_only()).id;
  std::vector<std::string> steps;
  source_.medium.decide(
      [&](const VolumeIo& io) {
        steps.push_back(io.verb == Verb::read ? "read old" : "write new");
        return SimVolume::Fate{};
      },
      &hung_);
  store_fate_ = nullptr;
  SimIo write(Verb::write, {kFar, 4096}, 2);
  submit(write);
  run();
  EXPECT_TRUE(write.ok());
  EXPECT_EQ(steps, (std::vector<std::string>{"read old", "write new"}));
  EXPECT_EQ(get(id).bytes_preserved, kGrain);
  EXPECT_EQ(get(id).store_bytes, kGrain);
}

TEST_F(WriteGuardTest, ReleaseWrittenWaitsForTheStoreAndReleaseRamDoesNot) {
  for (const Release release : {Release::written, Release::ram}) {
    store_fate_ = [](const VolumeIo& io) {
      return SimVolume::Fate{.hang = io.verb == Verb::write};
    };
    CopyRequest wanted = guarding_only();
    wanted.release = release;
    const uint64_t id = start(wanted).id;
    SimIo write(Verb::write, {kFar, 4096}, 2);
    submit(write);
    run();
    EXPECT_EQ(write.ends, release == Release::ram ? 1u : 0u);
    ASSERT_TRUE(act(id, CopyVerb::cancel));
    run();
    EXPECT_TRUE(write.ok());
    std::memset(source_.medium.bytes().data(), 0x11, kBytes);
  }
}

TEST_F(WriteGuardTest, SettledPasses) {
  const uint64_t id = start(guarding_only()).id;
  SimIo first(Verb::write, {kFar, 4096}, 2);
  submit(first);
  run();
  const uint64_t seen = get(id).writes_seen;
  SimIo second(Verb::write, {kFar + 8192, 4096}, 3);  // same grain
  submit(second);
  EXPECT_EQ(source_.medium.in_flight(), 1u) << "not delayed";
  run();
  EXPECT_TRUE(second.ok());
  EXPECT_EQ(get(id).writes_seen, seen);
  EXPECT_EQ(get(id).bytes_preserved, kGrain);
}

TEST_F(WriteGuardTest, EveryVerbThatChangesTheMediumIsHeld) {
  hang_preserves();
  const uint64_t id = start(guarding_only()).id;
  SimIo write(Verb::write, {kFar, 512}, 2);
  SimIo zeroes(Verb::write_zeroes, {kFar + 2 * kGrain, 512});
  SimIo unmap(Verb::unmap, {kFar + 4 * kGrain, 512});
  for (SimIo* io : {&write, &zeroes, &unmap}) submit(*io);
  run();
  EXPECT_EQ(get(id).held_now, 3u);
  hung_.let_go();
  source_.medium.decide(nullptr, nullptr);
  run();
  for (SimIo* io : {&write, &zeroes, &unmap}) EXPECT_TRUE(io->ok());
  EXPECT_EQ(get(id).held_total, 3u);
}

TEST_F(WriteGuardTest, ReadsAreNeverHeld) {
  hang_preserves();
  start(guarding_only());
  SimIo write(Verb::write, {kFar, 512}, 2);
  submit(write);
  SimIo read(Verb::read, {kFar, 512});
  submit(read);
  run();
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(read.data[0], 0x11);
  EXPECT_EQ(write.ends, 0u);
  hung_.let_go();
  run();
}

TEST_F(WriteGuardTest, HeldInOrder) {
  // 1 covers grains 0 and 1; 2 and 3 overlap it; all are held. Whatever order their preserves end
  // in, they land 1, 2, 3.
  const uint64_t id = start(guarding_only()).id;
  std::vector<SimIo*> order;
  std::vector<std::unique_ptr<SimIo>> writes;
  for (uint8_t i = 1; i <= 30; ++i) {
    const uint64_t offset = kFar + (i * 7919u % 4) * 4096;
    writes.push_back(std::make_unique<SimIo>(Verb::write, Extent{offset, 2 * kGrain}, i));
    writes.back()->order = &order;
    submit(*writes.back());
  }
  run();
  ASSERT_EQ(order.size(), 30u);
  EXPECT_EQ(get(id).held_total, 30u);
  for (size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], writes[i].get()) << i;
}

TEST_F(WriteGuardTest, HeldWritesToOtherRangesDoNotWaitForEachOther) {
  source_.medium.decide(
      [](const VolumeIo& io) {
        return SimVolume::Fate{.hang = io.internal && io.verb == Verb::read &&
                                       io.extent.offset == kFar};
      },
      &hung_);
  start(guarding_only());
  SimIo stuck(Verb::write, {kFar, 512}, 1);
  SimIo free(Verb::write, {kFar + 8 * kGrain, 512}, 2);
  submit(stuck);
  submit(free);
  run();
  EXPECT_EQ(stuck.ends, 0u);
  EXPECT_TRUE(free.ok());
  hung_.let_go();
  run();
}

TEST_F(WriteGuardTest, AbortedNeverLands) {
  hang_preserves();
  const uint64_t id = start(guarding_only()).id;
  SimIo write(Verb::write, {kFar, 512}, 2);
  SimIo behind(Verb::write, {kFar, 512}, 3);
  submit(write);
  submit(behind);
  run();
  executor_.as(0, [&] { source_.gate.cancel(write.io); });
  run();
  EXPECT_EQ(write.ends, 1u);
  EXPECT_EQ(write.io.error, Errc::cancelled);
  EXPECT_EQ(get(id).held_now, 1u);
  hung_.let_go();
  run();
  EXPECT_TRUE(behind.ok());
  EXPECT_EQ(source_.medium.bytes()[kFar], 3);
  EXPECT_EQ(source_.medium.writes(), 1u);
}

TEST_F(WriteGuardTest, AHoleIsPreservedByAMapBit) {
  SimIo unmap(Verb::unmap, {kFar, 2 * kGrain});
  submit(unmap);
  run();
  const uint64_t id = start(guarding_only()).id;
  source_.medium.decide(
      [](const VolumeIo& io) {
        EXPECT_FALSE(io.internal) << "no I/O is needed";
        return SimVolume::Fate{};
      },
      &hung_);
  SimIo write(Verb::write, {kFar, 512}, 2);
  submit(write);
  run(std::chrono::milliseconds(1));
  EXPECT_TRUE(write.ok());
  EXPECT_EQ(get(id).bytes_preserved, kGrain);
  EXPECT_EQ(get(id).store_bytes, 0u);
}

TEST_F(WriteGuardTest, PreserveErrorBreaksTheCopyAndTheHostGoesOn) {
  store_fate_ = [](const VolumeIo& io) {
    return SimVolume::Fate{.error = io.verb == Verb::write ? Errc::no_space : Errc::ok};
  };
  const uint64_t id = start(guarding_only()).id;
  SimIo write(Verb::write, {kFar, 512}, 2);
  submit(write);
  run();
  EXPECT_TRUE(write.ok());
  const CopyStatus status = get(id);
  EXPECT_EQ(status.state, CopyState::broken);
  EXPECT_EQ(status.error, Errc::no_space);
  EXPECT_EQ(status.error_party, "store");
  EXPECT_EQ(status.error_extent, (Extent{kFar, kGrain}));
}

TEST_F(WriteGuardTest, FailWriteFailsTheWriteAndTheCopyGoesOn) {
  store_fate_ = [](const VolumeIo& io) {
    return SimVolume::Fate{.error = io.verb == Verb::write ? Errc::no_space : Errc::ok};
  };
  CopyRequest wanted = guarding_only();
  wanted.on_preserve_error = OnPreserveError::fail_write;
  const uint64_t id = start(wanted).id;
  SimIo write(Verb::write, {kFar, 512}, 2);
  submit(write);
  run();
  EXPECT_EQ(write.ends, 1u);
  EXPECT_EQ(write.io.error, Errc::preserve_failed);
  EXPECT_EQ(source_.medium.bytes()[kFar], 0x11);
  EXPECT_EQ(get(id).state, CopyState::copying);
  EXPECT_EQ(get(id).writes_failed, 1u);
}

TEST_F(WriteGuardTest, NoHostWaitsLongerThanTheDeadline) {
  hang_preserves();
  const uint64_t id = start(guarding_only()).id;
  SimIo write(Verb::write, {kFar, 512}, 2);
  submit(write);
  run(std::chrono::milliseconds(4900));
  EXPECT_EQ(write.ends, 0u);
  run(std::chrono::milliseconds(300));
  EXPECT_TRUE(write.ok());
  EXPECT_EQ(get(id).state, CopyState::broken);
  hung_.let_go();
  run();
}

TEST_F(WriteGuardTest, WhoWaitsForTheMediumIsNotHeldByTheCopy) {
  // The first write has gone on and hangs at the medium; the second, behind it, wants nothing that
  // the copy does not have.
  source_.medium.decide([](const VolumeIo& io) { return SimVolume::Fate{.hang = !io.internal}; },
                        &hung_);
  for (const OnPreserveError policy : {OnPreserveError::break_copy, OnPreserveError::fail_write}) {
    CopyRequest wanted = guarding_only();
    wanted.on_preserve_error = policy;
    const uint64_t id = start(wanted).id;
    SimIo first(Verb::write, {kFar, 512}, 2);
    SimIo second(Verb::write, {kFar, 512}, 3);
    submit(first);
    submit(second);
    run(std::chrono::seconds(20));
    EXPECT_EQ(get(id).state, CopyState::copying);
    EXPECT_EQ(second.ends, 0u);
    hung_.let_go();
    run();
    hung_.let_go();
    run();
    EXPECT_TRUE(first.ok());
    EXPECT_TRUE(second.ok());
    ASSERT_TRUE(act(id, CopyVerb::cancel));
    run();
  }
}

TEST_F(WriteGuardTest, ACoresOwnListIsAllThatIsAskedWhenNoCopyRuns) {
  const uint64_t id = start(guarding_only()).id;
  ASSERT_TRUE(act(id, CopyVerb::cancel));
  run();
  SimIo write(Verb::write, {kFar, 512}, 2);
  submit(write);
  EXPECT_EQ(source_.medium.in_flight(), 1u);
  run();
  EXPECT_TRUE(write.ok());
}

}  // namespace
}  // namespace tidemark::copyengine
