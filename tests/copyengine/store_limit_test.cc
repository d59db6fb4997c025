// The limit of a copy's snapshot store: when operators are told, and what happens at it.
#include "copyengine/store_quota.h"
#include "tests/copyengine/copy_fixture.h"

namespace tidemark::copyengine {
namespace {

using std::chrono::milliseconds;
using storage::Errc;
using storage::Verb;
using test::SimIo;

class StoreLimit : public CopyFixture {};

TEST(StoreQuota, ALevelIsLeftOnlyWellBelowIt) {
  StoreQuota quota(100);
  EXPECT_TRUE(quota.take(80));
  EXPECT_EQ(quota.level(), 80u);
  quota.give_back(4);
  EXPECT_EQ(quota.level(), 80u);
  quota.give_back(2);
  EXPECT_EQ(quota.level(), 50u);
  EXPECT_FALSE(quota.take(27));
  EXPECT_TRUE(quota.take(26));
  EXPECT_EQ(quota.level(), 95u);
  quota.give_back(200);
  EXPECT_EQ(quota.level(), 0u);
}

TEST(StoreQuota, WithoutALimitThereIsAlwaysRoom) {
  StoreQuota quota(0);
  EXPECT_TRUE(quota.take(UINT64_MAX / 2));
  EXPECT_EQ(quota.level(), 0u);
}

TEST(StoreQuota, WhatIsTakenIsTakenOfThePoolToo) {
  const auto pool = std::make_shared<StoreQuota>(100);
  StoreQuota one(0, pool);
  {
    StoreQuota other(50, pool);
    EXPECT_TRUE(one.take(70));
    EXPECT_FALSE(other.take(40)) << "the pool is full";
    EXPECT_EQ(pool->used(), 70u);
    EXPECT_TRUE(other.take(30));
    one.give_back(40);
    EXPECT_FALSE(other.take(30)) << "its own limit";
    EXPECT_EQ(pool->used(), 60u);
  }
  EXPECT_EQ(pool->used(), 30u) << "who goes leaves nothing behind";
  one.give_back(1000);
  EXPECT_EQ(pool->used(), 0u);
}

TEST(StoreQuota, WhatARestartFindsCountsEvenBeyondTheLimit) {
  StoreQuota quota(100);
  quota.take_anyway(150);
  EXPECT_FALSE(quota.take(1));
  EXPECT_EQ(quota.level(), 95u);
}

// What a copy keeps is bounded: up to the limit hosts notice nothing, beyond it the policy decides.
TEST_F(StoreLimit, TheStoreHasALimit) {
  std::vector<unsigned> levels;
  engine_.on_change([&levels](const CopyStatus& status) {
    if (levels.empty() || levels.back() != status.store_level) levels.push_back(status.store_level);
  });
  CopyRequest limited = guarding_only();
  limited.store_limit = 20 * kGrain;
  const uint64_t id = start(limited).id;
  for (uint64_t grain = 0; grain < 20; ++grain) {
    SimIo write(Verb::write, {kFar + grain * kGrain, 512}, 2);
    submit(write);
    run();
    ASSERT_TRUE(write.ok());
    EXPECT_EQ(get(id).store_level, grain < 9 ? 0u : grain < 15 ? 50u : grain < 18 ? 80u : 95u);
  }
  EXPECT_EQ(levels, (std::vector<unsigned>{0, 50, 80, 95}));
  EXPECT_EQ(get(id).store_bytes, 20 * kGrain);
  SimIo beyond(Verb::write, {kFar + 20 * kGrain, 512}, 2);
  submit(beyond);
  run();
  EXPECT_TRUE(beyond.ok());
  EXPECT_EQ(get(id).state, CopyState::broken);
  EXPECT_EQ(get(id).error, Errc::no_space);
  EXPECT_EQ(get(id).error_party, "store");
}

TEST_F(StoreLimit, AtTheLimitFailWriteFailsTheWriteAndNotTheCopy) {
  CopyRequest limited = guarding_only();
  limited.store_limit = kGrain;
  limited.on_preserve_error = OnPreserveError::fail_write;
  const uint64_t id = start(limited).id;
  SimIo first(Verb::write, {kFar, 512}, 2);
  submit(first);
  run();
  EXPECT_TRUE(first.ok());
  SimIo second(Verb::write, {kFar + kGrain, 512}, 2);
  submit(second);
  run();
  EXPECT_EQ(second.io.error, Errc::preserve_failed);
  EXPECT_EQ(get(id).state, CopyState::copying);
}

// A pool bounds all stores together, and is freed by who goes.
TEST_F(StoreLimit, CopiesShareAPool) {
  std::vector<unsigned> levels;
  const auto pool = std::make_shared<StoreQuota>(4 * kGrain);
  pool->on_level([&] { levels.push_back(pool->level()); });
  engine_.set_store_pool(pool);
  const uint64_t first = start(guarding_only()).id;
  const auto overwrite = [&](uint64_t grain) {
    SimIo write(Verb::write, {kFar + grain * kGrain, 512}, 2);
    submit(write);
    run();
    EXPECT_TRUE(write.ok());
  };
  overwrite(0);
  overwrite(1);
  EXPECT_EQ(pool->used(), 2 * kGrain);
  CopyRequest other = guarding_only();
  other.destination = "other";
  ServedSim destination(executor_, "other", kBytes);
  engine_.add_volume("other", destination.gate, destination.guard);
  const uint64_t second = start(other).id;
  overwrite(2);  // for both
  EXPECT_EQ(pool->used(), 4 * kGrain);
  EXPECT_EQ(levels, (std::vector<unsigned>{50, 95}));
  ASSERT_TRUE(act(second, CopyVerb::cancel));
  run();
  EXPECT_EQ(pool->used(), 3 * kGrain) << "what the cancelled one had is free";
  overwrite(3);
  EXPECT_EQ(get(first).state, CopyState::copying);
  overwrite(4);
  EXPECT_EQ(get(first).state, CopyState::broken);
  EXPECT_EQ(get(first).error_party, "store");
  run();
  EXPECT_EQ(pool->used(), 0u);
}

TEST_F(StoreLimit, WhatIsCopiedMakesRoomInTheStore) {
  CopyRequest limited = request();
  limited.rate_limit = 4 * kMiB;
  limited.store_limit = kBytes / 2;
  const uint64_t id = start(limited).id;
  for (uint64_t at = kFar; at < kBytes - 64 * kKiB; at += kGrain) {
    SimIo write(Verb::write, {at, 512}, 2);
    submit(write);
    run(milliseconds(1));
  }
  EXPECT_GE(get(id).store_level, 50u);
  EXPECT_EQ(run_to_end(id).state, CopyState::completed);
  EXPECT_EQ(get(id).store_level, 0u);
}

}  // namespace
}  // namespace tidemark::copyengine
