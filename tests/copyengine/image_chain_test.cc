// Images of all of a volume: what is saved for one of them is saved for all.
#include "copyengine/image_chain.h"

#include "copyengine/image_volume.h"
#include "copyengine/images.h"
#include "tests/copyengine/copy_fixture.h"

namespace tidemark::copyengine {
namespace {

using storage::Errc;
using storage::Extent;
using storage::Verb;
using storage::VolumeIo;
using test::SimIo;
using test::SimVolume;

class ImageChainTest : public CopyFixture {
 protected:
  ImageChainTest() {
    images_.add_volume("source", source_.gate, source_.guard);
    images_.on_lost([this](uint64_t id) { lost_.push_back(id); });
    for (size_t i = 0; i < kBytes; ++i)
      source_.medium.bytes()[i] = static_cast<uint8_t>(i / 512 * 7 + 1);
  }
  ~ImageChainTest() override {
    images_.shut_down([] {});
    hung_.let_go();
    run(std::chrono::seconds(10));
  }

  struct Taken {
    uint64_t id = 0;
    std::vector<uint8_t> held;  // by the source, then
  };
  Taken take(uint32_t grain = 4096, uint64_t store_limit = 0) {
    Taken taken;
    images_.create({.volume = "source", .grain = grain, .whole = true, .store_limit = store_limit},
                   [&](Result<uint64_t> made) { taken.id = made ? made.value() : 0; });
    run();
    EXPECT_NE(taken.id, 0u);
    taken.held = source_.medium.bytes();
    return taken;
  }
  void drop(const Taken& taken) {
    images_.drop(taken.id);
    run();
  }
  std::vector<uint8_t> read(uint64_t id) {
    DataBuffer data = pool_.acquire(kBytes);
    std::optional<Errc> error;
    images_.read(id, 0, data.vectors(), [&](Errc failed) { error = failed; });
    run();
    std::vector<uint8_t> bytes(error == Errc::ok ? kBytes : 0);
    if (error == Errc::ok) data.copy_out(0, bytes);
    return bytes;
  }
  void expect_holds(const Taken& taken) {
    EXPECT_EQ(read(taken.id), taken.held) << "image " << taken.id;
  }
  void overwrite(const Extent& extent) {
    SimIo write(Verb::write, extent, ++fill_);
    submit(write);
    run();
    EXPECT_TRUE(write.ok());
  }
  uint64_t stored() const { return images_.shared_store_bytes("source"); }

