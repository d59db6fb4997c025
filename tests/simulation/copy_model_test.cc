// Runs the model of copy_model.h over many seeds. A failure prints its seed; to replay it:
//   TIDEMARK_SEED=n simulation_tests --gtest_filter=CopyModel.*
// TIDEMARK_SCHEDULES sets how many are run, TIDEMARK_FIRST_SEED from which on.
#include "tests/simulation/copy_model.h"

#include <gtest/gtest.h>

#include "tests/simulation/schedules.h"

namespace tidemark::test {
namespace {

struct Tally {
  uint64_t completed = 0, broken = 0, failed = 0, cancelled = 0, held = 0, aborted = 0,
           followed = 0, resumed = 0, completed_resumed = 0, routed = 0, spilled = 0;
};

Tally run_range(uint64_t first, uint64_t count) {
  Tally tally;
  if (const uint64_t seed = number_from("TIDEMARK_SEED", 0); seed != 0) first = seed, count = 1;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const ModelOutcome outcome = run_copy_model(seed);
    EXPECT_EQ(outcome.failure, "") << "replay with TIDEMARK_SEED=" << seed;
    if (!outcome.failure.empty()) break;
    tally.completed += outcome.completed;
    tally.broken += outcome.broken;
    tally.failed += outcome.failed;
    tally.cancelled += outcome.cancelled;
    tally.held += outcome.held;
    tally.aborted += outcome.aborted;
    tally.followed += outcome.followed;
    tally.resumed += outcome.resumed;
    tally.completed_resumed += outcome.completed_resumed;
    tally.routed += outcome.routed;
    tally.spilled += outcome.spilled;
  }
  return tally;
}

class CopyModel : public testing::TestWithParam<uint64_t> {};

TEST_P(CopyModel, DestinationEqualsT0AndHostsNeverSuffer) {
  const uint64_t count = number_from("TIDEMARK_SCHEDULES", 20000) / 4;
  const uint64_t base = number_from("TIDEMARK_FIRST_SEED", 0);
  const uint64_t first = base != 0 ? base + GetParam() * count : 1 + GetParam() * 1000000;
  const Tally tally = run_range(first, count);
  std::printf(
      "schedules %llu: completed %llu broken %llu failed %llu cancelled %llu; "
      "held writes %llu, aborted %llu, resumed %llu (%llu completed)\n",
      static_cast<unsigned long long>(count), static_cast<unsigned long long>(tally.completed),
      static_cast<unsigned long long>(tally.broken), static_cast<unsigned long long>(tally.failed),
      static_cast<unsigned long long>(tally.cancelled), static_cast<unsigned long long>(tally.held),
      static_cast<unsigned long long>(tally.aborted),
      static_cast<unsigned long long>(tally.resumed),
      static_cast<unsigned long long>(tally.completed_resumed));
  if (number_from("TIDEMARK_SEED", 0) != 0 || count < 1000) return;
  // The schedules must reach what they are for.
  EXPECT_GT(tally.completed, count / 2);
  EXPECT_GT(tally.broken, 0u);
  EXPECT_GT(tally.failed, 0u);
  EXPECT_GT(tally.cancelled, 0u);
  EXPECT_GT(tally.held, count);
  EXPECT_GT(tally.aborted, 0u);
  EXPECT_GT(tally.followed, 0u);
  EXPECT_GT(tally.completed_resumed, count / 20);
  EXPECT_GT(tally.routed, count * 4096);
  EXPECT_GT(tally.spilled, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, CopyModel, testing::Range<uint64_t>(0, 4));

}  // namespace
}  // namespace tidemark::test
