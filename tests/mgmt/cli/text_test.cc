// Figures, tables and URLs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/cli/http_client.h"
#include "mgmt/cli/render.h"
#include "mgmt/cli/table.h"
#include "mgmt/cli/units.h"

namespace tidemark::mgmt::cli {
namespace {

TEST(Units, HaveThreeDigits) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1024), "1 KiB");
  EXPECT_EQ(bytes_text(1.5 * 1024 * 1024), "1.50 MiB");
  EXPECT_EQ(bytes_text(12.34 * 1024 * 1024), "12.3 MiB");
  EXPECT_EQ(bytes_text(1024.0 * 1024 * 1023.9), "1.00 GiB");
  EXPECT_EQ(bytes_text(18446744073709551615.0), "16 EiB");
  EXPECT_EQ(micros_text(999), "999 us");
  EXPECT_EQ(micros_text(12345), "12.3 ms");
  EXPECT_EQ(seconds_text(59.4), "59 s");
  EXPECT_EQ(seconds_text(200), "3 min 20 s");
  EXPECT_EQ(seconds_text(7500), "2 h 5 min");
  EXPECT_EQ(seconds_text(-1), "0 s");
}

TEST(Units, AHundredPercentMeansAllOfIt) {
  EXPECT_EQ(percent_text(999999, 1000000), "99.9 %");
  EXPECT_EQ(percent_text(1000000, 1000000), "100 %");
  EXPECT_EQ(percent_text(0, 0), "100 %");
}

TEST(Table, ColumnsFitTheirWidestCell) {
  Table table({{"NAME"}, {"SIZE", true}});
  table.add({"a", "1"});
  table.add({"longer", "12345"});
  EXPECT_EQ(table.text(), "NAME     SIZE\na           1\nlonger  12345\n");
}

TEST(Progress, FitsTheTerminal) {
  CopyView copy;
  copy.id = 1;
  copy.state = "copying";
  copy.bytes_total = 1000;
  copy.bytes_done = 500;
  for (size_t width : {0u, 20u, 80u, 100u, 120u, 300u}) {
    const std::string line = progress_line(copy, width);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    if (width >= 100) {
      EXPECT_THAT(line, testing::HasSubstr("[#"));
      EXPECT_LE(line.size(), width);
    }
  }
}

TEST(UrlText, IsTakenApart) {
  const auto url = parse_url("http://[::1]:80/tide/");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url.value().host, "::1");
  EXPECT_EQ(url.value().port, "80");
  EXPECT_EQ(url.value().prefix, "/tide");
  EXPECT_EQ(parse_url("http://host").value().port, "8260");
  for (const char* wrong : {"", "host", "ftp://x", "http://", "http://:80",
                            "http://x:", "http://x:a", "http://[::1", "http://[::1]80"})
    EXPECT_FALSE(parse_url(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace tidemark::mgmt::cli
