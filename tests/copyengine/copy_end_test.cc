// How copies end, and what of them is still under way then.
#include "tests/copyengine/copy_fixture.h"

namespace tidemark::copyengine {
namespace {

using storage::Errc;
using storage::Verb;
using storage::VolumeIo;
using test::SimIo;
using test::SimVolume;

class CopyEndTest : public CopyFixture {
 protected:
  CopyEndTest() {
    engine_.on_change([this](const CopyStatus& status) { told_ = status; });
  }
  ~CopyEndTest() override {  // while there is someone to tell
    hung_.let_go();
    run(std::chrono::seconds(100));
  }
  void hang(ServedSim& volume, Verb verb) {
    volume.medium.decide(
        [verb](const VolumeIo& io) {
          return SimVolume::Fate{.hang = io.internal && io.verb == verb};
        },
        &hung_);
  }
  static CopyRequest in_band() {
    CopyRequest request = CopyFixture::request();
    request.protect_destination = false;
    request.origin = Origin::xcopy;
    request.ranges = {{0, 0, kBytes}};
    return request;
  }

  CopyStatus told_;
};

TEST_F(CopyEndTest, ItIsAtRestOnlyWhenItsLastWriteHasComeBack) {
  hang(copy_, Verb::write);
  const uint64_t id = start(in_band()).id;
  ASSERT_TRUE(act(id, CopyVerb::cancel));
  EXPECT_EQ(told_.state, CopyState::cancelled) << "at once";
  EXPECT_FALSE(told_.at_rest);
  hung_.let_go();
  run();
  EXPECT_EQ(told_.state, CopyState::cancelled);
  EXPECT_TRUE(told_.at_rest);
  EXPECT_TRUE(get(id).at_rest);
}

TEST_F(CopyEndTest, ShutDownWaitsForWhatTheCopierHasUnderWay) {
  hang(copy_, Verb::write);
  start(request());
  bool down = false;
  engine_.shut_down([&] { down = true; });
  run(std::chrono::seconds(3));
  EXPECT_FALSE(down) << "the copier's writes are still out there";
  hung_.let_go();
  run();
  EXPECT_TRUE(down);
}

TEST_F(CopyEndTest, ShutDownWaitsForPreserves) {
  store_fate_ = [](const VolumeIo&) { return SimVolume::Fate{.hang = true}; };
  start(guarding_only());
  SimIo write(Verb::write, {kFar, 512}, 2);
  submit(write);
  run();
  bool down = false;
  engine_.shut_down([&] { down = true; });
  run();
  EXPECT_TRUE(write.ok());
  EXPECT_FALSE(down);
  hung_.let_go();
  run();
  EXPECT_TRUE(down);
}

TEST_F(CopyEndTest, ShutDownWaitsForTheFlush) {
  hang(copy_, Verb::flush);
  const uint64_t draining = start(request()).id;
  ASSERT_EQ(get(draining).state, CopyState::draining);
  bool down = false;
  engine_.shut_down([&] { down = true; });
  run();
  EXPECT_FALSE(down);
  hung_.let_go();
  run();
  EXPECT_TRUE(down);
}

TEST_F(CopyEndTest, ANewCopyMayFollowAtOnceAndALateWriteDoesNotHitIt) {
  hang(copy_, Verb::write);
  const uint64_t first = start(request()).id;
  ASSERT_TRUE(act(first, CopyVerb::cancel));
  copy_.medium.decide(nullptr, nullptr);
  CopyRequest unprotected = in_band();
  EXPECT_EQ(refused(unprotected).kind, ErrorKind::conflict) << "nothing would keep the two apart";
  SimIo write(Verb::write, {0, kBytes}, 2);
  submit(write);
  run();
  ASSERT_TRUE(write.ok());
  std::optional<uint64_t> second;
  engine_.start(request(), [&](Result<CopyStatus> result) { second = result.value().id; });
  run();
  EXPECT_FALSE(second) << "it waits for the write of the first";
  hung_.let_go();
  run();
  ASSERT_TRUE(second);
  ASSERT_EQ(run_to_end(*second).state, CopyState::completed);
  EXPECT_EQ(copy_.medium.bytes(), source_.medium.bytes());
}

TEST_F(CopyEndTest, WhenAllIsCopiedNoWriteIsHeldAndNothingCanBreak) {
  // The preserve of a held write hangs while the copier copies everything.
  source_.medium.decide(
      [](const VolumeIo& io) {
        return SimVolume::Fate{.hang = io.internal && io.verb == Verb::read &&
                                       io.extent.length == kGrain};
      },
      &hung_);
  hang(copy_, Verb::flush);
  CopyRequest slow = request();
  slow.rate_limit = kMiB;
  const uint64_t id = start(slow).id;
  SimIo write(Verb::write, {kBytes - 512, 512}, 2);
  submit(write);
  run(std::chrono::milliseconds(1500));
  EXPECT_EQ(get(id).state, CopyState::draining);
  EXPECT_TRUE(write.ok());
  run(std::chrono::seconds(10));
  hung_.let_go();
  EXPECT_EQ(run_to_end(id).state, CopyState::completed);
  EXPECT_EQ(copy_.medium.bytes()[kBytes - 1], 0x11);
}

TEST_F(CopyEndTest, AFenceThatDoesNotDrainUndoesItself) {
  source_.medium.decide([](const VolumeIo& io) { return SimVolume::Fate{.hang = !io.internal}; },
                        &hung_);
  SimIo in_flight(Verb::write, {0, 512}, 2);
  submit(in_flight);
  std::optional<CopyStatus> answer;
  engine_.start(request(), [&](Result<CopyStatus> result) { answer = result.value(); });
  run();
  source_.medium.decide(nullptr, nullptr);
  SimIo waiting(Verb::write, {kFar, 512}, 3);
  submit(waiting);
  run(request().hold_deadline - std::chrono::milliseconds(100));
  EXPECT_FALSE(answer);
  EXPECT_EQ(waiting.ends, 0u) << "it waits at the gate";
  run(std::chrono::milliseconds(200));
  EXPECT_TRUE(waiting.ok());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->state, CopyState::failed);
  EXPECT_EQ(answer->error_party, "source");
  EXPECT_EQ(copy_.medium.writes(), 0u);
  hung_.let_go();
  run();
  EXPECT_TRUE(in_flight.ok());
  EXPECT_EQ(run_to_end(start(request()).id).state, CopyState::completed);
}

TEST_F(CopyEndTest, CancelOpensAFenceAtOnce) {
  source_.medium.decide([](const VolumeIo& io) { return SimVolume::Fate{.hang = !io.internal}; },
                        &hung_);
  SimIo in_flight(Verb::write, {0, 512}, 2);
  submit(in_flight);
  std::optional<CopyStatus> answer;
  engine_.start(request(), [&](Result<CopyStatus> result) { answer = result.value(); });
  run();
  source_.medium.decide(nullptr, nullptr);
  SimIo waiting(Verb::write, {kFar, 512}, 3);
  submit(waiting);
  run();
  EXPECT_EQ(waiting.ends, 0u);
  ASSERT_TRUE(act(1, CopyVerb::cancel));
  run(std::chrono::milliseconds(1));
  EXPECT_TRUE(waiting.ok());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->state, CopyState::cancelled);
  hung_.let_go();
  run();
  EXPECT_FALSE(copy_.gate.host_write_protected(0));
}

