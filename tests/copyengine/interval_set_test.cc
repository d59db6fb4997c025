#include "copyengine/interval_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace tidemark::copyengine {
namespace {

TEST(IntervalSet, NeighboursBecomeOne) {
  IntervalSet set;
  set.insert({0, 4});
  set.insert({8, 12});
  EXPECT_EQ(set.interval_count(), 2u);
  set.insert({4, 8});
  EXPECT_EQ(set.interval_count(), 1u);
  EXPECT_TRUE(set.contains({0, 12}));
}

TEST(IntervalSet, ErasingTheMiddleLeavesTwoEnds) {
  IntervalSet set;
  set.insert({0, 12});
  set.erase({4, 8});
  EXPECT_TRUE(set.contains({0, 4}));
  EXPECT_TRUE(set.contains({8, 12}));
  EXPECT_FALSE(set.intersects({4, 8}));
}

TEST(IntervalSet, EmptyIntervalsChangeNothing) {
  IntervalSet set;
  set.insert({5, 5});
  EXPECT_TRUE(set.empty());
  EXPECT_TRUE(set.contains(Interval{7, 7}));
}

TEST(IntervalSet, AgreesWithASetOfNumbers) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    IntervalSet set;
    std::set<uint64_t> model;
    for (int step = 0; step < 60; ++step) {
      const uint64_t first = random() % 64;
      const Interval interval{first, first + random() % 12};
      const bool add = random() % 2;
      add ? set.insert(interval) : set.erase(interval);
      for (uint64_t n = interval.first; n < interval.end; ++n)
        add ? void(model.insert(n)) : void(model.erase(n));
      for (uint64_t n = 0; n < 80; ++n) ASSERT_EQ(set.contains(n), model.contains(n));
      const Interval within{random() % 40, 40 + random() % 40};
      Interval present, absent;
      for (uint64_t n = within.first; n < within.end && present.empty(); ++n)
        if (model.contains(n)) {
          present = {n, n};
          while (present.end < within.end && model.contains(present.end)) ++present.end;
        }
      for (uint64_t n = within.first; n < within.end && absent.empty(); ++n)
        if (!model.contains(n)) {
          absent = {n, n};
          while (absent.end < within.end && !model.contains(absent.end)) ++absent.end;
        }
      ASSERT_EQ(set.next_present(within), present);
      ASSERT_EQ(set.next_absent(within), absent);
    }
  }
}

}  // namespace
}  // namespace tidemark::copyengine
