// Which block comes next, and the data that names its place.
#include <gtest/gtest.h>

#include <set>

#include "mgmt/bench/test_data.h"
#include "mgmt/bench/workload.h"

namespace tidemark::mgmt::bench {
namespace {

Workload::Shape shape_of(Pattern pattern) {
  Workload::Shape shape;
  shape.pattern = pattern;
  shape.blocks = 16;
  shape.block_size = 4096;
  return shape;
}

TEST(Workload, SequentialVisitsEachBlockInOrderAndWraps) {
  auto shape = shape_of(Pattern::sequential_write);
  shape.first_block = 14;
  Workload workload(shape);
  for (const uint64_t block : {14, 15, 0, 1}) {
    const Step step = workload.next();
    EXPECT_TRUE(step.write);
    EXPECT_EQ(step.offset, block * 4096);
  }
}

TEST(Workload, RandomReachesEveryBlockAndNoOther) {
  Workload workload(shape_of(Pattern::random_read));
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const Step step = workload.next();
    EXPECT_FALSE(step.write);
    EXPECT_EQ(step.offset % 4096, 0u);
    EXPECT_LT(step.offset, 16u * 4096);
    seen.insert(step.offset);
  }
  EXPECT_EQ(seen.size(), 16u);
}

TEST(Workload, MixedKeepsItsShares) {
  Workload workload(shape_of(Pattern::mixed));
  int reads = 0;
  for (int i = 0; i < 10000; ++i) reads += workload.next().write ? 0 : 1;
  EXPECT_NEAR(reads, 7000, 300);
}

TEST(Workload, IsTheSameForTheSameSeed) {
  Workload one(shape_of(Pattern::mixed));
  Workload other(shape_of(Pattern::mixed));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.next().offset, other.next().offset);
}

TEST(Workload, NamesArePatterns) {
  for (const char* name : {"randread", "randwrite", "mixed", "seqread", "seqwrite"}) {
    ASSERT_TRUE(pattern_of(name)) << name;
    EXPECT_EQ(name_of(*pattern_of(name)), name);
  }
  EXPECT_FALSE(pattern_of("read"));
}

TEST(TestData, IsKnownByAnyPieceOfIt) {
  std::vector<uint8_t> data(8192);
  fill_test_data(data, 4096, 7);
  const ConstBytes all(data);
  EXPECT_TRUE(is_test_data(all, 4096, 7));
  for (const size_t begin : {0, 1, 7, 8, 4095})
    EXPECT_TRUE(is_test_data(all.subspan(begin, 4000), 4096 + begin, 7)) << begin;
  EXPECT_FALSE(is_test_data(all, 0, 7));
  EXPECT_FALSE(is_test_data(all, 4096, 8));
  data[5000] ^= 1;
  EXPECT_FALSE(is_test_data(all, 4096, 7));
}

}  // namespace
}  // namespace tidemark::mgmt::bench
