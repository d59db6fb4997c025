// The daemon is killed in the middle of a copy, at random moments and at its fail points, and
// started again; hosts write all the while. The copy is still the source as it stood at its begin
// time.
//
// TIDEMARK_KILLS sets how many random kills there are; TIDEMARK_SEED the moments of the first copy.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include "base/fail_point.h"
#include "tests/system/killed_copy.h"

namespace tidemark::system_test {
namespace {

/// One copy, with up to three kills. How many there were.
unsigned kill_during_copy(uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto kills = static_cast<unsigned>(1 + random() % 3);
  KilledCopy copy(seed);
  if (testing::Test::HasFailure()) return kills;
  copy.order().release = random() % 2 == 0 ? "written" : "durable";
  copy.order().grain = random() % 2 == 0 ? "4KiB" : "16KiB";
  copy.order().rate_limit = "16MiB";
  EXPECT_TRUE(copy.start());
  for (unsigned round = 0; round < kills && !testing::Test::HasFailure(); ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 400000));
    kill(copy.daemon().pid(), SIGKILL);
    copy.restart();
  }
  if (testing::Test::HasFailure()) return kills;
  copy.prove();
  fmt::print("seed {}: {}, {} kills, n {} in [{}, {}]\n", seed, copy.order().release, kills,
             copy.verdict().n, copy.verdict().lowest, copy.verdict().highest);
  return kills;
}

TEST(KilledDaemon, TheCopyIsStillTheSourceAtItsBeginTime) {
  const uint64_t wanted = number_from("TIDEMARK_KILLS", 10);
  uint64_t seed = number_from("TIDEMARK_SEED", std::random_device{}());
  for (uint64_t kills = 0; kills < wanted; ++seed) {
    kills += kill_during_copy(seed);
    ASSERT_FALSE(HasFailure()) << "replay with TIDEMARK_SEED=" << seed;
  }
}

class AtFailPoint : public testing::TestWithParam<FailPointName> {
 protected:
  ~AtFailPoint() override { unsetenv("TIDEMARK_KILL_AT"); }
};

TEST_P(AtFailPoint, TheCopyIsStillTheSourceAtItsBeginTime) {
  for (const char* release : {"written", "durable"}) {
    // Which of many times it is, where there are many; how often copied grains come on record
    // depends on how fast the machine is.
    const uint64_t seed = number_from("TIDEMARK_SEED", std::random_device{}());
    const bool many = GetParam().point >= FailPoint::segment_recorded &&
                      GetParam().point <= FailPoint::frame_written &&
                      GetParam().point != FailPoint::copied_recorded;
    const std::string at =
        std::string(GetParam().name) + ":" + std::to_string(many ? 1 + seed % 3 : 1);
    setenv("TIDEMARK_KILL_AT", at.c_str(), 1);
    KilledCopy copy(seed, "4MiB");
    unsetenv("TIDEMARK_KILL_AT");
    ASSERT_FALSE(HasFailure());
    copy.order().release = release;
    copy.order().grain = "4KiB";
    copy.order().rate_limit = "4MiB";
    if (GetParam().point == FailPoint::segment_recorded) copy.order().consistency = "segment";
    (void)copy.start();
    copy.restart();
    if (!HasFailure()) copy.prove();
    ASSERT_FALSE(HasFailure()) << at << ", " << release << ", TIDEMARK_SEED=" << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(All, AtFailPoint, testing::ValuesIn(kFailPointNames),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace tidemark::system_test
