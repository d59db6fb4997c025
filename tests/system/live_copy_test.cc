// Copies of a LUN that is being written, proven sector by sector, in every mode.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <chrono>

#include "mgmt/demo/live_proof.h"
#include "tests/system/daemon.h"

namespace tidemark::system_test {
namespace {

using mgmt::LiveProof;
using mgmt::LiveProofOptions;
using mgmt::LiveProofReport;

struct Mode {
  const char* name;
  const char* consistency;
  const char* release;
  const char* segment_size;
  const char* grain;
  const char* rate_limit;
  unsigned sessions = 1;
  unsigned depth = 1;
  const char* kind = "file";
};

void PrintTo(const Mode& mode, std::ostream* to) {
  *to << mode.name;
}

LiveProofOptions options_of(const Mode& mode) {
  LiveProofOptions options;
  options.order.consistency = mode.consistency;
  options.order.release = mode.release;
  options.order.segment_size = mode.segment_size;
  options.order.grain = mode.grain;
  options.order.rate_limit = mode.rate_limit;
  options.sessions = mode.sessions;
  options.depth = mode.depth;
  return options;
}

class LiveCopy : public testing::TestWithParam<Mode> {};

TEST_P(LiveCopy, IsTheSourceAtOneMoment) {
  Daemon daemon(DaemonOptions{.size = "32MiB", .kind = GetParam().kind});
  if (HasFatalFailure()) return;
  LiveProof::Observer observer;
  const auto report = LiveProof(daemon.api(), options_of(GetParam())).run(observer);
  ASSERT_TRUE(report.ok()) << report.error().message;
  const LiveProofReport& proof = report.value();
  EXPECT_TRUE(proof.verdict.holds) << proof.verdict.reason << ", seed " << proof.seed;
  EXPECT_GT(proof.writes_during_copy, 0u);
  RecordProperty("n", static_cast<int>(proof.verdict.n));
  fmt::print("n {} in [{}, {}], {} writes, {} while copying, held {}, preserved {} KiB\n",
             proof.verdict.n, proof.verdict.lowest, proof.verdict.highest, proof.writes,
             proof.writes_during_copy, proof.copy.held_total, proof.copy.bytes_preserved / 1024);
}

// The rate limit stretches a copy, so that many writes fall into it.
INSTANTIATE_TEST_SUITE_P(
    Modes, LiveCopy,
    testing::Values(
        Mode{"Source", "source", "written", "8MiB", "16KiB", ""},
        Mode{"SourceSlow", "source", "written", "4MiB", "16KiB", "16MiB"},
        Mode{"SourceRam", "source", "ram", "8MiB", "16KiB", "16MiB"},
        Mode{"SourceSmallGrains", "source", "written", "1MiB", "4KiB", "16MiB"},
        Mode{"SourceLargeGrains", "source", "ram", "32MiB", "64KiB", "16MiB"},
        Mode{"SourceInMemory", "source", "written", "4MiB", "16KiB", "16MiB", 1, 1, "memory"},
        Mode{"Segment", "segment", "written", "4MiB", "16KiB", "16MiB"},
        Mode{"SegmentRamSmallGrains", "segment", "ram", "1MiB", "4KiB", "16MiB"},
        Mode{"SegmentFullSpeed", "segment", "written", "2MiB", "64KiB", ""},
        Mode{"TwoSessionsDeep", "source", "written", "4MiB", "16KiB", "16MiB", 2, 16},
        Mode{"TwoSessionsDeepRam", "source", "ram", "4MiB", "4KiB", "16MiB", 2, 16},
        Mode{"TwoSessionsDeepFullSpeed", "source", "written", "8MiB", "64KiB", "", 2, 16}),
    [](const auto& mode) { return mode.param.name; });

/// Steers the copy while the proof runs.
class PauseInTheMiddle : public LiveProof::Observer {
 public:
  void progress(const mgmt::cli::Api& api, const mgmt::cli::CopyView& copy,
                uint64_t writes) override {
    if (copy.state == "copying" && paused_at_ == 0) {
      const mgmt::cli::Answer answer = api.change(copy.id, "pause");
      EXPECT_TRUE(answer) << answer.error.message;
      paused_at_ = writes;
    } else if (copy.state == "paused" && !resumed_ && writes > paused_at_ + 100) {
      done_while_paused_ = copy.bytes_done;
      const mgmt::cli::Answer answer = api.change(copy.id, "resume");
      EXPECT_TRUE(answer) << answer.error.message;
      resumed_ = true;
    }
  }

