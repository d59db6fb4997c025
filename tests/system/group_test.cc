// Groups of copies by a real daemon: one begin time for many LUNs that are all being written.
//
// TIDEMARK_FENCES sets how many groups are begun; how long each stopped the writes is printed.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "mgmt/bench/load_run.h"
#include "tests/system/daemon.h"

namespace tidemark::system_test {
namespace {

using namespace std::chrono_literals;
using mgmt::cli::CopyView;
using mgmt::cli::GroupView;

constexpr int kLuns = 64;

size_t fences() {
  const char* text = std::getenv("TIDEMARK_FENCES");
  return text ? static_cast<size_t>(std::atoi(text)) : 3;
}

GroupView group_of(const mgmt::cli::Answer& answer) {
  if (!answer) {
    ADD_FAILURE() << answer.error.field << ": " << answer.error.message;
    return {};
  }
  return mgmt::cli::read_group(answer.body).value();
}

/// `count` pairs of volumes; those beyond the first are "source1" and "copy1" as LUNs 2 and 3, and
/// so on.
DaemonOptions pairs(int count, const std::string& kind, const std::string& limits = "{}") {
  DaemonOptions options{.size = "1MiB", .kind = kind, .limits = limits};
  for (int pair = 1; pair < count; ++pair) {
    for (const std::string name : {"source", "copy"}) {
      const std::string volume = name + std::to_string(pair);
      const std::string location = kind == "memory" ? "memory:" : "file:" + volume + ".img";
      options.volumes +=
          fmt::format(R"(, {{"name": "{}", "location": "{}", "size": "1MiB"}})", volume, location);
      options.luns +=
          fmt::format(R"(, {{"lun": {}, "volume": "{}"}})", 2 * pair + (name == "copy"), volume);
    }
  }
  return options;
}

/// Writes of 4 KiB to all sources, four at a time to each.
class Load {
 public:
  explicit Load(const Daemon& daemon) {
    for (int pair = 0; pair < kLuns; ++pair) options_.urls.push_back(daemon.lun_url(2 * pair));
    options_.load.pattern = mgmt::bench::Pattern::random_write;
    options_.load.block_size = 4096;
    options_.load.depth = 4;
    options_.seconds = 0.5;
    options_.warm_up = 0;
    thread_ = std::thread([this] {
      while (!stopping_) {
        const auto report = mgmt::bench::run_load(options_);
        if (!report) return;
        writes_ += report.value().tally.writes;
      }
    });
    while (writes_ == 0) std::this_thread::sleep_for(5ms);
  }
  uint64_t stop() {
    stopping_ = true;
    thread_.join();
    return writes_;
  }

 private:
  mgmt::bench::LoadOptions options_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> writes_ = 0;
  std::thread thread_;
};

TEST(GroupOfCopies, SixtyFourLunsBeingWrittenBeginAtOneTime) {
  Daemon daemon(pairs(kLuns, "memory", R"({"connections_per_address": 200})"));
  ASSERT_FALSE(HasFailure());
  mgmt::cli::GroupOrder order;
  order.release = "ram";
  order.rate_limit = "64KiB";
  order.pairs.push_back("source:copy");
  for (int pair = 1; pair < kLuns; ++pair)
    order.pairs.push_back(fmt::format("source{}:copy{}", pair, pair));

  Load load(daemon);
  std::vector<uint64_t> fence_us;
  while (fence_us.size() < fences() && !HasFailure()) {
    const GroupView group = group_of(daemon.api().start_group(order));
    ASSERT_EQ(group.copies.size(), size_t{kLuns});
    for (const CopyView& copy : group.copies) {
      EXPECT_EQ(copy.t0, group.t0);
      EXPECT_TRUE(copy.state == "copying" || copy.completed()) << copy.state << " " << copy.error;
    }
    fence_us.push_back(group.fence_us);
    // Those of which all is holes may be over by now.
    for (const CopyView& copy : group.copies) (void)daemon.api().change(copy.id, "cancel");
    for (const CopyView& copy : group.copies)
      await_copy(daemon.api(), copy.id, [](const CopyView& view) { return view.has_ended(); });
  }
  const uint64_t writes = load.stop();
  ASSERT_FALSE(fence_us.empty());
  std::sort(fence_us.begin(), fence_us.end());
  const auto quantile = [&](size_t percent) {
    return fence_us[std::min(fence_us.size() - 1, fence_us.size() * percent / 100)];
  };
  fmt::print("{} groups of {} LUNs, {} writes: fence p50 {} us, p99 {} us, longest {} us\n",
             fence_us.size(), kLuns, writes, quantile(50), quantile(99), fence_us.back());
}

TEST(GroupOfCopies, AllOrNone) {
  Daemon daemon(pairs(3, "file"));
  ASSERT_FALSE(HasFailure());
  mgmt::cli::GroupOrder order;
  order.pairs = {"source:copy", "source1:copy1", "source2:nowhere"};
  const mgmt::cli::Answer refused = daemon.api().start_group(order);
  EXPECT_EQ(refused.outcome, mgmt::cli::Answer::Outcome::refused);
  EXPECT_EQ(refused.error.field, "copies[2].destination");
  EXPECT_TRUE(mgmt::cli::read_copies(daemon.api().copies().body).value().empty());

  order.pairs.back() = "source2:copy2";
  const GroupView group = group_of(daemon.api().start_group(order));
  for (const CopyView& copy : group.copies)
    EXPECT_EQ(
        await_copy(daemon.api(), copy.id, [](const CopyView& view) { return view.has_ended(); })
            .state,
        "completed");
  EXPECT_EQ(group_of(daemon.api().group(group.id)).state, "completed");
  daemon.restart();
  EXPECT_EQ(group_of(daemon.api().group(group.id)).t0, group.t0) << "it is still one";
}

}  // namespace
}  // namespace tidemark::system_test
