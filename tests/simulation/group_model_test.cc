// Runs the model of group_model.h over many seeds; to replay one:
//   TIDEMARK_SEED=n simulation_tests --gtest_filter=GroupModel.*
#include "tests/simulation/group_model.h"

#include <gtest/gtest.h>

#include "tests/simulation/schedules.h"

namespace tidemark::test {
namespace {

TEST(GroupModel, OneMomentForAllOrNothing) {
  const uint64_t replayed = number_from("TIDEMARK_SEED", 0);
  const uint64_t count =
      replayed != 0 ? 1 : std::max<uint64_t>(1, number_from("TIDEMARK_SCHEDULES", 20000) / 10);
  const uint64_t first = number_from("TIDEMARK_FIRST_SEED", 1);
  uint64_t begun = 0, completed = 0, called_off = 0, resumed = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t seed = replayed != 0 ? replayed : first + i;
    const GroupOutcome outcome = run_group_model(seed);
    ASSERT_EQ(outcome.failure, "") << "replay with TIDEMARK_SEED=" << seed;
    begun += outcome.begun;
    completed += outcome.completed;
    called_off += outcome.called_off;
    resumed += outcome.resumed;
  }
  std::printf("groups %llu: begun %llu, completed %llu, called off %llu; copies resumed %llu\n",
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(begun),
              static_cast<unsigned long long>(completed),
              static_cast<unsigned long long>(called_off),
              static_cast<unsigned long long>(resumed));
  if (count < 500) return;
  // The schedules must reach what they are for.
  EXPECT_GT(completed, count / 3);
  EXPECT_GT(called_off, count / 50);
  EXPECT_GT(resumed, count / 20);
}

}  // namespace
}  // namespace tidemark::test