  uint8_t fill_ = 0x70;
  std::vector<uint64_t> lost_;
  BufferPool pool_{16 * kMiB};
  Images images_{executor_, 0, [this](uint64_t, uint64_t bytes) {
                   auto store = std::make_unique<SimVolume>(executor_, "store", bytes, 20000);
                   store->decide(store_fate_, &hung_);
                   return Result<std::unique_ptr<storage::Volume>>(std::move(store));
                 }};
};

TEST_F(ImageChainTest, SavedOnce) {
  std::vector<Taken> taken;
  for (int i = 0; i < 5; ++i) taken.push_back(take());
  overwrite({0, 64 * kKiB});
  EXPECT_EQ(stored(), 64 * kKiB) << "five images, one piece of old data";
  overwrite({0, 64 * kKiB});
  EXPECT_EQ(stored(), 64 * kKiB);
  for (const Taken& image : taken) expect_holds(image);
}

TEST_F(ImageChainTest, EachHoldsItsOwnTime) {
  std::vector<Taken> taken;
  for (uint64_t i = 0; i < 6; ++i) {
    taken.push_back(take(i % 2 == 0 ? 4096 : 64 * kKiB));
    overwrite({i * 8 * kKiB, 24 * kKiB});
    overwrite({kFar + 512 * i, 512 * (i + 1)});
  }
  for (const Taken& image : taken) expect_holds(image);
}

TEST_F(ImageChainTest, NothingNeededIsLost) {
  const Taken first = take();
  overwrite({0, 8192});
  const Taken second = take(16 * kKiB);
  overwrite({4096, 128 * kKiB});
  const Taken third = take();
  overwrite({0, 256 * kKiB});
  drop(second);
  EXPECT_TRUE(read(second.id).empty());
  expect_holds(first);
  expect_holds(third);
  overwrite({kFar, 64 * kKiB});
  drop(third);
  overwrite({kFar + 32 * kKiB, 64 * kKiB});
  expect_holds(first);
  drop(first);
  EXPECT_EQ(stored(), 0u);
  overwrite({0, kBytes});
  EXPECT_EQ(stored(), 0u) << "there is nobody to save for";
}

TEST_F(ImageChainTest, WhatOnlyTheDroppedNeededIsGivenBack) {
  const Taken first = take();
  overwrite({0, 256 * kKiB});  // saved for the first
  const Taken second = take();
  overwrite({0, 256 * kKiB});     // only the second needs it
  overwrite({kFar, 128 * kKiB});  // both do
  EXPECT_EQ(stored(), (256 + 256 + 128) * kKiB);
  drop(second);
  EXPECT_EQ(stored(), (256 + 128) * kKiB);
  overwrite({0, 256 * kKiB});
  EXPECT_EQ(stored(), (256 + 128) * kKiB) << "the first has it already";
  expect_holds(first);
}

TEST_F(ImageChainTest, TheOldestGoesWithAllThatItAloneNeeded) {
  const Taken first = take();
  overwrite({0, 128 * kKiB});
  const Taken second = take();
  overwrite({kFar, 64 * kKiB});
  drop(first);
  EXPECT_EQ(stored(), 64 * kKiB);
  expect_holds(second);
}

TEST_F(ImageChainTest, ASaveUnderWayWhenTheNextImageIsTakenIsNotTrusted) {
  const Taken first = take();
  // Its read is answered only after the next begin time and the write that follows it.
  unsigned reads = 0;
  source_.medium.decide(
      [&](const VolumeIo& io) {
        return SimVolume::Fate{.hang = io.internal && io.verb == Verb::read && reads++ == 0};
      },
      &hung_);
  SimIo aborted(Verb::write, {0, 4096}, 0x55);
  submit(aborted);
  run();
  executor_.as(0, [&] { source_.gate.cancel(aborted.io); });
  run();
  EXPECT_EQ(aborted.io.error, Errc::cancelled);
  const Taken second = take();
  overwrite({0, 4096});
  hung_.let_go();
  run();
  source_.medium.decide(nullptr, &hung_);
  expect_holds(first);
  expect_holds(second);
}

TEST_F(ImageChainTest, AllOrNothing) {
  const Taken first = take();
  const Taken second = take();
  store_fate_ = [](const VolumeIo& io) {
    return SimVolume::Fate{.error = io.verb == Verb::write ? Errc::no_space : Errc::ok};
  };
  const Taken third = take();
  overwrite({0, 4096});
  run(std::chrono::seconds(1));
  EXPECT_EQ(lost_.size(), 3u);
  for (const Taken& image : {first, second, third}) {
    const auto status = images_.status(image.id);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->state, Image::State::lost);
    EXPECT_EQ(status->why.error, Errc::no_space);
    EXPECT_EQ(status->why.party, "store");
    EXPECT_TRUE(read(image.id).empty());
  }
  store_fate_ = nullptr;
  const Taken fourth = take();  // from here on it is as if there had been none
  overwrite({0, 8192});
  expect_holds(fourth);
}

TEST_F(ImageChainTest, AnImageDroppedLongAgoIsNotLost) {
  const Taken first = take();
  store_fate_ = [](const VolumeIo& io) {
    return SimVolume::Fate{.error = io.verb == Verb::write ? Errc::no_space : Errc::ok};
  };
  const Taken second = take();
  drop(second);  // it still saves for the first
  overwrite({0, 4096});
  run(std::chrono::seconds(1));
  EXPECT_EQ(lost_, std::vector<uint64_t>{first.id});
}

TEST_F(ImageChainTest, ALimitBoundsWhatIsKept) {
  const Taken first = take(4096, 64 * kKiB);
  overwrite({0, 64 * kKiB});
  EXPECT_TRUE(lost_.empty());
  overwrite({kFar, 4096});
  run(std::chrono::seconds(1));
  EXPECT_EQ(lost_, std::vector<uint64_t>{first.id});
}

TEST_F(ImageChainTest, ACopyBesideImagesHoldsItsOwnTime) {
  const Taken first = take();
  overwrite({0, 32 * kKiB});
  const std::vector<uint8_t> then = source_.medium.bytes();
  CopyRequest wanted = request();
  wanted.rate_limit = 4 * kMiB;
  const uint64_t id = start(wanted).id;
  const Taken second = take();
  for (uint64_t at = 0; at < kBytes; at += 128 * kKiB) overwrite({at, 64 * kKiB});
  EXPECT_EQ(run_to_end(id).state, CopyState::completed);
  EXPECT_EQ(copy_.medium.bytes(), then);
  expect_holds(first);
  expect_holds(second);
}

class ImageVolumeTest : public ImageChainTest {
 protected:
  std::unique_ptr<ImageVolume> volume_of(const Taken& taken) {
    return std::make_unique<ImageVolume>(executor_, 0, images_, *images_.status(taken.id), "night",
                                         source_.medium.traits());
  }
};

TEST_F(ImageVolumeTest, ReadsAsTheVolumeWas) {
  const Taken taken = take();
  overwrite({0, 16 * kKiB});
  const auto volume = volume_of(taken);
  SimIo read(Verb::read, {512, 8192}, 0);
  executor_.post(0, [&] { read.submit(executor_, *volume); });
  run();
  EXPECT_TRUE(read.ok());
  EXPECT_TRUE(std::equal(read.data.begin(), read.data.end(), taken.held.begin() + 512));
  EXPECT_TRUE(volume->traits().read_only);
  EXPECT_EQ(volume->traits().bytes, kBytes);
}

TEST_F(ImageVolumeTest, RefusesWhatWouldChangeIt) {
  const auto volume = volume_of(take());
  for (const Verb verb : {Verb::write, Verb::write_zeroes, Verb::unmap}) {
    SimIo change(verb, {0, 4096}, 1);
    executor_.post(0, [&] { change.submit(executor_, *volume); });
    run();
    EXPECT_EQ(change.io.error, Errc::write_protected);
  }
}

TEST_F(ImageVolumeTest, IsGoneWithItsImage) {
  const Taken taken = take();
  const auto volume = volume_of(taken);
  drop(taken);
  SimIo read(Verb::read, {0, 4096}, 0);
  executor_.post(0, [&] { read.submit(executor_, *volume); });
  run();
  EXPECT_EQ(read.io.error, Errc::gone);
}

}  // namespace
}  // namespace tidemark::copyengine
