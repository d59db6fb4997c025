#include "base/core_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <set>

namespace tidemark {
namespace {

TEST(CorePool, JobsRunOnTheirCore) {
  CorePool cores(3);
  cores.start();
  std::latch done(3);
  std::array<std::thread::id, 3> threads;
  std::array<CoreId, 3> seen{};
  for (CoreId core = 0; core < 3; ++core) {
    cores.post(core, [&, core] {
      threads[core] = std::this_thread::get_id();
      seen[core] = cores.current_core();
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(seen, (std::array<CoreId, 3>{0, 1, 2}));
  EXPECT_EQ(std::set<std::thread::id>(threads.begin(), threads.end()).size(), 3u);
}

TEST(CorePool, JobsPostedBeforeTheStartWaitForIt) {
  CorePool cores(1);
  std::promise<void> ran;
  std::atomic<bool> started = false;
  cores.post(0, [&] {
    EXPECT_TRUE(started);
    ran.set_value();
  });
  started = true;
  cores.start();
  ran.get_future().wait();
}

TEST(CorePool, JobsOfOneCoreToAnotherKeepTheirOrder) {
  CorePool cores(2);
  cores.start();
  std::vector<int> order;
  std::promise<void> done;
  cores.post(0, [&] {
    for (int i = 0; i < 1000; ++i)
      cores.post(1, [&, i] {
        order.push_back(i);
        if (i == 999) done.set_value();
      });
  });
  done.get_future().wait();
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(CorePool, PostNeverRunsTheJobItself) {
  CorePool cores(1);
  cores.start();
  std::promise<bool> inside;
  cores.post(0, [&] {
    bool ran = false;
    cores.post(0, [&] { ran = true; });
    inside.set_value(ran);
  });
  EXPECT_FALSE(inside.get_future().get());
  cores.stop();
  cores.join();
}

TEST(CorePool, RunOnIsDirectOnTheSameCore) {
  CorePool cores(2);
  cores.start();
  std::promise<bool> direct;
  std::promise<CoreId> elsewhere;
  cores.post(0, [&] {
    bool ran = false;
    cores.run_on(0, [&] { ran = true; });
    direct.set_value(ran);
    cores.run_on(1, [&] { elsewhere.set_value(cores.current_core()); });
  });
  EXPECT_TRUE(direct.get_future().get());
  EXPECT_EQ(elsewhere.get_future().get(), 1);
}

TEST(CorePool, DelaysAreKept) {
  CorePool cores(1);
  cores.start();
  const TimePoint before = cores.now();
  std::promise<TimePoint> ran;
  cores.post_after(0, std::chrono::milliseconds(20), [&] { ran.set_value(cores.now()); });
  EXPECT_GE(ran.get_future().get() - before, std::chrono::milliseconds(20));
}

TEST(CorePool, StoppingDropsWhatIsPending) {
  std::atomic<bool> ran = false;
  {
    CorePool cores(1);
    cores.start();
    cores.post_after(0, std::chrono::hours(1), [&] { ran = true; });
  }
  EXPECT_FALSE(ran);
}

TEST(CorePool, WhatComesWhileACoreLooksForWorkIsDone) {
  CorePool cores(2, std::chrono::hours(1));
  cores.start();
  for (int i = 0; i < 100; ++i) {
    std::promise<CoreId> ran;
    cores.post(1, [&] { cores.post(0, [&] { ran.set_value(cores.current_core()); }); });
    EXPECT_EQ(ran.get_future().get(), 0);
  }
  std::promise<void> later;
  cores.post_after(0, std::chrono::milliseconds(1), [&] { later.set_value(); });
  later.get_future().wait();
  cores.stop();
  cores.join();  // though there is time left to look
}

TEST(CorePool, ACoreThatHasLookedLongEnoughSleepsAndIsWoken) {
  CorePool cores(1, std::chrono::microseconds(1));
  cores.start();
  for (int i = 0; i < 20; ++i) {
    std::promise<void> ran;
    cores.post_after(0, std::chrono::milliseconds(2), [&] { ran.set_value(); });
    ran.get_future().wait();
  }
}

TEST(CorePool, LookingForWorkIsNotBeingBusy) {
  CorePool cores(1, std::chrono::hours(1));
  cores.start();
  std::promise<Duration> before;
  cores.post(0, [&] { before.set_value(cores.busy_time()); });
  const Duration begun = before.get_future().get();
  std::promise<Duration> after;
  cores.post_after(0, std::chrono::milliseconds(200), [&] { after.set_value(cores.busy_time()); });
  EXPECT_LT(after.get_future().get() - begun, std::chrono::milliseconds(100));
}

}  // namespace
}  // namespace tidemark
