#include "copyengine/t0_rendezvous.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark::copyengine {
namespace {

TEST(T0Rendezvous, NobodyGoesOnBeforeAllHaveCome) {
  T0Rendezvous rendezvous(3);
  std::string gone;
  rendezvous.arrive([&] { gone += 'a'; });
  rendezvous.arrive([&] { gone += 'b'; });
  EXPECT_EQ(gone, "");
  EXPECT_EQ(rendezvous.step(), T0Rendezvous::Step::preparing);
  rendezvous.arrive([&] { gone += 'c'; });
  EXPECT_EQ(gone, "abc");
  EXPECT_EQ(rendezvous.step(), T0Rendezvous::Step::closing);
}

TEST(T0Rendezvous, OneAloneWaitsForNobody) {
  T0Rendezvous rendezvous(1);
  int gone = 0;
  for (int step = 0; step < 3; ++step) rendezvous.arrive([&] { ++gone; });
  EXPECT_EQ(gone, 3);
  EXPECT_EQ(rendezvous.step(), T0Rendezvous::Step::passed);
}

// The gate of an idle volume closes at once: the copy comes to the end of the next step while the
// others have not yet been told of this one.
TEST(T0Rendezvous, AFastCopyDoesNotOvertakeTheStep) {
  T0Rendezvous rendezvous(2);
  std::string gone;
  rendezvous.arrive([&] {
    gone += "a1 ";
    rendezvous.arrive([&] { gone += "a2 "; });
  });
  rendezvous.arrive([&] {
    gone += "b1 ";
    EXPECT_EQ(rendezvous.step(), T0Rendezvous::Step::closing);
    rendezvous.arrive([&] { gone += "b2 "; });
  });
  EXPECT_EQ(gone, "a1 b1 a2 b2 ");
}

TEST(T0Rendezvous, OneThatEndsCallsOffAll) {
  T0Rendezvous rendezvous(2);
  std::string told;
  rendezvous.on_called_off([&] { told += 'a'; });
  rendezvous.on_called_off([&] { told += 'b'; });
  rendezvous.arrive([&] { told += "never"; });
  rendezvous.call_off();
  EXPECT_EQ(told, "ab");
  rendezvous.arrive([&] { told += "never"; });
  rendezvous.call_off();
  EXPECT_EQ(told, "ab") << "once, and nobody goes on after it";
}

TEST(T0Rendezvous, WhatHasPassedCannotBeCalledOff) {
  T0Rendezvous rendezvous(1);
  bool told = false;
  rendezvous.on_called_off([&] { told = true; });
  for (int step = 0; step < 3; ++step) rendezvous.arrive([] {});
  rendezvous.call_off();
  EXPECT_FALSE(told);
  EXPECT_FALSE(rendezvous.called_off());
}

}  // namespace
}  // namespace tidemark::copyengine
