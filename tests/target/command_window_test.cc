#include "target/command_window.h"

#include <gtest/gtest.h>

namespace tidemark::target {
namespace {

using Verdict = CommandWindow::Verdict;

TEST(Serial, ComparesAcrossTheWrap) {
  EXPECT_TRUE(serial_less(1, 2));
  EXPECT_FALSE(serial_less(2, 1));
  EXPECT_FALSE(serial_less(2, 2));
  EXPECT_TRUE(serial_less(0xffffffff, 0));
  EXPECT_TRUE(serial_less(0xfffffff0, 0x10));
  EXPECT_FALSE(serial_less(0x10, 0xfffffff0));
  EXPECT_TRUE(serial_less_equal(7, 7));
}

class Window : public testing::TestWithParam<uint32_t> {};

TEST_P(Window, DeliversInOrderOnly) {
  const uint32_t first = GetParam();
  CommandWindow window(first, 4);
  EXPECT_EQ(window.judge(first), Verdict::deliver);
  EXPECT_EQ(window.judge(first + 1), Verdict::early);
  EXPECT_EQ(window.judge(first + 3), Verdict::early);
  EXPECT_EQ(window.judge(first + 4), Verdict::ignore);
  EXPECT_EQ(window.judge(first - 1), Verdict::ignore);
}

TEST_P(Window, ClosesWhenAllAreUnderWay) {
  CommandWindow window(GetParam(), 3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(window.judge(window.exp_cmd_sn()), Verdict::deliver);
    window.take();
  }
  EXPECT_EQ(window.max_cmd_sn() + 1, window.exp_cmd_sn());
  EXPECT_EQ(window.judge(window.exp_cmd_sn()), Verdict::ignore);
  window.release();
  EXPECT_EQ(window.judge(window.exp_cmd_sn()), Verdict::deliver);
}

TEST_P(Window, MaxCmdSnNeverMovesBack) {
  CommandWindow window(GetParam(), 8);
  uint32_t max = window.max_cmd_sn();
  for (int i = 0; i < 1000; ++i) {
    if (window.under_way() < 8 && i % 3 != 2)
      window.take();
    else if (window.under_way() > 0)
      window.release();
    EXPECT_FALSE(serial_less(window.max_cmd_sn(), max));
    max = window.max_cmd_sn();
  }
}

TEST_P(Window, PluggedNumbersCountAsReceived) {
  const uint32_t first = GetParam();
  CommandWindow window(first, 8);
  const uint32_t max = window.max_cmd_sn();
  window.plug(first + 2);
  window.plug(first + 1);
  EXPECT_EQ(window.exp_cmd_sn(), first);
  EXPECT_EQ(window.judge(first + 1), Verdict::ignore);
  window.take();
  EXPECT_EQ(window.exp_cmd_sn(), first + 3);
  EXPECT_EQ(window.judge(first + 2), Verdict::ignore);
  EXPECT_EQ(window.under_way(), 1u);
  EXPECT_EQ(window.max_cmd_sn(), max + 2);
  window.plug(first + 3);
  EXPECT_EQ(window.exp_cmd_sn(), first + 4);
  window.plug(window.max_cmd_sn() + 1);  // outside: nothing
  EXPECT_EQ(window.judge(first + 4), Verdict::deliver);
}

INSTANTIATE_TEST_SUITE_P(Starts, Window,
                         testing::Values(0u, 1u, 0x7ffffffeu, 0xfffffffeu, 0xffffffffu));

}  // namespace
}  // namespace tidemark::target
