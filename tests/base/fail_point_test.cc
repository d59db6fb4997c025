#include "base/fail_point.h"

#include <gtest/gtest.h>

#include <csignal>
#include <set>

namespace tidemark {
namespace {

struct FailPoints : testing::Test {
  ~FailPoints() override { armed_fail_point = FailPoint::none; }
};

TEST_F(FailPoints, TheOneThatIsArmedKillsAtItsTime) {
  ASSERT_TRUE(arm_fail_point("frame_written:2"));
  fail_point(FailPoint::frame_written);
  fail_point(FailPoint::ended);
  EXPECT_EXIT(fail_point(FailPoint::frame_written), testing::KilledBySignal(SIGKILL), "");
}

TEST_F(FailPoints, WhatIsNotOneIsRefused) {
  for (const char* order : {"", "none", "nowhere", "ended:", "ended:0", "ended:x", "ended:2x"})
    EXPECT_FALSE(arm_fail_point(order)) << order;
  EXPECT_EQ(armed_fail_point, FailPoint::none);
}

TEST_F(FailPoints, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  std::set<FailPoint> points;
  for (const FailPointName& row : kFailPointNames) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(points.insert(row.point).second) << row.name;
  }
  EXPECT_FALSE(points.contains(FailPoint::none));
}

}  // namespace
}  // namespace tidemark
