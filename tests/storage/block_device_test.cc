// Block devices, by way of a loop device where we may have one.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "storage/file_descriptor.h"
#include "tests/storage/volume_driver.h"

namespace tidemark::storage {
namespace {

constexpr uint64_t kSize = 8 * kMiB;

/// A block device made of a file; without a path if this place has none to give.
class LoopDevice {
 public:
  LoopDevice(const std::string& backing, uint32_t block_size) {
    FileDescriptor control(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    const int number = control ? ioctl(control.get(), LOOP_CTL_GET_FREE) : -1;
    FileDescriptor file(open(backing.c_str(), O_RDWR | O_CLOEXEC));
    const std::string path = "/dev/loop" + std::to_string(number);
    FileDescriptor device(number < 0 ? -1 : open(path.c_str(), O_RDWR | O_CLOEXEC));
    loop_config config{};
    config.fd = static_cast<uint32_t>(file.get());
    config.block_size = block_size;
    if (device && ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) {
      path_ = path;
      device_ = std::move(device);
    } else {
      std::cout << "no loop device (" << std::strerror(errno)
                << "): block devices are tested by their refusals only\n";
    }
  }
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;
  ~LoopDevice() {
    if (device_) ioctl(device_.get(), LOOP_CLR_FD);
  }

  bool exists() const { return !path_.empty(); }
  VolumeSpec spec() const {
    VolumeSpec made;
    made.name = "disk";
    made.location = "block:" + path_;
    return made;
  }

 private:
  std::string path_;
  FileDescriptor device_;
};

class BlockDevices : public testing::TestWithParam<EngineChoice> {
 protected:
  std::string backing(uint64_t bytes) {
    const std::string path = scratch_.file("backing");
    open_file(driver_.engines(), path, bytes);
    return path;
  }

  ScratchDirectory scratch_{"/tmp"};
  VolumeDriver driver_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Both, BlockDevices, testing::ValuesIn(engines_here()), engine_test_name);

TEST_P(BlockDevices, AreVolumesLikeAnyOther) {
  LoopDevice disk(backing(kSize), 512);
  if (!disk.exists()) return;
  auto opened = open_volume(disk.spec(), driver_.engines());
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  Volume& volume = *opened.value();
  EXPECT_EQ(volume.traits().bytes, kSize);
  EXPECT_EQ(volume.traits().kind, "block");
  EXPECT_TRUE(volume.traits().thin);

  ASSERT_EQ(driver_.write(volume, 0, pattern(kSize, 1)), Errc::ok);
  EXPECT_EQ(volume.hole_at(0, kSize), std::nullopt);
  ASSERT_EQ(driver_.write(volume, 512, pattern(1024, 2), true), Errc::ok);
  ASSERT_EQ(driver_.change(volume, Verb::flush, {}), Errc::ok);
  ASSERT_EQ(driver_.change(volume, Verb::unmap, {kMiB, kMiB}, true), Errc::ok);
  ASSERT_EQ(driver_.change(volume, Verb::write_zeroes, {3 * kMiB + 512, kMiB}), Errc::ok);

  auto expected = pattern(kSize, 1);
  std::ranges::copy(pattern(1024, 2), expected.begin() + 512);
  std::fill_n(expected.begin() + kMiB, kMiB, uint8_t{0});
  std::fill_n(expected.begin() + 3 * kMiB + 512, kMiB, uint8_t{0});
  EXPECT_EQ(driver_.contents(volume, {0, kSize}), expected);
  EXPECT_LE(allocated_bytes(scratch_.file("backing")), kSize - kMiB + 64 * kKiB);
  EXPECT_EQ(driver_.write(volume, kSize, pattern(512, 1)), Errc::out_of_range);
}

TEST_P(BlockDevices, AreClaimedForOne) {
  LoopDevice disk(backing(kSize), 512);
  if (!disk.exists()) return;
  auto first = open_volume(disk.spec(), driver_.engines());
  ASSERT_TRUE(first.ok());
  auto second = open_volume(disk.spec(), driver_.engines());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_NE(second.error().message.find("in use"), std::string::npos) << second.error().message;
}

TEST_P(BlockDevices, KeepTheirOwnSizeAndBlocks) {
  LoopDevice disk(backing(kSize), 4096);
  if (!disk.exists()) return;
  auto small_blocks = open_volume(disk.spec(), driver_.engines());
  ASSERT_FALSE(small_blocks.ok());
  EXPECT_EQ(small_blocks.error().field, "block_size") << small_blocks.error().message;

  VolumeSpec other_size = disk.spec();
  other_size.block_size = 4096;
  other_size.size = 2 * kSize;
  auto opened = open_volume(other_size, driver_.engines());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().field, "size") << opened.error().message;
  EXPECT_NE(opened.error().message.find("8388608 bytes, but 16777216"), std::string::npos);
}

TEST_P(BlockDevices, ReadOnlyOnesRefuseChanges) {
  LoopDevice disk(backing(kSize), 512);
  if (!disk.exists()) return;
  VolumeSpec reader = disk.spec();
  reader.read_only = true;
  auto opened = open_volume(reader, driver_.engines());
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(driver_.write(*opened.value(), 0, pattern(512, 1)), Errc::write_protected);
  EXPECT_EQ(driver_.contents(*opened.value(), {0, 512}), std::vector<uint8_t>(512, 0));
}

}  // namespace
}  // namespace tidemark::storage
