#include "mgmt/http/metrics.h"

#include <regex>

#include "mgmt/http/metrics_text.h"
#include "tests/mgmt/http_fixture.h"

namespace tidemark::mgmt {
namespace {

using copyengine::CopyState;
using copyengine::CopyStatus;

constexpr uint64_t kMinute = 60'000'000'000;

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(MetricsText, LabelsAreEscaped) {
  MetricsText text;
  text.family("a_total", MetricKind::counter, "Help.");
  text.sample({{"x", "a\"b\\c\nd"}, {"y", ""}}, uint64_t{3});
  EXPECT_EQ(
      text.text(),
      "# HELP a_total Help.\n# TYPE a_total counter\na_total{x=\"a\\\"b\\\\c\\nd\",y=\"\"} 3\n");
}

TEST(MetricsText, BucketsEndWithAllOfThem) {
  MetricsText text;
  text.family("h", MetricKind::histogram, "Help.");
  text.bucket({}, 0.5, 2);
  text.buckets_end({}, 3);
  EXPECT_TRUE(
      text.text().ends_with("h_bucket{le=\"0.5\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_count 3\n"));
}

TEST(Metrics, TellTheFiguresOfACopy) {
  MetricsView view;
  CopyStatus copy;
  copy.id = 7;
  copy.request.source = "s";
  copy.request.destination = "d";
  copy.state = CopyState::copying;
  copy.bytes_done = 4096;
  copy.held_now = 2;
  copy.holds.add(std::chrono::microseconds(3));
  copy.holds.add(std::chrono::milliseconds(2));
  view.copies = {copy};
  const std::string text = metrics_text(view, kMinute);
  const std::string labels = R"(copy="7",source="s",destination="d")";
  EXPECT_TRUE(has_line(text, "tidemark_copies{state=\"copying\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "tidemark_copy_done_bytes_total{" + labels + "} 4096"));
  EXPECT_TRUE(has_line(text, "tidemark_copy_held_writes{" + labels + "} 2"));
  EXPECT_TRUE(has_line(text, "tidemark_copy_hold_seconds_bucket{" + labels + ",le=\"4e-06\"} 1"));
  EXPECT_TRUE(has_line(text, "tidemark_copy_hold_seconds_count{" + labels + "} 2"));
}

TEST(Metrics, TellTheFiguresOfALun) {
  MetricsView view;
  LunView lun;
  lun.target = "iqn.t";
  lun.lun = 3;
  lun.volume = "v";
  lun.io = {.reads = 1, .writes = 2, .bytes_read = 512, .bytes_written = 1024, .errors = 4};
  view.luns = {lun};
  const std::string text = metrics_text(view, kMinute);
  const std::string labels = R"({target="iqn.t",lun="3",volume="v"})";
  EXPECT_TRUE(has_line(text, "tidemark_lun_reads_total" + labels + " 1")) << text;
  EXPECT_TRUE(has_line(text, "tidemark_lun_writes_total" + labels + " 2"));
  EXPECT_TRUE(has_line(text, "tidemark_lun_read_bytes_total" + labels + " 512"));
  EXPECT_TRUE(has_line(text, "tidemark_lun_written_bytes_total" + labels + " 1024"));
  EXPECT_TRUE(has_line(text, "tidemark_lun_errors_total" + labels + " 4"));
}

TEST(Metrics, ACopyThatHasEndedIsToldForAWhile) {
  MetricsView view;
  CopyStatus copy;
  copy.id = 7;
  copy.state = CopyState::completed;
  copy.ended_unix_ns = 10 * kMinute;
  view.copies = {copy};
  EXPECT_NE(metrics_text(view, 11 * kMinute).find("copy=\"7\""), std::string::npos);
  const std::string later = metrics_text(view, 60 * kMinute);
  EXPECT_EQ(later.find("copy=\"7\""), std::string::npos);
  EXPECT_TRUE(has_line(later, "tidemark_copies{state=\"completed\"} 1"));
}

using MetricsPort = HttpPort;

TEST_F(MetricsPort, EveryLineIsOneThatPrometheusReads) {
  start_one();
  const HttpReply reply = get("/metrics");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const std::regex line(
      R"re((# (HELP|TYPE) [a-z_]+ .+)|([a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [-+.e0-9]+))re");
  std::istringstream lines(reply.body);
  size_t count = 0;
  for (std::string text; std::getline(lines, text); ++count)
    EXPECT_TRUE(std::regex_match(text, line)) << text;
  EXPECT_GT(count, 50u);
  EXPECT_TRUE(has_line(reply.body, "tidemark_volume_write_protected{volume=\"copy\"} 1"));
  EXPECT_NE(reply.body.find("tidemark_session_commands_total{session=\"3\",target="),
            std::string::npos);
}

}  // namespace
}  // namespace tidemark::mgmt
