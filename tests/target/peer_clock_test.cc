#include "target/peer_clock.h"

#include <gtest/gtest.h>

namespace tidemark::target {
namespace {

using namespace std::chrono_literals;
using Verdict = PeerClock::Verdict;

Limits limits_of_test() {
  Limits limits;
  limits.login_time = 10s;
  limits.idle_ping = 20s;
  limits.ping_answer = 5s;
  limits.pdu_time = 7s;
  return limits;
}

struct PeerClocks : testing::Test {
  PeerClocks() { clock.accepted(begin); }

  Limits limits = limits_of_test();
  PeerClock clock{limits};
  const TimePoint begin = TimePoint{} + 1h;
};

TEST_F(PeerClocks, ALoginHasItsTime) {
  EXPECT_FALSE(clock.login_overdue(begin + 10s));
  EXPECT_TRUE(clock.login_overdue(begin + 10001ms));
  clock.received(begin + 9s);
  EXPECT_TRUE(clock.login_overdue(begin + 11s)) << "in all, however it comes";
}

TEST_F(PeerClocks, SilenceIsPingedOnceAndThenEnded) {
  EXPECT_EQ(clock.look(begin + 20s, false), Verdict::fine);
  EXPECT_EQ(clock.look(begin + 21s, false), Verdict::ping);
  EXPECT_EQ(clock.look(begin + 26s, false), Verdict::fine);
  EXPECT_EQ(clock.look(begin + 27s, false), Verdict::no_answer);
}

TEST_F(PeerClocks, WhateverComesIsAnAnswer) {
  EXPECT_EQ(clock.look(begin + 21s, false), Verdict::ping);
  clock.received(begin + 25s);
  EXPECT_EQ(clock.look(begin + 45s, false), Verdict::fine);
  EXPECT_EQ(clock.look(begin + 46s, false), Verdict::ping);
}

TEST_F(PeerClocks, SilenceOfOneWhoIsNotListenedToDoesNotCount) {
  clock.not_heard(begin + 19s);
  EXPECT_EQ(clock.look(begin + 39s, false), Verdict::fine);
  EXPECT_EQ(clock.look(begin + 40s, false), Verdict::ping);
}

TEST_F(PeerClocks, NobodyIsPingedIfThatIsNotAskedFor) {
  limits.idle_ping = Duration::zero();
  EXPECT_EQ(clock.look(begin + 24h, false), Verdict::fine);
}

TEST_F(PeerClocks, APduThatWasBegunMustEnd) {
  EXPECT_EQ(clock.look(begin, true), Verdict::fine);
  for (int second = 1; second <= 7; ++second) {
    clock.received(begin + std::chrono::seconds(second));  // a byte a second
    EXPECT_EQ(clock.look(begin + std::chrono::seconds(second), true), Verdict::fine);
  }
  EXPECT_EQ(clock.look(begin + 8s, true), Verdict::pdu_does_not_end);
}

TEST_F(PeerClocks, EachPduHasATimeOfItsOwn) {
  for (int second = 0; second < 60; ++second) {
    clock.received(begin + std::chrono::seconds(second));
    EXPECT_EQ(clock.look(begin + std::chrono::seconds(second), true), Verdict::fine);
    if (second % 5 == 4) clock.pdu_complete();  // the next one has begun already
  }
}

TEST_F(PeerClocks, WhoTakesNoOutputHasAsLongAsWhoIsSilent) {
  EXPECT_FALSE(clock.does_not_read(begin + 25s));
  EXPECT_TRUE(clock.does_not_read(begin + 26s));
  clock.sent(begin + 26s);
  EXPECT_FALSE(clock.does_not_read(begin + 51s));
}

}  // namespace
}  // namespace tidemark::target