  uint64_t paused_at_ = 0;
  uint64_t done_while_paused_ = 0;
  bool resumed_ = false;
};

TEST(LiveCopySteered, PauseAndResumeKeepTheMoment) {
  Daemon daemon;
  if (testing::Test::HasFatalFailure()) return;
  LiveProofOptions options;
  options.order.rate_limit = "16MiB";
  options.order.segment_size = "4MiB";
  PauseInTheMiddle observer;
  const auto report = LiveProof(daemon.api(), options).run(observer);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_TRUE(observer.resumed_);
  EXPECT_LT(observer.done_while_paused_, report.value().copy.bytes_total);
  EXPECT_TRUE(report.value().verdict.holds) << report.value().verdict.reason;
}

/// Cancels the copy once it runs.
class CancelInTheMiddle : public LiveProof::Observer {
 public:
  void progress(const mgmt::cli::Api& api, const mgmt::cli::CopyView& copy, uint64_t) override {
    if (copy.state != "copying") return;
    const mgmt::cli::Answer answer = api.change(copy.id, "cancel");
    EXPECT_TRUE(answer) << answer.error.message;
  }
};

TEST(LiveCopySteered, CancelLetsTheWriterGoOn) {
  Daemon daemon;
  if (testing::Test::HasFatalFailure()) return;
  LiveProofOptions options;
  options.order.rate_limit = "4MiB";
  CancelInTheMiddle observer;
  const auto report = LiveProof(daemon.api(), options).run(observer);
  ASSERT_TRUE(report.ok()) << "a write failed: " << report.error().message;
  EXPECT_EQ(report.value().copy.state, "cancelled");
  EXPECT_EQ(report.value().copy.held_now, 0u);
  const mgmt::cli::Answer again = daemon.api().change(report.value().copy.id, "resume");
  EXPECT_EQ(again.outcome, mgmt::cli::Answer::Outcome::refused);
  EXPECT_EQ(again.error.kind, ErrorKind::conflict);
}

TEST(LiveCopySteered, TheDestinationIsProtectedWhileCopying) {
  Daemon daemon;
  if (testing::Test::HasFatalFailure()) return;
  const auto disk = daemon.attach(1);
  ASSERT_NE(disk, nullptr);
  const std::vector<uint8_t> data(4096, 0x5a);
  std::string error;
  const auto write = [&] {
    error = "not answered";
    disk->write(0, data, [&](const std::string& outcome) { error = outcome; });
    EXPECT_TRUE(disk->drain().ok());
    return error;
  };
  EXPECT_EQ(write(), "");

  // Data that takes a while to copy: an empty source would be skipped.
  const auto source = daemon.attach(0, "source");
  ASSERT_NE(source, nullptr);
  for (uint64_t at = 0; at < source->size(); at += 1 << 20) {
    source->write(at, data, [](const std::string& outcome) { EXPECT_EQ(outcome, ""); });
    ASSERT_TRUE(source->drain().ok());
  }
  mgmt::cli::CopyOrder order = LiveProofOptions::default_order();
  order.rate_limit = "16KiB";
  const mgmt::cli::Answer started = daemon.api().start(order);
  ASSERT_TRUE(started) << started.error.message;
  const uint64_t id = mgmt::cli::read_copy(started.body).value().id;
  EXPECT_NE(write(), "") << "a host wrote to the destination of a running copy";
  ASSERT_TRUE(daemon.api().change(id, "cancel"));
  await_copy(daemon.api(), id, [](const mgmt::cli::CopyView& copy) { return copy.has_ended(); });
  // The copier's last writes are on their way: protected until they have come back, no longer.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (write() != "" && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(write(), "");
}

}  // namespace
}  // namespace tidemark::system_test
