#include "target/memory_share.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace tidemark::target {
namespace {

constexpr size_t kBudget = 16 * kMiB;
constexpr uint32_t kSharers = 32;
constexpr uint64_t kOwn = kBudget / 8 / kSharers;  // 64 KiB

/// A connection that holds what it gets, until it gets no more.
struct Holder {
  explicit Holder(BufferPool& from, uint64_t limit = kBudget)
      : pool(from), share(from, limit, kSharers) {}
  uint64_t hold_all(uint64_t at_a_time) {
    while (share.may_have(at_a_time)) {
      held.push_back(pool.acquire(at_a_time));
      if (held.back().empty()) break;
      share.take(at_a_time);
    }
    return share.held();
  }
  BufferPool& pool;
  MemoryShare share;
  std::vector<DataBuffer> held;
};

TEST(MemoryShare, OneAloneGetsWhatItsLimitAllows) {
  BufferPool pool(kBudget);
  EXPECT_EQ(Holder(pool, 4 * kMiB).hold_all(kMiB), 4 * kMiB);
}

TEST(MemoryShare, ACommandBeyondTheLimitIsServedAlone) {
  BufferPool pool(kBudget);
  EXPECT_EQ(Holder(pool, kMiB).hold_all(4 * kMiB), 4 * kMiB);
}

TEST(MemoryShare, WhoComesLaterFindsSomethingLeft) {
  BufferPool pool(kBudget);
  Holder first(pool), second(pool), third(pool);
  EXPECT_EQ(first.hold_all(kMiB), 6 * kMiB);
  EXPECT_EQ(second.hold_all(kMiB), 3 * kMiB);
  EXPECT_EQ(third.hold_all(kMiB), 2 * kMiB);
}

TEST(MemoryShare, NobodyTakesWhatIsSetAsideForAnother) {
  for (const uint64_t at_a_time : {4 * kKiB, 64 * kKiB, kMiB}) {
    BufferPool pool(kBudget);
    std::vector<std::unique_ptr<Holder>> others;
    for (uint32_t i = 1; i < kSharers; ++i) {
      others.push_back(std::make_unique<Holder>(pool));
      others.back()->hold_all(at_a_time);
    }
    Holder reading(pool);
    EXPECT_GE(Holder(pool).hold_all(4 * kKiB), kOwn);
    EXPECT_GE(reading.hold_all(4 * kKiB), kOwn);
  }
}

TEST(MemoryShare, WhatIsGivenBackMayBeHadAgain) {
  BufferPool pool(kBudget);
  MemoryShare share(pool, kMiB, kSharers);
  share.take(kMiB);
  EXPECT_FALSE(share.may_have(kMiB));
  share.give_back(kMiB);
  EXPECT_TRUE(share.may_have(kMiB));
}

}  // namespace
}  // namespace tidemark::target
