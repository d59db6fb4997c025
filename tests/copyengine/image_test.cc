// Point-in-time images without a destination: what they hold, what they cost hosts, and how they
// end.
#include "copyengine/image.h"

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

class ImageTest : public CopyFixture {
 protected:
  ImageTest() {
    images_.add_volume("source", source_.gate, source_.guard);
    images_.add_volume("copy", copy_.gate, copy_.guard);
    images_.on_lost([this](uint64_t id) { lost_.push_back(id); });
    for (size_t i = 0; i < kBytes; ++i)
      source_.medium.bytes()[i] = static_cast<uint8_t>(i / 512 * 7 + 1);
    before_ = source_.medium.bytes();
  }
  ~ImageTest() override {
    images_.shut_down([] {});
    hung_.let_go();
    run(std::chrono::seconds(10));
  }

  std::optional<Result<uint64_t>> create(std::vector<Extent> ranges) {
    std::optional<Result<uint64_t>> answer;
    images_.create({.volume = "source", .ranges = std::move(ranges)},
                   [&](Result<uint64_t> made) { answer = std::move(made); });
    run();
    return answer;
  }
  uint64_t created(std::vector<Extent> ranges) {
    const auto answer = create(std::move(ranges));
    EXPECT_TRUE(answer && answer->ok());
    return answer && answer->ok() ? answer->value() : 0;
  }
  /// What the image holds there; empty if it cannot be read.
  std::vector<uint8_t> read(uint64_t id, uint64_t offset, size_t length) {
    DataBuffer data = pool_.acquire(length);
    std::optional<Errc> error;
    images_.read(id, offset, data.vectors(), [&](Errc failed) { error = failed; });
    run();
    std::vector<uint8_t> bytes(error == Errc::ok ? length : 0);
    if (error == Errc::ok) data.copy_out(0, bytes);
    return bytes;
  }
  std::vector<uint8_t> as_it_was(uint64_t offset, size_t length) const {
    const auto from = before_.begin() + static_cast<ptrdiff_t>(offset);
    return {from, from + static_cast<ptrdiff_t>(length)};
  }
  void overwrite(const Extent& extent) {
    SimIo write(Verb::write, extent, 0x77);
    submit(write);
    run();
    EXPECT_TRUE(write.ok());
  }
  struct Copied {
    std::optional<ImageCopier::Outcome> outcome;
    std::optional<Error> refused;
    uint64_t id = 0;
    uint64_t progress = 0;
  };
  void copy(Images::CopyOrder order, Copied& copied) {
    images_.copy(
        std::move(order),
        [&copied](Result<uint64_t> begun) {
          if (begun)
            copied.id = begun.value();
          else
            copied.refused = begun.error();
        },
        [&copied](uint64_t bytes) { copied.progress = bytes; },
        [&copied](const ImageCopier::Outcome& outcome) { copied.outcome = outcome; });
  }
  ImageCopier::Outcome copied(Images::CopyOrder order) {
    Copied copied;
    copy(std::move(order), copied);
    run(std::chrono::seconds(2));
    EXPECT_TRUE(copied.outcome);
    return copied.outcome.value_or(ImageCopier::Outcome{});
  }
  void fail_store(Errc error) {
    store_fate_ = [error](const VolumeIo& io) {
      return SimVolume::Fate{.error = io.verb == Verb::write ? error : Errc::ok};
    };
  }
  void hang_store() {
    store_fate_ = [](const VolumeIo& io) {
      return SimVolume::Fate{.hang = io.verb == Verb::write};
    };
  }

  std::vector<uint8_t> before_;
  std::vector<uint64_t> lost_;
  BufferPool pool_{4 * kMiB};
  Images images_{executor_, 0, [this](uint64_t, uint64_t bytes) {
                   auto store = std::make_unique<SimVolume>(executor_, "store", bytes, 20000);
                   store->decide(store_fate_, &hung_);
                   return Result<std::unique_ptr<storage::Volume>>(std::move(store));
                 }};
};

TEST_F(ImageTest, HoldsWhatTheVolumeHeldWhateverIsWrittenSince) {
  const uint64_t id = created({{0, kBytes}});
  overwrite({5 * 512, 40 * 512});
  overwrite({kFar, 4096});
  EXPECT_EQ(read(id, 0, 64 * kKiB), as_it_was(0, 64 * kKiB));
  EXPECT_EQ(read(id, kFar - 512, 8192), as_it_was(kFar - 512, 8192));
  overwrite({5 * 512, 512});  // a second time
  EXPECT_EQ(read(id, 5 * 512, 512), as_it_was(5 * 512, 512));
}

