// A real file system, brought in by QEMU, copied while the LUN is overwritten, and checked.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/system/daemon.h"
#include "tests/system/process.h"

namespace tidemark::system_test {
namespace {

namespace fs = std::filesystem;

constexpr auto kToolLimit = std::chrono::seconds(30);

void must_succeed(const std::vector<std::string>& words) {
  const Finished finished = run_program(words, kToolLimit);
  ASSERT_FALSE(finished.timed_out) << words[0];
  ASSERT_EQ(finished.status, 0) << words[0] << "\n" << finished.output;
}

struct FileSystem : testing::Test {
  void SetUp() override {
    image = (daemon.directory() / "image.raw").string();
    // Real files: this project's own sources.
    const fs::path files = daemon.directory() / "files";
    fs::create_directory(files);
    for (const char* folder : {"base", "storage", "copyengine", "scsi", "target", "mgmt", "tests"})
      fs::copy(fs::path(TIDEMARK_SOURCE_DIR) / folder, files / folder, fs::copy_options::recursive);
    must_succeed({"mkfs.ext4", "-q", "-d", files.string(), image, "64M"});
    must_succeed({"qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", image, daemon.lun_url(0)});
  }

  mgmt::cli::CopyView start_copy(const char* rate_limit) {
    mgmt::cli::CopyOrder order;
    order.source = "source";
    order.destination = "copy";
    order.rate_limit = rate_limit;
    order.segment_size = "4MiB";
    const mgmt::cli::Answer started = daemon.api().start(order);
    EXPECT_TRUE(started) << started.error.message;
    return started ? mgmt::cli::read_copy(started.body).value() : mgmt::cli::CopyView{};
  }

  void expect_copy_is_the_image(uint64_t id) {
    const auto copy =
        await_copy(daemon.api(), id, [](const auto& view) { return view.has_ended(); });
    ASSERT_EQ(copy.state, "completed") << copy.error;
    const std::string back = (daemon.directory() / "back.raw").string();
    must_succeed({"qemu-img", "convert", "-f", "raw", "-O", "raw", daemon.lun_url(1), back});
    must_succeed({"cmp", image, back});
    must_succeed({"e2fsck", "-fn", back});
  }

  Daemon daemon{DaemonOptions{.size = "64MiB"}};
  std::string image;
};

TEST_F(FileSystem, SurvivesOverwritingOfTheWholeLun) {
  const auto disk = daemon.attach(0);
  ASSERT_NE(disk, nullptr);
  const uint64_t id = start_copy("32MiB").id;
  const std::vector<uint8_t> garbage(256 * 1024, 0x5a);
  for (uint64_t at = 0; at < disk->size(); at += garbage.size()) {
    disk->write(at, garbage, [](const std::string& error) { EXPECT_EQ(error, ""); });
    while (disk->in_flight() > 8) {
      mgmt::IscsiDisk* const one = disk.get();
      ASSERT_TRUE(mgmt::IscsiDisk::poll(std::span(&one, 1), std::chrono::milliseconds(500)).ok());
    }
  }
  ASSERT_TRUE(disk->drain().ok());
  expect_copy_is_the_image(id);
}

TEST_F(FileSystem, IsNotTouchedByWhatQemuWritesAfterwards) {
  const uint64_t id = start_copy("16MiB").id;
  must_succeed({"qemu-io", "-f", "raw", "-c", "write -P 0xa5 0 4M", "-c",
                "write -P 0x11 33333K 777K", "-c", "write -z 50M 8M", "-c", "discard 20M 4M", "-c",
                "flush", daemon.lun_url(0)});
  must_succeed({"qemu-io", "-f", "raw", "-c", "read -P 0xa5 0 4M", "-c", "read -P 0x11 33333K 777K",
                "-c", "read -P 0 50M 8M", daemon.lun_url(0)});
  expect_copy_is_the_image(id);
}

TEST_F(FileSystem, IsFoundByDiscovery) {
  const Finished found =
      run_program({"iscsi-ls", "-s", "iscsi://" + daemon.portal() + "/"}, kToolLimit);
  EXPECT_EQ(found.status, 0) << found.output;
  EXPECT_NE(found.output.find(kTarget), std::string::npos) << found.output;
  EXPECT_NE(found.output.find("Lun:1 "), std::string::npos) << found.output;
}

}  // namespace
}  // namespace tidemark::system_test
