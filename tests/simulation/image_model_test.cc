// Runs the model of image_model.h over many seeds. A failure prints its seed; to replay it:
//   TIDEMARK_SEED=n simulation_tests --gtest_filter=ImageModel.*
// TIDEMARK_SCHEDULES sets how many are run.
#include "tests/simulation/image_model.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace tidemark::test {
namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(ImageModel, ImagesAreAsOfTheirBeginTimesAndHostsNeverSuffer) {
  const uint64_t only = number_from("TIDEMARK_SEED", 0);
  const uint64_t count = only != 0 ? 1 : number_from("TIDEMARK_SCHEDULES", 20000) / 20;
  const uint64_t first = only != 0 ? only : 1;
  ImageOutcome sum;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const ImageOutcome outcome = run_image_model(seed);
    ASSERT_EQ(outcome.failure, "") << "replay with TIDEMARK_SEED=" << seed;
    sum.begun += outcome.begun;
    sum.lost += outcome.lost;
    sum.dropped += outcome.dropped;
    sum.reads += outcome.reads;
    sum.copies += outcome.copies;
    sum.whole += outcome.whole;
    sum.completed += outcome.completed;
  }
  std::printf(
      "schedules %llu: images %llu (%llu whole), lost %llu, dropped %llu; reads %llu, copies %llu; "
      "copies of the source %llu\n",
      static_cast<unsigned long long>(count), static_cast<unsigned long long>(sum.begun),
      static_cast<unsigned long long>(sum.whole), static_cast<unsigned long long>(sum.lost),
      static_cast<unsigned long long>(sum.dropped), static_cast<unsigned long long>(sum.reads),
      static_cast<unsigned long long>(sum.copies), static_cast<unsigned long long>(sum.completed));
  if (count < 1000) return;
  // The schedules must reach what they are for.
  EXPECT_GT(sum.begun, count);
  EXPECT_GT(sum.lost, 0u);
  EXPECT_GT(sum.dropped, count / 4);
  EXPECT_GT(sum.reads, count);
  EXPECT_GT(sum.copies, count / 4);
  EXPECT_GT(sum.whole, count / 2);
  EXPECT_GT(sum.completed, count / 4);
}

}  // namespace
}  // namespace tidemark::test
