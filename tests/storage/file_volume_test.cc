// File volumes on real file systems, through both engines.
#include "storage/file_volume.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <iostream>

#include "tests/storage/volume_driver.h"

namespace tidemark::storage {
namespace {

constexpr uint64_t kSize = 4 * kMiB;

struct Place {
  EngineChoice engine;
  std::string directory;
};

std::vector<Place> places() {
  std::vector<Place> all;
  for (const EngineChoice engine : engines_here())
    for (const char* directory : {"/tmp", "/dev/shm"}) all.push_back({engine, directory});
  return all;
}

std::string name_of_place(const testing::TestParamInfo<Place>& info) {
  const std::string engine = info.param.engine == EngineChoice::threads ? "threads" : "io_uring";
  return engine + (info.param.directory == "/tmp" ? "_disk" : "_tmpfs");
}

class FileVolumes : public testing::TestWithParam<Place> {
 protected:
  std::string path_of(const std::string& name) const { return scratch_.file(name); }

  ScratchDirectory scratch_{GetParam().directory};
  VolumeDriver driver_{GetParam().engine};
  std::unique_ptr<Volume> volume_ = open_file(driver_.engines(), path_of("volume"), kSize);
};

INSTANTIATE_TEST_SUITE_P(Everywhere, FileVolumes, testing::ValuesIn(places()), name_of_place);

TEST_P(FileVolumes, NewOnesAreSparseAndReadAsZeroes) {
  EXPECT_EQ(allocated_bytes(path_of("volume")), 0u);
  EXPECT_EQ(driver_.contents(*volume_, {0, kSize}), std::vector<uint8_t>(kSize, 0));
}

TEST_P(FileVolumes, WhatIsWrittenIsReadBack) {
  struct Case {
    uint64_t offset;
    uint64_t length;
  };
  uint8_t seed = 0;
  for (const Case& here : {Case{0, 512},
                           {512, 4096},
                           {4096 * 3 + 512, 70 * 1024},
                           {kMiB + 1, 3},
                           {kSize - 512, 512},
                           {511, 100001},
                           {0, kSize}}) {
    const auto bytes = pattern(here.length, ++seed);
    for (const CoreId core : {CoreId{0}, CoreId{1}}) {
      ASSERT_EQ(driver_.write(*volume_, here.offset, bytes, false, core), Errc::ok);
      EXPECT_EQ(driver_.contents(*volume_, {here.offset, here.length}), bytes);
    }
  }
}

TEST_P(FileVolumes, WritesTouchNothingAround) {
  ASSERT_EQ(driver_.write(*volume_, 0, pattern(kSize, 1)), Errc::ok);
  ASSERT_EQ(driver_.write(*volume_, 10000, pattern(777, 2)), Errc::ok);
  auto expected = pattern(kSize, 1);
  std::ranges::copy(pattern(777, 2), expected.begin() + 10000);
  EXPECT_EQ(driver_.contents(*volume_, {0, kSize}), expected);
}

TEST_P(FileVolumes, ListsLongerThanIovMaxAreTransferredWhole) {
  constexpr size_t kPieces = IOV_MAX * 3 + 7;
  auto bytes = pattern(kPieces * 512, 3);
  std::vector<iovec> vectors;
  for (size_t i = 0; i < kPieces; ++i) vectors.push_back({bytes.data() + i * 512, 512});
  VolumeIo io;
  io.extent = {512, bytes.size()};
  io.memory = vectors;
  io.verb = Verb::write;
  ASSERT_EQ(driver_.run(*volume_, io), Errc::ok);
  EXPECT_EQ(driver_.contents(*volume_, {512, bytes.size()}), pattern(kPieces * 512, 3));

  std::ranges::fill(bytes, uint8_t{0});
  io.verb = Verb::read;
  ASSERT_EQ(driver_.run(*volume_, io), Errc::ok);
  EXPECT_EQ(bytes, pattern(kPieces * 512, 3));
}

TEST_P(FileVolumes, FuaAndFlushSucceed) {
  EXPECT_EQ(driver_.write(*volume_, 4096, pattern(8192, 4), true), Errc::ok);
  EXPECT_EQ(driver_.change(*volume_, Verb::write_zeroes, {8192, 4096}, true), Errc::ok);
  EXPECT_EQ(driver_.change(*volume_, Verb::unmap, {0, 4096}, true), Errc::ok);
  EXPECT_EQ(driver_.change(*volume_, Verb::flush, {}), Errc::ok);
  EXPECT_EQ(driver_.contents(*volume_, {8192, 4096}), std::vector<uint8_t>(4096, 0));
}

TEST_P(FileVolumes, ZeroesReadAsZeroes) {
  ASSERT_EQ(driver_.write(*volume_, 0, pattern(kSize, 5)), Errc::ok);
  for (const Extent& extent :
       {Extent{512, 512}, {4096, 8192}, {65536 + 512, kMiB}, {kSize - 1, 1}}) {
    for (const Verb verb : {Verb::write_zeroes, Verb::unmap}) {
      ASSERT_EQ(driver_.write(*volume_, 0, pattern(kSize, 5)), Errc::ok);
      ASSERT_EQ(driver_.change(*volume_, verb, extent), Errc::ok);
      auto expected = pattern(kSize, 5);
      std::fill_n(expected.begin() + static_cast<ptrdiff_t>(extent.offset), extent.length, 0);
      EXPECT_EQ(driver_.contents(*volume_, {0, kSize}), expected);
    }
  }
}

TEST_P(FileVolumes, UnmapGivesSpaceBack) {
  ASSERT_TRUE(volume_->traits().thin);
  ASSERT_EQ(driver_.write(*volume_, 0, pattern(kSize, 6)), Errc::ok);
  ASSERT_EQ(driver_.change(*volume_, Verb::flush, {}), Errc::ok);
  const uint64_t before = allocated_bytes(path_of("volume"));
  EXPECT_GE(before, kSize);
  ASSERT_EQ(driver_.change(*volume_, Verb::unmap, {kMiB, 2 * kMiB}), Errc::ok);
  EXPECT_LE(allocated_bytes(path_of("volume")), before - 2 * kMiB + 64 * kKiB);
}

TEST_P(FileVolumes, HolesAreFound) {
  EXPECT_EQ(volume_->hole_at(0, kSize), (Extent{0, kSize}));
  EXPECT_EQ(volume_->hole_at(kMiB, kMiB + 5), (Extent{kMiB, 5}));
  ASSERT_EQ(driver_.write(*volume_, kMiB, pattern(kMiB, 7)), Errc::ok);
  ASSERT_EQ(driver_.change(*volume_, Verb::flush, {}), Errc::ok);
  EXPECT_EQ(volume_->hole_at(0, kSize), (Extent{0, kMiB}));
  EXPECT_EQ(volume_->hole_at(kMiB, kSize), std::nullopt);
  EXPECT_EQ(volume_->hole_at(2 * kMiB, kSize), (Extent{2 * kMiB, 2 * kMiB}));
  ASSERT_EQ(driver_.change(*volume_, Verb::unmap, {kMiB, kMiB}), Errc::ok);
  EXPECT_EQ(volume_->hole_at(0, kSize), (Extent{0, kSize}));
  EXPECT_EQ(volume_->hole_at(kSize, kSize + 512), std::nullopt);
  EXPECT_EQ(volume_->hole_at(UINT64_MAX, UINT64_MAX), std::nullopt);
}

TEST_P(FileVolumes, NothingOutsideIsTouched) {
  std::vector<uint8_t> two(1024);
  EXPECT_EQ(driver_.write(*volume_, kSize - 512, two), Errc::out_of_range);
  EXPECT_EQ(driver_.write(*volume_, kSize, two), Errc::out_of_range);
  EXPECT_EQ(driver_.read(*volume_, UINT64_MAX - 511, two), Errc::out_of_range);
  EXPECT_EQ(driver_.change(*volume_, Verb::unmap, {512, UINT64_MAX}), Errc::out_of_range);
  EXPECT_EQ(driver_.change(*volume_, Verb::write_zeroes, {kSize + 1, 0}), Errc::out_of_range);
  EXPECT_EQ(std::filesystem::file_size(path_of("volume")), kSize);
}

TEST_P(FileVolumes, NothingToDoIsDone) {
  EXPECT_EQ(driver_.change(*volume_, Verb::unmap, {kSize, 0}), Errc::ok);
  std::vector<uint8_t> none;
  EXPECT_EQ(driver_.read(*volume_, 0, none), Errc::ok);
}

TEST_P(FileVolumes, AFileCutShortIsAMediumErrorAndNoHole) {
  std::filesystem::resize_file(path_of("volume"), kMiB);
  std::vector<uint8_t> bytes(8192);
  EXPECT_EQ(driver_.read(*volume_, kMiB - 4096, bytes), Errc::medium_read);
  EXPECT_EQ(volume_->hole_at(2 * kMiB, kSize), std::nullopt);
  EXPECT_EQ(volume_->hole_at(0, kSize), std::nullopt);
}

TEST_P(FileVolumes, ReadOnlyOnesRefuseChanges) {
  volume_.reset();
  VolumeSpec spec;
  spec.location = "file:" + path_of("volume");
  spec.read_only = true;
  auto opened = open_volume(spec, driver_.engines());
  ASSERT_TRUE(opened.ok());
  Volume& volume = *opened.value();
  EXPECT_EQ(volume.traits().bytes, kSize);
  EXPECT_EQ(driver_.write(volume, 0, pattern(512, 1)), Errc::write_protected);
  EXPECT_EQ(driver_.change(volume, Verb::unmap, {0, 512}), Errc::write_protected);
  EXPECT_EQ(driver_.change(volume, Verb::write_zeroes, {0, 512}), Errc::write_protected);
  EXPECT_EQ(driver_.change(volume, Verb::flush, {}), Errc::ok);
  EXPECT_EQ(driver_.contents(volume, {0, 512}), std::vector<uint8_t>(512, 0));
}

TEST_P(FileVolumes, WriteThroughOnesHaveNoWriteCache) {
  auto volume = open_file(driver_.engines(), path_of("through"), kMiB, true);
  EXPECT_FALSE(volume->traits().write_cache);
  EXPECT_TRUE(volume_->traits().write_cache);
  EXPECT_EQ(driver_.write(*volume, 0, pattern(4096, 8)), Errc::ok);
  EXPECT_EQ(driver_.contents(*volume, {0, 4096}), pattern(4096, 8));
}

TEST_P(FileVolumes, TheFileSizeLimitOfTheProcessIsNoSpace) {
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit tight { kMiB, before.rlim_max };
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  EXPECT_EQ(driver_.write(*volume_, 2 * kMiB, pattern(4096, 9)), Errc::no_space);
  EXPECT_EQ(driver_.write(*volume_, 0, pattern(4096, 9)), Errc::ok);
  EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_action);
  EXPECT_EQ(driver_.write(*volume_, 2 * kMiB, pattern(4096, 9)), Errc::ok);
}

/// A file system of 1 MiB, where we may mount one.
class TinyDisk {
 public:
  explicit TinyDisk(std::string where) : where_(std::move(where)) {
    std::filesystem::create_directory(where_);
    mounted_ = mount("tidemark-test", where_.c_str(), "tmpfs", 0, "size=1m") == 0;
    if (!mounted_)
      std::cout << "cannot mount a tmpfs (" << std::strerror(errno)
                << "): the full disk is left to the other tests of no_space\n";
  }
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  ~TinyDisk() {
    if (mounted_) umount2(where_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  std::string where_;
  bool mounted_ = false;
};

TEST_P(FileVolumes, AFullDiskIsNoSpaceUntilSpaceIsGivenBack) {
  TinyDisk disk(path_of("tiny"));
  if (!disk.mounted()) return;
  auto volume = open_file(driver_.engines(), path_of("tiny/volume"), 4 * kMiB);
  EXPECT_EQ(driver_.write(*volume, 0, pattern(2 * kMiB, 1)), Errc::no_space);
  EXPECT_EQ(driver_.change(*volume, Verb::write_zeroes, {3 * kMiB, kMiB}), Errc::ok);
  ASSERT_EQ(driver_.change(*volume, Verb::unmap, {0, 2 * kMiB}), Errc::ok);
  EXPECT_EQ(driver_.write(*volume, 3 * kMiB, pattern(512 * kKiB, 2)), Errc::ok);
  EXPECT_EQ(driver_.contents(*volume, {3 * kMiB, 512 * kKiB}), pattern(512 * kKiB, 2));
}

TEST_P(FileVolumes, ASparseStoreHasNoNameAndCostsWhatIsWritten) {
  const std::string path = path_of("store");
  auto made = make_sparse_store(path, 64 * kMiB, driver_.engines());
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_FALSE(std::filesystem::exists(path));
  Volume& store = *made.value();
  EXPECT_EQ(store.traits().bytes, 64 * kMiB);
  EXPECT_EQ(driver_.write(store, 32 * kMiB, pattern(kMiB, 1)), Errc::ok);
  EXPECT_EQ(driver_.contents(store, {32 * kMiB, kMiB}), pattern(kMiB, 1));
  EXPECT_EQ(store.hole_at(0, 64 * kMiB), (Extent{0, 32 * kMiB}));
}

TEST_P(FileVolumes, GrowWhileTheyServeAndWhatIsNewReadsAsZeroes) {
  ASSERT_EQ(driver_.write(*volume_, kSize - 512, pattern(512, 1)), Errc::ok);
  const auto grown = volume_->grow(2 * kSize);
  ASSERT_TRUE(grown) << grown.error().message;
  EXPECT_EQ(volume_->traits().bytes, 2 * kSize);
  EXPECT_EQ(driver_.contents(*volume_, {kSize, kSize}), std::vector<uint8_t>(kSize, 0));
  ASSERT_EQ(driver_.write(*volume_, 2 * kSize - 512, pattern(512, 2)), Errc::ok);
  EXPECT_EQ(driver_.contents(*volume_, {2 * kSize - 512, 512}), pattern(512, 2));
  EXPECT_EQ(driver_.contents(*volume_, {kSize - 512, 512}), pattern(512, 1));
  EXPECT_LT(allocated_bytes(path_of("volume")), kSize);
}

TEST_P(FileVolumes, DoNotGrowToLessOrToPartsOfBlocks) {
  for (const uint64_t bytes : {kSize - 512, kSize + 100, uint64_t{1} << 63}) {
    const auto grown = volume_->grow(bytes);
    ASSERT_FALSE(grown) << bytes;
    EXPECT_EQ(grown.error().field, "size");
  }
  EXPECT_EQ(volume_->traits().bytes, kSize);
  EXPECT_TRUE(volume_->grow(kSize)) << "as large as it is";
}

TEST_P(FileVolumes, ThickOnesHaveAllTheirSpaceAndKeepIt) {
  VolumeSpec spec;
  spec.name = "thick";
  spec.location = "file:" + path_of("thick");
  spec.size = kSize;
  spec.thick = true;
  const auto opened = open_volume(spec, driver_.engines());
  ASSERT_TRUE(opened) << opened.error().message;
  Volume& thick = *opened.value();
  EXPECT_FALSE(thick.traits().thin);
  EXPECT_GE(allocated_bytes(path_of("thick")), kSize);
  for (const Verb verb : {Verb::write_zeroes, Verb::unmap}) {
    ASSERT_EQ(driver_.write(thick, 0, pattern(64 * kKiB, 1)), Errc::ok);
    ASSERT_EQ(driver_.change(thick, verb, {0, 64 * kKiB}), Errc::ok);
    EXPECT_EQ(driver_.contents(thick, {0, 64 * kKiB}), std::vector<uint8_t>(64 * kKiB, 0));
    EXPECT_GE(allocated_bytes(path_of("thick")), kSize);
  }
  ASSERT_TRUE(thick.grow(2 * kSize));
  EXPECT_GE(allocated_bytes(path_of("thick")), 2 * kSize);
}

TEST_P(FileVolumes, TellWhatTheyOccupy) {
  ASSERT_EQ(driver_.write(*volume_, 0, pattern(64 * kKiB, 1)), Errc::ok);
  ASSERT_EQ(driver_.change(*volume_, Verb::flush, {}), Errc::ok);
  const auto space = volume_->space();
  ASSERT_TRUE(space);
  EXPECT_EQ(space->used, allocated_bytes(path_of("volume")));
  EXPECT_GT(space->available, 0u);
}

}  // namespace
}  // namespace tidemark::storage
