// Old data that goes straight to its place in the copy: what is saved by it, and what becomes of it
// when the destination is slow or fails.
#include "copyengine/route_chooser.h"
#include "tests/copyengine/copy_fixture.h"

namespace tidemark::copyengine {
namespace {

using std::chrono::milliseconds;
using storage::Errc;
using storage::Verb;
using storage::VolumeIo;
using test::SimIo;
using test::SimVolume;

class RouteTest : public CopyFixture {
 protected:
  static CopyRequest routed(Route route = Route::destination) {
    CopyRequest request = guarding_only();
    request.route = route;
    return request;
  }
  void overwrite(uint64_t grain) {
    SimIo write(Verb::write, {kFar + grain * kGrain, 512}, 0x22);
    submit(write);
    run();
    EXPECT_TRUE(write.ok());
  }
  void expect_copied(uint64_t grain) {
    const auto from = copy_.medium.bytes().begin() + static_cast<ptrdiff_t>(kFar + grain * kGrain);
    EXPECT_EQ(std::count(from, from + kGrain, 0x11), kGrain);
  }
  /// Of writes to the far half, which only old data takes in these tests.
  void destination(SimVolume::Fate fate) {
    copy_.medium.decide(
        [fate](const VolumeIo& io) {
          return io.verb == Verb::write && io.extent.offset >= kFar ? fate : SimVolume::Fate{};
        },
        &hung_destination_);
  }
  void let_it_go_on(uint64_t id) {
    CopyChange fast;
    fast.rate_limit = 0;
    engine_.set(id, fast, [](Result<CopyStatus>) {});
    run();
  }
};

TEST_F(RouteTest, RoutedIsInPlace) {
  const uint64_t id = start(routed()).id;
  for (uint64_t grain = 0; grain < 4; ++grain) overwrite(grain);
  EXPECT_EQ(get(id).bytes_routed, 4 * kGrain);
  EXPECT_EQ(get(id).bytes_preserved, 4 * kGrain);
  EXPECT_EQ(get(id).store_bytes, 0u);
  for (uint64_t grain = 0; grain < 4; ++grain) expect_copied(grain);
  overwrite(1);  // nothing is owed there any more
  EXPECT_EQ(get(id).bytes_routed, 4 * kGrain);
  let_it_go_on(id);
  ASSERT_EQ(run_to_end(id).state, CopyState::completed);
  EXPECT_EQ(std::count(copy_.medium.bytes().begin(), copy_.medium.bytes().end(), 0x11), kBytes);
  EXPECT_EQ(get(id).bytes_done, kBytes);
  EXPECT_EQ(get(id).bytes_written, kBytes - 4 * kGrain) << "what is in place is not copied again";
}

TEST_F(RouteTest, InPlaceWhileTheCopierReadsThere) {
  CopyRequest whole = request();
  whole.route = Route::destination;
  source_.medium.decide(
      [](const VolumeIo& io) {
        return SimVolume::Fate{.hang = io.internal && io.verb == Verb::read &&
                                       io.extent.length > kGrain};
      },
      &hung_);
  const uint64_t id = start(whole).id;  // its first chunks are being read
  SimIo write(Verb::write, {kGrain, 512}, 0x22);
  submit(write);
  run();
  EXPECT_TRUE(write.ok());
  EXPECT_EQ(get(id).bytes_routed, kGrain);
  source_.medium.decide(nullptr, &hung_);
  hung_.let_go();
  ASSERT_EQ(run_to_end(id).state, CopyState::completed);
  EXPECT_EQ(std::count(copy_.medium.bytes().begin(), copy_.medium.bytes().end(), 0x11), kBytes);
}

TEST_F(RouteTest, SpilledNotStuck) {
  const uint64_t id = start(routed()).id;
  destination({.hang = true});
  SimIo write(Verb::write, {kFar, 512}, 0x22);
  submit(write);
  run(milliseconds(40));
  EXPECT_EQ(write.ends, 0u);
  run(milliseconds(40));
  EXPECT_TRUE(write.ok()) << "old data is in the store by now";
  EXPECT_EQ(get(id).bytes_spilled, kGrain);
  EXPECT_EQ(get(id).store_bytes, kGrain);
  overwrite(1);  // the destination is left alone: no wait at all
  EXPECT_EQ(get(id).bytes_spilled, kGrain);
  destination({});
  hung_destination_.let_go();
  let_it_go_on(id);
  ASSERT_EQ(run_to_end(id).state, CopyState::completed);
  EXPECT_EQ(std::count(copy_.medium.bytes().begin(), copy_.medium.bytes().end(), 0x11), kBytes);
}

TEST_F(RouteTest, WhatTheDestinationRefusesGoesToTheStore) {
  for (const Errc error : {Errc::medium_write, Errc::no_space}) {
    const uint64_t id = start(routed()).id;
    destination({.error = error});
    overwrite(error == Errc::no_space ? 0 : 8);
    EXPECT_EQ(get(id).state, CopyState::copying) << "the copier may still have more luck";
    EXPECT_EQ(get(id).bytes_spilled, kGrain);
    EXPECT_EQ(get(id).store_bytes, kGrain);
    ASSERT_TRUE(act(id, CopyVerb::cancel));
    run();
    destination({});
  }
}

// A late write must not land on what a host has written since.
TEST_F(RouteTest, TheDestinationIsHostsOnlyWhenNothingIsOnItsWayThere) {
  const uint64_t id = start(routed()).id;
  destination({.hang = true});
  SimIo write(Verb::write, {kFar, 512}, 0x22);
  submit(write);
  run(milliseconds(80));
  EXPECT_TRUE(write.ok());
  ASSERT_TRUE(act(id, CopyVerb::cancel));
  run();
  EXPECT_FALSE(get(id).at_rest);
  EXPECT_TRUE(copy_.gate.host_write_protected(0));
  hung_destination_.let_go();
  run();
  EXPECT_TRUE(get(id).at_rest);
  EXPECT_FALSE(copy_.gate.host_write_protected(0));
}

TEST_F(RouteTest, WhereRangesOverlapInTheDestinationAllGoesToTheStore) {
  CopyRequest twice = routed();
  twice.ranges = {{0, 0, 64 * kKiB}, {kFar, 32 * kKiB, 64 * kKiB}};
  const uint64_t id = start(twice).id;
  overwrite(1);
  EXPECT_EQ(get(id).bytes_routed, 0u);
}

TEST_F(RouteTest, WhatIsVerifiedIsWrittenByTheCopier) {
  CopyRequest verified = routed();
  verified.verify = true;
  const uint64_t id = start(verified).id;
  overwrite(0);
  EXPECT_EQ(get(id).bytes_routed, 0u);
  EXPECT_EQ(get(id).store_bytes, kGrain);
}

TEST(RouteChooser, AutomaticGoesWhereItIsFasterAndLooksAgain) {
  RouteChooser chooser(Route::automatic);
  const TimePoint now{};
  EXPECT_TRUE(chooser.to_destination(now)) << "nothing is known: it is progress there";
  chooser.took(true, milliseconds(9));
  chooser.took(false, milliseconds(1));
  unsigned there = 0;
  for (unsigned i = 0; i < 10 * RouteChooser::kProbe; ++i) there += chooser.to_destination(now);
  EXPECT_EQ(there, 10u);
  for (int i = 0; i < 50; ++i) chooser.took(false, milliseconds(20));
  there = 0;
  for (unsigned i = 0; i < 10 * RouteChooser::kProbe; ++i) there += chooser.to_destination(now);
  EXPECT_EQ(there, 10 * RouteChooser::kProbe - 10);
}

TEST(RouteChooser, AnUnfitDestinationIsLeftAloneForAWhile) {
  for (const Route route : {Route::destination, Route::automatic}) {
    RouteChooser chooser(route);
    const TimePoint now{};
    chooser.destination_unfit(now);
    EXPECT_FALSE(chooser.to_destination(now + RouteChooser::kRest - milliseconds(1)));
    EXPECT_TRUE(chooser.to_destination(now + RouteChooser::kRest));
  }
  EXPECT_FALSE(RouteChooser(Route::store).to_destination({}));
}

}  // namespace
}  // namespace tidemark::copyengine
