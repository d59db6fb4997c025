#include "copyengine/copy_states.h"

#include <gtest/gtest.h>

namespace tidemark::copyengine {
namespace {

constexpr CopyState kAll[] = {CopyState::collecting, CopyState::preparing, CopyState::copying,
                              CopyState::paused,     CopyState::draining,  CopyState::completed,
                              CopyState::failed,     CopyState::cancelled, CopyState::broken};

TEST(CopyStates, AnEndIsAnEnd) {
  for (const CopyState from : kAll)
    for (const CopyState to : kAll)
      if (ended(from)) {
        EXPECT_FALSE(may_become(from, to)) << name_of(from) << " to " << name_of(to);
      }
}

TEST(CopyStates, WhatRunsMayFailBreakOrBeCancelled) {
  for (const CopyState from : kAll) {
    if (ended(from)) continue;
    const bool runs = from != CopyState::collecting;
    EXPECT_EQ(may_become(from, CopyState::failed), runs);
    EXPECT_EQ(may_become(from, CopyState::broken), runs);
    EXPECT_TRUE(may_become(from, CopyState::cancelled));
    EXPECT_TRUE(allows(from, CopyVerb::cancel));
  }
}

TEST(CopyStates, OnlyDrainingCompletes) {
  for (const CopyState from : kAll)
    EXPECT_EQ(may_become(from, CopyState::completed), from == CopyState::draining);
}

TEST(CopyStates, NothingIsAskedOfWhatIsOver) {
  for (const CopyState state : kAll)
    for (const CopyVerb verb :
         {CopyVerb::start, CopyVerb::pause, CopyVerb::resume, CopyVerb::cancel})
      if (ended(state)) {
        EXPECT_FALSE(allows(state, verb));
      }
}

TEST(CopyStates, OnlyWhatCollectsCanBeStarted) {
  for (const CopyState state : kAll)
    EXPECT_EQ(allows(state, CopyVerb::start), state == CopyState::collecting);
}

TEST(HoldHistogram, QuantilesAreUpperBounds) {
  HoldHistogram holds;
  EXPECT_EQ(holds.quantile_us(0.5), 0);
  for (int i = 0; i < 99; ++i) holds.add(std::chrono::microseconds(100));
  holds.add(std::chrono::milliseconds(50));
  EXPECT_EQ(holds.total(), 100u);
  EXPECT_GE(holds.quantile_us(0.5), 100);
  EXPECT_LE(holds.quantile_us(0.5), 200);
  EXPECT_EQ(holds.quantile_us(1.0), 50000);
}

}  // namespace
}  // namespace tidemark::copyengine