TEST_F(ImageTest, HoldsItsRangesOneAfterTheOther) {
  const uint64_t id = created({{kFar, 3 * 512}, {512, 2 * 512}, {9 * 512, 512}});
  overwrite({0, 16 * 512});
  overwrite({kFar, 16 * 512});
  auto expected = as_it_was(kFar, 3 * 512);
  const auto second = as_it_was(512, 2 * 512);
  const auto third = as_it_was(9 * 512, 512);
  expected.insert(expected.end(), second.begin(), second.end());
  expected.insert(expected.end(), third.begin(), third.end());
  EXPECT_EQ(read(id, 0, 6 * 512), expected);
  EXPECT_EQ(read(id, 2 * 512, 3 * 512),
            (std::vector<uint8_t>{expected.begin() + 1024, expected.begin() + 2560}));
  EXPECT_TRUE(read(id, 512, 6 * 512).empty()) << "beyond the end";
}

TEST_F(ImageTest, WritesOutsideItsRangesAreNotHeld) {
  created({{0, 64 * kKiB}});
  SimIo write(Verb::write, {kFar, 4096}, 2);
  submit(write);
  EXPECT_EQ(source_.medium.in_flight(), 1u);
  run();
  EXPECT_TRUE(write.ok());
}

TEST_F(ImageTest, AFullStoreLosesTheImageAndNoWrite) {
  fail_store(Errc::no_space);
  const uint64_t id = created({{0, kBytes}});
  overwrite({0, 4096});
  run(std::chrono::seconds(1));
  EXPECT_EQ(lost_, std::vector<uint64_t>{id});
  EXPECT_TRUE(read(id, kFar, 512).empty());
  overwrite({kFar, 4096});
}

TEST_F(ImageTest, AHungStoreHoldsNoWriteBeyondTheDeadline) {
  hang_store();
  created({{0, kBytes}});
  SimIo write(Verb::write, {0, 4096}, 2);
  submit(write);
  run(std::chrono::seconds(4));
  EXPECT_EQ(write.ends, 0u);
  run(std::chrono::seconds(2));
  EXPECT_TRUE(write.ok());
  EXPECT_EQ(lost_.size(), 1u);
}

TEST_F(ImageTest, DroppedIsForgotten) {
  hang_store();
  const uint64_t id = created({{0, kBytes}});
  SimIo write(Verb::write, {0, 4096}, 2);
  submit(write);
  run();
  EXPECT_EQ(write.ends, 0u);
  images_.drop(id);
  run();
  EXPECT_TRUE(write.ok());
  EXPECT_TRUE(read(id, 0, 512).empty());
  EXPECT_TRUE(lost_.empty()) << "it was not lost, but dropped";
}

TEST_F(ImageTest, AReadUnderWayWhenTheImageIsLostFails) {
  fail_store(Errc::no_space);
  const uint64_t id = created({{0, kBytes}});
  source_.medium.decide(
      [](const VolumeIo& io) {
        return SimVolume::Fate{.hang = io.verb == Verb::read && io.extent.offset == kFar};
      },
      &hung_);
  DataBuffer data = pool_.acquire(4096);
  std::optional<Errc> error;
  images_.read(id, kFar, data.vectors(), [&](Errc failed) { error = failed; });
  run();
  EXPECT_FALSE(error);
  overwrite({0, 4096});
  hung_.let_go();
  run();
  EXPECT_EQ(error, Errc::gone);
}

TEST_F(ImageTest, AVolumeThatDoesNotDrainGetsNoImage) {
  source_.medium.decide(
      [](const VolumeIo& io) { return SimVolume::Fate{.hang = io.verb == Verb::write}; }, &hung_);
  SimIo stuck(Verb::write, {0, 4096}, 2);
  submit(stuck);
  std::optional<Result<uint64_t>> answer;
  images_.create({.volume = "source", .ranges = {{0, kBytes}}},
                 [&](Result<uint64_t> made) { answer = std::move(made); });
  run(std::chrono::seconds(6));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(*answer);
  source_.medium.decide(nullptr, &hung_);
  overwrite({kFar, 4096});  // the gate is open
  hung_.let_go();
  run();
}

TEST_F(ImageTest, WhatIsNotOnTheVolumeHasNoImage) {
  for (const Extent& wrong : std::to_array<Extent>(
           {{0, 0}, {kBytes, 512}, {UINT64_MAX - 511, 1024}, {kBytes - 512, 1024}, {1, 512}})) {
    const auto answer = create({wrong});
    ASSERT_TRUE(answer);
    EXPECT_FALSE(*answer);
  }
  EXPECT_FALSE(*create({}));
}

