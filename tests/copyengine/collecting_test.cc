// Copies that are held back while ranges are added to them.
#include "copyengine/collecting.h"

#include "tests/copyengine/copy_fixture.h"

namespace tidemark::copyengine {
namespace {

class CollectingTest : public CopyFixture {
 protected:
  CopyStatus hold(std::vector<CopyRange> ranges) {
    CopyRequest held = request();
    held.hold = true;
    held.ranges = std::move(ranges);
    return start(held);
  }
  Result<CopyStatus> append(uint64_t id, std::vector<CopyRange> ranges) {
    std::optional<Result<CopyStatus>> answer;
    engine_.append(id, std::move(ranges), [&](Result<CopyStatus> result) { answer = result; });
    run();
    return answer ? *answer : Error{ErrorKind::io, "no answer", {}};
  }
};

TEST_F(CollectingTest, TheBeginTimeIsThatOfItsStart) {
  const uint64_t id = hold({{0, 0, 64 * kKiB}}).id;
  EXPECT_EQ(get(id).state, CopyState::collecting);
  EXPECT_EQ(files_.made(), 0u) << "nothing is guarded yet";
  ASSERT_TRUE(append(id, {{kFar, kFar, 64 * kKiB}}));

  test::SimIo write(storage::Verb::write, {kFar, 4096}, 2);
  submit(write);
  run();
  ASSERT_TRUE(write.ok());
  ASSERT_TRUE(act(id, CopyVerb::start));
  run();
  const CopyStatus done = run_to_end(id);
  EXPECT_EQ(done.state, CopyState::completed);
  EXPECT_EQ(done.bytes_done, 128 * kKiB);
  EXPECT_EQ(done.held_total, 0u);
  EXPECT_TRUE(std::equal(source_.medium.bytes().begin() + kFar,
                         source_.medium.bytes().begin() + kFar + 64 * kKiB,
                         copy_.medium.bytes().begin() + kFar))
      << "with what was written before the start";
}

TEST_F(CollectingTest, ABadRangeIsRefusedAndTheOthersStay) {
  const uint64_t id = hold({{0, 0, 4096}}).id;
  const auto refused = append(id, {{0, 0, 512}, {kBytes, 0, 512}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "ranges[1]");
  EXPECT_EQ(get(id).request.ranges.size(), 1u);
}

TEST_F(CollectingTest, WhatHasBeenStartedTakesNoMore) {
  const uint64_t id = start(guarding_only()).id;
  EXPECT_EQ(append(id, {{0, 0, 512}}).error().kind, ErrorKind::conflict);
  EXPECT_EQ(append(id + 1, {{0, 0, 512}}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(act(id, CopyVerb::start).error().kind, ErrorKind::conflict);
}

TEST_F(CollectingTest, ItCanBeCancelledButNotPaused) {
  const uint64_t id = hold({{0, 0, 4096}}).id;
  EXPECT_EQ(act(id, CopyVerb::pause).error().kind, ErrorKind::conflict);
  ASSERT_TRUE(act(id, CopyVerb::cancel));
  EXPECT_EQ(get(id).state, CopyState::cancelled);
  EXPECT_EQ(act(id, CopyVerb::start).error().kind, ErrorKind::conflict);
}

TEST_F(CollectingTest, WhatCannotBeStartedGoesOnCollecting) {
  const uint64_t other = start(guarding_only()).id;
  const uint64_t id = hold({{0, 0, 4096}}).id;
  EXPECT_EQ(act(id, CopyVerb::start).error().kind, ErrorKind::conflict);
  EXPECT_EQ(get(id).state, CopyState::collecting);
  ASSERT_TRUE(act(other, CopyVerb::cancel));
  run();
  ASSERT_TRUE(act(id, CopyVerb::start));
  run();
  EXPECT_EQ(run_to_end(id).state, CopyState::completed);
}

TEST(Arranged, ByAddressAndNeighboursJoined) {
  EXPECT_EQ(arranged({{8192, 8192, 4096}, {0, 0, 4096}, {4096, 4096, 4096}}).size(), 1u);
  const auto apart = arranged({{4096, 0, 4096}, {0, 4096, 4096}});
  ASSERT_EQ(apart.size(), 2u) << "neighbours in the source only";
  EXPECT_EQ(apart[0].source_offset, 0u);
}

TEST(Arranged, OverlappingDestinationsKeepTheirOrder) {
  const auto same = arranged({{8192, 0, 8192}, {0, 4096, 4096}});
  EXPECT_EQ(same[0].source_offset, 8192u);
}

}  // namespace
}  // namespace tidemark::copyengine
