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
