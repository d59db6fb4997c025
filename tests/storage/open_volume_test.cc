// What an operator can get wrong, and the sentence each gets.
#include "storage/open_volume.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "tests/storage/volume_driver.h"

namespace tidemark::storage {
namespace {

class OpenVolume : public testing::Test {
 protected:
  static VolumeSpec spec(const std::string& location, std::optional<uint64_t> size = {}) {
    VolumeSpec made;
    made.name = "v";
    made.location = location;
    made.size = size;
    return made;
  }
  VolumeSpec file(const std::string& name, std::optional<uint64_t> size = {}) const {
    return spec("file:" + scratch_.file(name), size);
  }
  void make_file(const std::string& name, uint64_t bytes) const {
    std::ofstream(scratch_.file(name)).put('x');
    std::filesystem::resize_file(scratch_.file(name), bytes);
  }
  /// The error opening must end with.
  Error refusal(const VolumeSpec& wrong) {
    auto opened = open_volume(wrong, driver_.engines());
    EXPECT_FALSE(opened.ok()) << wrong.location;
    return opened ? Error{} : opened.error();
  }
  void expect_refused(const VolumeSpec& wrong, ErrorKind kind, const std::string& field,
                      const std::string& words) {
    const Error error = refusal(wrong);
    EXPECT_EQ(error.kind, kind) << error.message;
    EXPECT_EQ(error.field, field) << error.message;
    EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
  }

