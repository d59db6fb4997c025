#include "storage/memory_volume.h"

#include <gtest/gtest.h>

#include <future>
#include <random>

#include "tests/storage/volume_driver.h"

namespace tidemark::storage {
namespace {

constexpr uint64_t kSize = 4 * kMiB;

std::unique_ptr<MemoryVolume> make(uint64_t bytes, bool read_only = false,
                                   Executor* executor = nullptr) {
  VolumeTraits traits;
  traits.name = "m";
  traits.bytes = bytes;
  traits.read_only = read_only;
  return std::move(MemoryVolume::make(traits, executor)).value();
}

class MemoryVolumes : public testing::Test {
 protected:
  VolumeDriver driver_{EngineChoice::threads};
  std::unique_ptr<MemoryVolume> volume_ = make(kSize);
};

TEST_F(MemoryVolumes, WhatIsWrittenIsReadBack) {
  EXPECT_EQ(driver_.contents(*volume_, {0, kSize}), std::vector<uint8_t>(kSize, 0));
  ASSERT_EQ(driver_.write(*volume_, 12345, pattern(54321, 1)), Errc::ok);
  EXPECT_EQ(driver_.contents(*volume_, {12345, 54321}), pattern(54321, 1));
  EXPECT_EQ(driver_.contents(*volume_, {12344, 1})[0], 0);
  EXPECT_EQ(driver_.contents(*volume_, {12345 + 54321, 1})[0], 0);
}

TEST_F(MemoryVolumes, RandomChangesAgreeWithAModel) {
  std::mt19937 random(3);
  std::vector<uint8_t> model(kSize, 0);
  for (int round = 0; round < 500; ++round) {
    const uint64_t offset = random() % kSize;
    const uint64_t length = random() % std::min<uint64_t>(kSize - offset, 300000) + 1;
    const auto at = model.begin() + static_cast<ptrdiff_t>(offset);
    if (random() % 2 == 0) {
      const auto bytes = pattern(length, static_cast<uint8_t>(round));
      ASSERT_EQ(driver_.write(*volume_, offset, bytes), Errc::ok);
      std::ranges::copy(bytes, at);
    } else {
      const Verb verb = random() % 2 == 0 ? Verb::unmap : Verb::write_zeroes;
      ASSERT_EQ(driver_.change(*volume_, verb, {offset, length}), Errc::ok);
      std::fill_n(at, length, uint8_t{0});
    }
    // What is called a hole holds nothing.
    const uint64_t place = random() % kSize;
    if (const auto hole = volume_->hole_at(place, place + 200000)) {
      ASSERT_EQ(hole->offset, place);
      const auto first = model.begin() + static_cast<ptrdiff_t>(hole->offset);
      ASSERT_TRUE(std::all_of(first, first + static_cast<ptrdiff_t>(hole->length),
                              [](uint8_t byte) { return byte == 0; }));
    }
  }
  EXPECT_EQ(driver_.contents(*volume_, {0, kSize}), model);
}

TEST_F(MemoryVolumes, HolesAreFound) {
  EXPECT_EQ(volume_->hole_at(0, kSize), (Extent{0, kSize}));
  EXPECT_EQ(volume_->hole_at(100, 1000), (Extent{100, 900}));
  ASSERT_EQ(driver_.write(*volume_, kMiB, pattern(kMiB, 1)), Errc::ok);
  EXPECT_EQ(volume_->hole_at(0, kSize), (Extent{0, kMiB}));
  EXPECT_EQ(volume_->hole_at(kMiB, kSize), std::nullopt);
  ASSERT_EQ(driver_.change(*volume_, Verb::unmap, {kMiB, kMiB}), Errc::ok);
  EXPECT_EQ(volume_->hole_at(0, kSize), (Extent{0, kSize}));
  EXPECT_EQ(volume_->hole_at(kSize, kSize + 1), std::nullopt);
}

TEST_F(MemoryVolumes, RefusalsAreThoseOfEveryVolume) {
  std::vector<uint8_t> two(1024);
  EXPECT_EQ(driver_.read(*volume_, kSize - 512, two), Errc::out_of_range);
  EXPECT_EQ(driver_.change(*volume_, Verb::unmap, {UINT64_MAX, 2}), Errc::out_of_range);
  auto read_only = make(kSize, true);
  EXPECT_EQ(driver_.write(*read_only, 0, two), Errc::write_protected);
  EXPECT_EQ(driver_.read(*read_only, 0, two), Errc::ok);
}

TEST_F(MemoryVolumes, AVolumeMayBeLargerThanMemory) {
  auto huge = make(64 * kGiB);
  ASSERT_EQ(driver_.write(*huge, 64 * kGiB - 4096, pattern(4096, 1)), Errc::ok);
  EXPECT_EQ(driver_.contents(*huge, {64 * kGiB - 4096, 4096}), pattern(4096, 1));
}

/// Submits again from inside `done`, many times over.
struct Chain {
  Chain(Volume& its_volume, int its_left) : volume(its_volume), left(its_left) {
    io.verb = Verb::flush;
    io.owner = this;
    io.done = [](VolumeIo& done) noexcept {
      auto& chain = *static_cast<Chain*>(done.owner);
      if (--chain.left == 0) return chain.ended.set_value();
      chain.volume.submit(done);
    };
  }
  Volume& volume;
  int left;
  VolumeIo io;
  std::promise<void> ended;
};

TEST_F(MemoryVolumes, EndlessResubmissionLeavesTheStackAndTheLoopAlone) {
  auto volume = make(kSize, false, &driver_.cores());
  Chain chain(*volume, 1000000);
  driver_.cores().post(0, [&] { volume->submit(chain.io); });
  std::promise<int> left_when_others_ran;
  driver_.cores().post(0, [&] { left_when_others_ran.set_value(chain.left); });
  EXPECT_GT(left_when_others_ran.get_future().get(), 0);
  chain.ended.get_future().wait();
}

}  // namespace
}  // namespace tidemark::storage