TEST_F(ImageTest, ThereAreOnlySoManyOfAVolume) {
  std::vector<uint64_t> ids;
  for (size_t i = 0; i < Images::kPerVolumeMax; ++i) ids.push_back(created({{0, 4096}}));
  const auto refused = create({{0, 4096}});
  ASSERT_TRUE(refused && !refused->ok());
  EXPECT_EQ(refused->error().kind, ErrorKind::exhausted);
  images_.drop(ids[5]);
  run();
  created({{0, 4096}});
}

TEST_F(ImageTest, ImagesOfOneVolumeHoldEachItsOwnTime) {
  const uint64_t first = created({{0, kBytes}});
  overwrite({0, 8192});
  const uint64_t second = created({{0, kBytes}});
  overwrite({0, 4096});
  EXPECT_EQ(read(first, 0, 8192), as_it_was(0, 8192));
  EXPECT_EQ(read(second, 0, 8192), std::vector<uint8_t>(8192, 0x77));
}

TEST_F(ImageTest, ACopyWritesWhatTheImageHeld) {
  const uint64_t id = created({{0, 512 * kKiB}});
  overwrite({0, 256 * kKiB});
  const auto outcome = copied({.image = id,
                               .offset = 4096,
                               .destination = "copy",
                               .to = {{100 * 512, 8192}, {kFar, 300 * kKiB}}});
  EXPECT_EQ(outcome.error, Errc::ok);
  EXPECT_EQ(outcome.bytes, 8192 + 300 * kKiB);
  const auto& bytes = copy_.medium.bytes();
  EXPECT_TRUE(std::equal(bytes.begin() + 100 * 512, bytes.begin() + 100 * 512 + 8192,
                         before_.begin() + 4096));
  EXPECT_TRUE(std::equal(bytes.begin() + kFar, bytes.begin() + kFar + 300 * kKiB,
                         before_.begin() + 4096 + 8192));
}

TEST_F(ImageTest, ACopyOverTheImagesOwnVolumeTakesWhatWasThere) {
  const uint64_t id = created({{0, 64 * kKiB}});
  const auto outcome =
      copied({.image = id, .destination = "source", .to = {{16 * kKiB, 64 * kKiB}}});
  EXPECT_EQ(outcome.bytes, 64 * kKiB);
  const auto& bytes = source_.medium.bytes();
  EXPECT_TRUE(std::equal(bytes.begin() + 16 * kKiB, bytes.begin() + 80 * kKiB, before_.begin()));
  EXPECT_EQ(read(id, 0, 64 * kKiB), as_it_was(0, 64 * kKiB));
}

TEST_F(ImageTest, OutOfPatienceWhatIsWrittenIsTheBeginning) {
  const uint64_t id = created({{0, kBytes}});
  copy_.medium.decide(nullptr, &hung_);
  // Pieces of a mebibyte: the second range is begun after the first, and too late.
  std::vector<Extent> to;
  for (uint64_t at = 0; at < kBytes; at += 64 * kKiB) to.push_back({at, 64 * kKiB});
  const auto outcome = copied(
      {.image = id, .destination = "copy", .to = to, .patience = std::chrono::microseconds(30)});
  EXPECT_TRUE(outcome.out_of_patience);
  EXPECT_GT(outcome.bytes, 0u);
  EXPECT_LT(outcome.bytes, kBytes);
  EXPECT_EQ(outcome.bytes % (64 * kKiB), 0u);
  EXPECT_TRUE(std::equal(before_.begin(), before_.begin() + static_cast<ptrdiff_t>(outcome.bytes),
                         copy_.medium.bytes().begin()));
}

TEST_F(ImageTest, WhatFollowsTheEndOfTheImageIsZeroes) {
  const uint64_t id = created({{0, 512}});
  std::memset(copy_.medium.bytes().data(), 0xee, 8192);
  const auto outcome =
      copied({.image = id, .destination = "copy", .to = {{0, 4096}}, .zeroes_after = 512});
  EXPECT_EQ(outcome.bytes, 4096u);
  EXPECT_TRUE(std::equal(before_.begin(), before_.begin() + 512, copy_.medium.bytes().begin()));
  EXPECT_EQ(std::count(copy_.medium.bytes().begin() + 512, copy_.medium.bytes().begin() + 4096, 0),
            4096 - 512);
  EXPECT_EQ(copy_.medium.bytes()[4096], 0xee);
}

TEST_F(ImageTest, ACopyWithoutAnImageWritesZeroes) {
  std::memset(copy_.medium.bytes().data(), 0xee, kBytes);
  const auto outcome = copied({.destination = "copy", .to = {{512, 1024}, {kFar, 512 * kKiB}}});
  EXPECT_EQ(outcome.bytes, 1024 + 512 * kKiB);
  EXPECT_EQ(copy_.medium.bytes()[511], 0xee);
  EXPECT_EQ(copy_.medium.bytes()[512], 0);
  EXPECT_EQ(copy_.medium.bytes()[512 + 1024], 0xee);
  EXPECT_EQ(copy_.medium.bytes()[kFar], 0);
}