  ScratchDirectory scratch_{"/tmp"};
  VolumeDriver driver_{EngineChoice::threads};
};

TEST_F(OpenVolume, TraitsSayWhatWasConfigured) {
  VolumeSpec wanted = file("new", 64 * kKiB);
  wanted.block_size = 4096;
  auto opened = open_volume(wanted, driver_.engines());
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  const VolumeTraits& traits = opened.value()->traits();
  EXPECT_EQ(traits.name, "v");
  EXPECT_EQ(traits.bytes, 64 * kKiB);
  EXPECT_EQ(traits.block_size, 4096u);
  EXPECT_EQ(traits.kind, "file");
  EXPECT_EQ(traits.location, wanted.location);
  EXPECT_TRUE(traits.write_cache);
  EXPECT_FALSE(traits.read_only);
}

TEST_F(OpenVolume, AnExistingFileBringsItsSize) {
  make_file("there", 8192);
  auto opened = open_volume(file("there"), driver_.engines());
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.value()->traits().bytes, 8192u);
}

TEST_F(OpenVolume, NewFilesBelongToTheirOwnerOnly) {
  ASSERT_TRUE(open_volume(file("new", 8192), driver_.engines()).ok());
  struct stat status {};
  ASSERT_EQ(stat(scratch_.file("new").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(OpenVolume, AnEmptyFileTakesTheConfiguredSize) {
  make_file("empty", 0);
  auto opened = open_volume(file("empty", 8192), driver_.engines());
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.value()->traits().bytes, 8192u);
}

TEST_F(OpenVolume, LocationsAreSpelledOneOfThreeWays) {
  for (const char* location : {"", "file", "/tmp/x", "nfs:/x", "FILE:/x", ":", ":x"})
    expect_refused(spec(location, 512), ErrorKind::invalid, "location", "is not \"file:PATH\"");
  expect_refused(spec("file:", 512), ErrorKind::invalid, "location", "no path");
  expect_refused(spec("block:"), ErrorKind::invalid, "location", "no path");
  expect_refused(spec("memory:x", 512), ErrorKind::invalid, "location", "after the colon");
  expect_refused(spec(std::string("file:/tmp/a\0b", 13), 512), ErrorKind::invalid, "location",
                 "zero byte");
}

TEST_F(OpenVolume, SizesFitBlocks) {
  expect_refused(file("new", 0), ErrorKind::invalid, "size", "is 0");
  expect_refused(file("new", 1000), ErrorKind::invalid, "size", "not a multiple");
  expect_refused(file("new", 1ull << 63), ErrorKind::invalid, "size", "beyond");
  VolumeSpec odd = file("new", 8192);
  odd.block_size = 1024;
  expect_refused(odd, ErrorKind::invalid, "block_size", "512 or 4096, not 1024");
  make_file("there", 512 * 3);
  VolumeSpec large_blocks = file("there");
  large_blocks.block_size = 4096;
  expect_refused(large_blocks, ErrorKind::invalid, "block_size", "not a multiple");
  EXPECT_FALSE(std::filesystem::exists(scratch_.file("new")));
}

TEST_F(OpenVolume, AFileThatIsTooSmallIsNamedWithBothSizes) {
  make_file("there", 4096);
  expect_refused(file("there", 8192), ErrorKind::invalid, "size",
                 "has 4096 bytes, but 8192 are configured");
  EXPECT_EQ(std::filesystem::file_size(scratch_.file("there")), 4096u);
}

TEST_F(OpenVolume, AFileThatHasGrownIsServedAsItIs) {
  make_file("there", 8192);
  const auto opened = open_volume(file("there", 4096), driver_.engines());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened.value()->traits().bytes, 8192u);
}

TEST_F(OpenVolume, AMissingFileNeedsASize) {
  expect_refused(file("missing"), ErrorKind::not_found, "size", "no size is given");
  make_file("empty", 0);
  expect_refused(file("empty"), ErrorKind::invalid, "size", "is empty");
}

TEST_F(OpenVolume, AMissingFileIsNotMadeReadOnly) {
  VolumeSpec wanted = file("missing", 8192);
  wanted.read_only = true;
  expect_refused(wanted, ErrorKind::not_found, "location", "read_only");
  EXPECT_FALSE(std::filesystem::exists(scratch_.file("missing")));
}

TEST_F(OpenVolume, AMissingDirectoryIsNamed) {
  expect_refused(file("no/such/file", 8192), ErrorKind::not_found, "location",
                 "the directory " + scratch_.file("no/such") + " does not exist");
  make_file("there", 512);
  expect_refused(file("there/file", 8192), ErrorKind::not_found, "location", "Not a directory");
}

TEST_F(OpenVolume, AFileTooLargeForItsFileSystemLeavesNothingBehind) {
  const Error error = refusal(file("huge", (1ull << 63) - 512));
  EXPECT_EQ(error.field, "size") << error.message;
  EXPECT_FALSE(std::filesystem::exists(scratch_.file("huge")));
}

TEST_F(OpenVolume, OnlyRegularFilesAreFiles) {
  expect_refused(spec("file:/tmp", 512), ErrorKind::invalid, "location", "is a directory");
  expect_refused(spec("file:/dev/zero", 512), ErrorKind::invalid, "location", "neither");
  ASSERT_EQ(mkfifo(scratch_.file("pipe").c_str(), 0600), 0);
  expect_refused(file("pipe", 512), ErrorKind::invalid, "location", "neither");
}

TEST_F(OpenVolume, OnlyBlockDevicesAreBlockDevices) {
  make_file("there", 8192);
  expect_refused(spec("block:" + scratch_.file("there")), ErrorKind::invalid, "location",
                 "is a regular file");
  expect_refused(spec("block:/dev/null"), ErrorKind::invalid, "location", "neither");
  expect_refused(spec("block:/dev/no-such-disk"), ErrorKind::not_found, "location", "No such file");
}

TEST_F(OpenVolume, OneFileIsServedOnce) {
  auto first = open_volume(file("shared", 8192), driver_.engines());
  ASSERT_TRUE(first.ok());
  expect_refused(file("shared"), ErrorKind::conflict, "location", "in use");
  VolumeSpec reader = file("shared");
  reader.read_only = true;
  expect_refused(reader, ErrorKind::conflict, "location", "in use");
  first.value().reset();

  auto one = open_volume(reader, driver_.engines());
  auto two = open_volume(reader, driver_.engines());
  EXPECT_TRUE(one.ok() && two.ok());
  expect_refused(file("shared"), ErrorKind::conflict, "location", "in use");
}

TEST_F(OpenVolume, ALockThatIsJustBeingLetGoIsWaitedFor) {
  make_file("left", 8192);
  const int left = open(scratch_.file("left").c_str(), O_RDWR);
  ASSERT_EQ(flock(left, LOCK_EX | LOCK_NB), 0);
  // Not for luck: however long this takes within the second that a lock is waited for, the test
  // passes. At once, the first try would find the lock gone, and nothing would be shown.
  std::thread dying([left] {
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    close(left);
  });
  EXPECT_TRUE(open_volume(file("left"), driver_.engines()).ok());
  dying.join();
}

TEST_F(OpenVolume, MemoryNeedsASize) {
  expect_refused(spec("memory:"), ErrorKind::invalid, "size", "needs a size");
  expect_refused(spec("memory:", (1ull << 63) - 512), ErrorKind::exhausted, "size",
                 "no address space");
  auto opened = open_volume(spec("memory:", 8192), driver_.engines());
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.value()->traits().kind, "memory");
  EXPECT_EQ(opened.value()->traits().bytes, 8192u);
}

TEST_F(OpenVolume, AStoreNeedsItsDirectory) {
  auto made = make_sparse_store(scratch_.file("no/store"), kMiB, driver_.engines());
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace tidemark::storage
