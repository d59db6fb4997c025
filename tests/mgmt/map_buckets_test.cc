#include "mgmt/http/map_buckets.h"

#include <gtest/gtest.h>

namespace tidemark::mgmt {
namespace {

using copyengine::GrainState;
constexpr uint32_t kGrain = 4096;

uint64_t bytes(const MapBuckets::Bucket& bucket, GrainState state) {
  return bucket.bytes[static_cast<size_t>(state)];
}

TEST(MapBuckets, AreWholeGrainsAndNoMoreThanAskedFor) {
  const MapBuckets buckets({0, 10 * kGrain}, kGrain, 4);
  ASSERT_EQ(buckets.buckets().size(), 4u);  // three grains each, and one
  EXPECT_EQ(buckets.buckets()[2].extent, (storage::Extent{6 * kGrain, 3 * kGrain}));
  EXPECT_EQ(buckets.buckets()[3].extent, (storage::Extent{9 * kGrain, kGrain}));
}

TEST(MapBuckets, TheLastEndsWithTheSource) {
  const MapBuckets buckets({0, 2 * kGrain + 512}, kGrain, 100);
  ASSERT_EQ(buckets.buckets().size(), 3u);
  EXPECT_EQ(buckets.buckets()[2].extent.length, 512u);
}

TEST(MapBuckets, ARunCountsWhereItLies) {
  MapBuckets buckets({0, 8 * kGrain}, kGrain, 4);
  buckets.add({{kGrain, 4 * kGrain}, GrainState::copied});
  EXPECT_EQ(bytes(buckets.buckets()[0], GrainState::copied), kGrain);
  EXPECT_EQ(bytes(buckets.buckets()[1], GrainState::copied), 2 * kGrain);
  EXPECT_EQ(bytes(buckets.buckets()[2], GrainState::copied), kGrain);
  EXPECT_EQ(bytes(buckets.buckets()[3], GrainState::copied), 0u);
}

TEST(MapBuckets, WhatLiesOutsideTheWindowCountsNowhere) {
  MapBuckets buckets({4 * kGrain, 2 * kGrain}, kGrain, 2);
  buckets.add({{0, 4 * kGrain}, GrainState::preserved});
  buckets.add({{3 * kGrain, 2 * kGrain}, GrainState::owed});
  buckets.add({{5 * kGrain, 9 * kGrain}, GrainState::copied});
  ASSERT_EQ(buckets.buckets().size(), 2u);
  EXPECT_EQ(bytes(buckets.buckets()[0], GrainState::owed), kGrain);
  EXPECT_EQ(bytes(buckets.buckets()[0], GrainState::preserved), 0u);
  EXPECT_EQ(bytes(buckets.buckets()[1], GrainState::copied), kGrain);
}

}  // namespace
}  // namespace tidemark::mgmt