TEST_F(ImageTest, AProtectedDestinationRefusesTheCopy) {
  const uint64_t id = created({{0, kBytes}});
  copy_.gate.protect(true, 0, [] {});
  run();
  const auto outcome = copied({.image = id, .destination = "copy", .to = {{0, 4096}}});
  EXPECT_EQ(outcome.error, Errc::write_protected);
  EXPECT_EQ(outcome.party, "destination");
  EXPECT_EQ(outcome.bytes, 0u);
}

TEST_F(ImageTest, AFailedPieceEndsTheCopyBeforeIt) {
  const uint64_t id = created({{0, kBytes}});
  std::vector<Extent> to;
  for (uint64_t at = 0; at < kBytes; at += 64 * kKiB) to.push_back({at, 64 * kKiB});
  copy_.medium.decide(
      [](const VolumeIo& io) {
        return SimVolume::Fate{.error =
                                   io.extent.offset == 256 * kKiB ? Errc::medium_write : Errc::ok};
      },
      &hung_);
  const auto outcome = copied({.image = id, .destination = "copy", .to = to});
  EXPECT_EQ(outcome.error, Errc::medium_write);
  EXPECT_EQ(outcome.bytes, 256 * kKiB);
}

TEST_F(ImageTest, AStoppedCopyEndsWithWhatItHasDone) {
  const uint64_t id = created({{0, kBytes}});
  copy_.medium.decide(
      [](const VolumeIo& io) { return SimVolume::Fate{.hang = io.verb == Verb::write}; }, &hung_);
  Copied stopped;
  copy({.image = id, .destination = "copy", .to = {{0, kBytes}}}, stopped);
  run();
  images_.stop_copy(stopped.id);
  run();
  EXPECT_FALSE(stopped.outcome) << "a late write must not come after its end";
  hung_.let_go();
  run();
  ASSERT_TRUE(stopped.outcome);
  // The one piece under way was all of it.
  EXPECT_EQ(stopped.outcome->bytes, kBytes);
}

TEST_F(ImageTest, ACopyOfALostImageFails) {
  fail_store(Errc::no_space);
  const uint64_t id = created({{0, kBytes}});
  overwrite({0, 4096});
  run(std::chrono::seconds(1));
  Copied refused;
  copy({.image = id, .destination = "copy", .to = {{0, 4096}}}, refused);
  run();
  ASSERT_TRUE(refused.refused);
  EXPECT_EQ(refused.refused->kind, ErrorKind::not_found);
}

TEST_F(ImageTest, AVolumeThatGoesTakesItsImagesWithIt) {
  hang_store();
  const uint64_t id = created({{0, kBytes}});
  SimIo write(Verb::write, {0, 4096}, 2);
  submit(write);
  run();
  bool gone = false;
  images_.remove_volume("source", [&] { gone = true; });
  run();
  EXPECT_TRUE(write.ok());
  EXPECT_EQ(lost_, std::vector<uint64_t>{id});
  EXPECT_FALSE(gone) << "the store still has a write under way";
  hung_.let_go();
  run();
  EXPECT_TRUE(gone);
  EXPECT_FALSE(*create({{0, 4096}}));
  images_.add_volume("source", source_.gate, source_.guard);
  created({{0, 4096}});
}

TEST_F(ImageTest, AVolumeThatGoesWaitsForTheCopiesToIt) {
  const uint64_t id = created({{0, kBytes}});
  copy_.medium.decide(
      [](const VolumeIo& io) { return SimVolume::Fate{.hang = io.verb == Verb::write}; }, &hung_);
  Copied copying;
  copy({.image = id, .destination = "copy", .to = {{0, kBytes}}}, copying);
  run();
  bool gone = false;
  images_.remove_volume("copy", [&] { gone = true; });
  run();
  EXPECT_FALSE(gone);
  hung_.let_go();
  run();
  EXPECT_TRUE(gone);
  EXPECT_TRUE(copying.outcome);
  EXPECT_TRUE(lost_.empty());
}

TEST_F(ImageTest, ShutDownDropsAllAndWaitsForWhatIsUnderWay) {
  hang_store();
  created({{0, kBytes}});
  SimIo write(Verb::write, {0, 4096}, 2);
  submit(write);
  run();
  bool done = false;
  images_.shut_down([&] { done = true; });
  run();
  EXPECT_TRUE(write.ok());
  EXPECT_FALSE(done);
  hung_.let_go();
  run();
  EXPECT_TRUE(done);
  EXPECT_FALSE(*create({{0, 4096}}));
}

}  // namespace
}  // namespace tidemark::copyengine
