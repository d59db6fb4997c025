// A volume that grows while hosts use it and while it is copied.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/demo/live_proof.h"
#include "tests/system/daemon.h"
#include "tests/system/process.h"

namespace tidemark::system_test {
namespace {

using testing::HasSubstr;

constexpr uint64_t kOld = 32 << 20;
constexpr uint64_t kNew = 48 << 20;

/// Error text of one write of 4 KiB; empty if it went well.
std::string write_at(mgmt::IscsiDisk& disk, uint64_t offset) {
  static const std::vector<uint8_t> data(4096, 0x6e);
  std::string error = "not answered";
  disk.write(offset, data, [&](const std::string& outcome) { error = outcome; });
  EXPECT_TRUE(disk.drain().ok());
  return error;
}

Finished grow(const Daemon& daemon, const char* volume, const char* size) {
  return run_program(
      {TIDEMARK_PATH, "--target", daemon.management_url(), "volume", "grow", volume, size});
}

TEST(Growth, IsToldToEveryHostAndOutlivesTheDaemon) {
  Daemon daemon;
  const auto one = daemon.attach(0, "one");
  const auto other = daemon.attach(0, "other");
  ASSERT_TRUE(one && other);
  EXPECT_NE(write_at(*one, kNew - 4096), "");
  EXPECT_EQ(write_at(*other, 0), "") << "whatever a new session is told, it is told here";
  const uint64_t told[] = {one->attentions_met(), other->attentions_met()};
  const Finished grown = grow(daemon, "source", "48MiB");
  ASSERT_EQ(grown.status, 0) << grown.output;
  EXPECT_THAT(grown.output, HasSubstr("48 MiB"));
  EXPECT_EQ(write_at(*one, kNew - 4096), "");
  EXPECT_EQ(write_at(*other, kNew - 4096), "");
  EXPECT_EQ(one->attentions_met(), told[0] + 1);
  EXPECT_EQ(other->attentions_met(), told[1] + 1);
  daemon.restart();
  const auto again = daemon.attach(0);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->size(), kNew) << "the configuration says less";
}

TEST(Growth, DuringACopyLeavesTheCopyItsSize) {
  Daemon daemon;
  const auto disk = daemon.attach(0);
  ASSERT_TRUE(disk);
  for (uint64_t at = 0; at < kOld; at += 1 << 20) ASSERT_EQ(write_at(*disk, at), "");
  mgmt::cli::CopyOrder order = mgmt::LiveProofOptions::default_order();
  order.rate_limit = "16KiB";
  const mgmt::cli::Answer started = daemon.api().start(order);
  ASSERT_TRUE(started) << started.error.message;
  const uint64_t id = mgmt::cli::read_copy(started.body).value().id;

  ASSERT_EQ(grow(daemon, "source", "48MiB").status, 0);
  EXPECT_EQ(write_at(*disk, kNew - 4096), "");
  EXPECT_EQ(write_at(*disk, kOld), "");
  EXPECT_EQ(write_at(*disk, 0), "") << "preserved first, as before";
  const auto copy = mgmt::cli::read_copy(daemon.api().copy(id).body);
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(copy.value().bytes_total, kOld);
  EXPECT_FALSE(copy.value().has_ended());
  ASSERT_TRUE(daemon.api().change(id, "cancel"));
}

TEST(Growth, ToLessIsRefusedByField) {
  Daemon daemon;
  const Finished refused = grow(daemon, "source", "16MiB");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, HasSubstr("size: "));
  EXPECT_EQ(grow(daemon, "nothing", "64MiB").status, 1);
}

}  // namespace
}  // namespace tidemark::system_test
