// How figures are got: histogram, /proc, URLs.
#include <gtest/gtest.h>
#include <unistd.h>

#include "mgmt/bench/histogram.h"
#include "mgmt/bench/lun_url.h"
#include "mgmt/bench/process_use.h"

namespace tidemark::mgmt::bench {
namespace {

TEST(Histogram, IsExactWhileValuesAreSmall) {
  Histogram histogram;
  for (uint64_t value = 1; value <= 100; ++value) histogram.add(value);
  EXPECT_EQ(histogram.percentile(0.5), 50u);
  EXPECT_EQ(histogram.percentile(0.99), 99u);
  EXPECT_EQ(histogram.percentile(1), 100u);
  EXPECT_EQ(histogram.highest(), 100u);
  EXPECT_DOUBLE_EQ(histogram.mean(), 50.5);
}

TEST(Histogram, IsWithinTwoPercentAnywhere) {
  for (uint64_t value = 1; value < uint64_t{1} << 39; value = value * 5 / 3 + 1) {
    Histogram histogram;
    histogram.add(value);
    histogram.add(uint64_t{1} << 39);
    const auto got = static_cast<double>(histogram.percentile(0.5));
    EXPECT_NEAR(got, static_cast<double>(value), 0.02 * static_cast<double>(value)) << value;
  }
}

TEST(Histogram, TakesAnyValueAndAddsUp) {
  Histogram one;
  Histogram other;
  one.add(UINT64_MAX);
  other.add(0);
  one.add(other);
  EXPECT_EQ(one.count(), 2u);
  EXPECT_EQ(one.percentile(0.5), 0u);
  EXPECT_EQ(one.highest(), UINT64_MAX);
  EXPECT_EQ(Histogram().percentile(0.5), 0u);
}

TEST(ProcessUse, CountsUserAndSystemTimeWhateverTheName) {
  const std::string stat =
      "42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 700 55 8 9 20 0 3 0 100 200 300";
  EXPECT_EQ(cpu_ticks_of(stat), 755u);
  EXPECT_EQ(cpu_ticks_of(""), std::nullopt);
  EXPECT_EQ(cpu_ticks_of("42 (x) S 1 2"), std::nullopt);
}

TEST(ProcessUse, CountsBothKindsOfSwitches) {
  EXPECT_EQ(switches_of("Name:\tx\nvoluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n"),
            42u);
  EXPECT_EQ(switches_of("Name:\tx\n"), 0u);
}

TEST(ProcessUse, KnowsARunningProcessAndNoOther) {
  EXPECT_TRUE(process_use(getpid()));
  EXPECT_FALSE(process_use(-1));
}

TEST(LunUrl, IsTakenApart) {
  const auto plain = parse_lun_url("iscsi://10.0.0.1/iqn.2026-11.dev.tidemark:main/0");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain.value().host, "10.0.0.1");
  EXPECT_EQ(plain.value().port, "3260");
  EXPECT_EQ(plain.value().target, "iqn.2026-11.dev.tidemark:main");
  EXPECT_EQ(plain.value().lun, 0);
  const auto six = parse_lun_url("iscsi://[::1]:13260/iqn.x:y/17");
  ASSERT_TRUE(six);
  EXPECT_EQ(six.value().host, "::1");
  EXPECT_EQ(six.value().port, "13260");
  EXPECT_EQ(six.value().lun, 17);
}

TEST(LunUrl, RefusesWhatIsNone) {
  for (const char* text : {"", "http://a/b/0", "iscsi://a", "iscsi://a/b", "iscsi:///b/0",
                           "iscsi://a/b/x", "iscsi://a/b/16384", "iscsi://a:0/b/1",
                           "iscsi://a:99999/b/1", "iscsi://[::1/b/0", "iscsi://a/b c/0"})
    EXPECT_FALSE(parse_lun_url(text)) << text;
}

}  // namespace
}  // namespace tidemark::mgmt::bench
