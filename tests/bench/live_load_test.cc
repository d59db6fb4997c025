// The load generator against a real tidemarkd: all that is written is read back and compared.
#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <optional>

#include "mgmt/bench/load_run.h"
#include "tests/mgmt/daemon_process.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt::bench {
namespace {

constexpr uint64_t kBytes = 8 * kMiB;

class LiveLoad : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    const std::string config = directory_.write(
        "tidemark.json", R"({"portals": ["127.0.0.1:0"], "management": {"listen": "127.0.0.1:0"},
      "cores": 2,
      "volumes": [{"name": "memory", "location": "memory:", "size": "8MiB"}],
      "targets": [{"name": "iqn.2026-11.dev.tidemark:test", "access": [{"initiator": "*"}],
                   "luns": [{"lun": 0, "volume": "memory"}]}]})");
    daemon_.emplace(
        std::vector<std::string>{"--config", config, "--state-dir", directory_.path() + "/state"});
    ASSERT_TRUE(daemon_->ready());
  }
  void TearDown() override {
    daemon_->signal(SIGTERM);
    EXPECT_EQ(daemon_->exit_code(), 0) << daemon_->output();
  }

  LoadOptions options(Pattern pattern, uint32_t block_size, uint64_t count) const {
    LoadOptions options;
    options.urls = {"iscsi://" + daemon_->portal() + "/iqn.2026-11.dev.tidemark:test/0"};
    options.digests = GetParam();
    options.load.pattern = pattern;
    options.load.block_size = block_size;
    options.load.count = count;
    options.load.depth = 8;
    options.load.verify = true;
    return options;
  }

  TemporaryDirectory directory_;
  std::optional<DaemonProcess> daemon_;
};

TEST_P(LiveLoad, ReadsBackWhatItWrote) {
  const auto written = run_load(options(Pattern::sequential_write, kMiB, kBytes / kMiB));
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written.value().tally.writes, kBytes / kMiB);
  auto mixed = options(Pattern::mixed, 4096, 500);
  mixed.sessions = 2;
  const auto changed = run_load(mixed);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed.value().ios(), 1000u);
  EXPECT_EQ(changed.value().tally.latency.count(), 1000u);
  for (const uint32_t block_size : {4096u, 1u << 20}) {
    const auto read = run_load(options(Pattern::sequential_read, block_size, kBytes / block_size));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read.value().tally.reads, kBytes / block_size);
  }
}

TEST_P(LiveLoad, NoticesDataOfAnotherSeed) {
  ASSERT_TRUE(run_load(options(Pattern::sequential_write, kMiB, kBytes / kMiB)));
  auto other = options(Pattern::random_read, 4096, 10);
  other.load.seed = 2;
  EXPECT_FALSE(run_load(other));
}

TEST_P(LiveLoad, ReportsTheTargetsShareOnRequest) {
  auto load = options(Pattern::random_write, 4096, 100);
  load.target_pid = getpid();
  const auto report = run_load(load);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_NE(report_json(load, report.value()).find("\"target_cpu_us_per_io\""), std::string::npos);
  load.target_pid = -1;
  EXPECT_EQ(report_json(load, report.value()).find("\"target_cpu"), std::string::npos);
}

TEST_P(LiveLoad, RefusesWhatMakesNoSense) {
  auto load = options(Pattern::random_read, 1000, 1);
  EXPECT_EQ(run_load(load).error().field, "block-size");
  load = options(Pattern::random_read, 4096, 1);
  load.load.depth = 0;
  EXPECT_EQ(run_load(load).error().field, "depth");
  load = options(Pattern::random_read, 4096, 1);
  load.urls = {"iscsi://127.0.0.1/"};
  EXPECT_EQ(run_load(load).error().field, "URL");
}

INSTANTIATE_TEST_SUITE_P(Digests, LiveLoad, testing::Bool());

}  // namespace
}  // namespace tidemark::mgmt::bench