TEST_F(CopyEndTest, ASegmentsFenceHasTheSameDeadline) {
  CopyRequest wanted = request();
  wanted.consistency = Consistency::segment;
  wanted.rate_limit = kMiB;  // a segment takes a while
  const uint64_t id = start(wanted).id;
  source_.medium.decide([](const VolumeIo& io) { return SimVolume::Fate{.hang = !io.internal}; },
                        &hung_);
  SimIo in_flight(Verb::write, {300 * kKiB, 512}, 2);  // in the second segment
  submit(in_flight);
  run(std::chrono::seconds(2));
  EXPECT_EQ(get(id).segments_done, 1u);
  source_.medium.decide(nullptr, nullptr);
  SimIo waiting(Verb::write, {400 * kKiB, 512}, 3);
  submit(waiting);
  run(std::chrono::seconds(6));
  EXPECT_TRUE(waiting.ok());
  EXPECT_EQ(get(id).state, CopyState::failed);
  hung_.let_go();
  run();
  EXPECT_TRUE(in_flight.ok());
}

TEST_F(CopyEndTest, TheFirstCopyMayBeTheLastToPassItsBeginTime) {
  copy_.medium.decide([](const VolumeIo& io) { return SimVolume::Fate{.hang = !io.internal}; },
                      &hung_);
  SimIo keeps_it_waiting(Verb::write, {0, 512}, 2);
  keeps_it_waiting.submit(executor_, copy_.gate);
  CopyRequest wanted = guarding_only();
  std::optional<uint64_t> first;
  engine_.start(wanted, [&](Result<CopyStatus> result) { first = result.value().id; });
  run();
  EXPECT_FALSE(first);
  wanted.destination = "small";
  wanted.ranges = {{kFar, 0, kBytes / 2}};
  const uint64_t second = start(wanted).id;
  hung_.let_go();
  run();
  ASSERT_TRUE(first);
  EXPECT_LT(*first, second);
  SimIo write(Verb::write, {kBytes - 512, 512}, 3);
  submit(write);
  run();
  EXPECT_TRUE(write.ok());
  EXPECT_EQ(get(*first).bytes_preserved, kGrain);
  EXPECT_EQ(get(second).bytes_preserved, kGrain);
}

}  // namespace
}  // namespace tidemark::copyengine
