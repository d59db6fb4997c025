// The engines themselves: many requests from several cores, errors of real files, and the end.
#include "storage/io_engine.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <latch>
#include <random>

#include "storage/file_descriptor.h"
#include "storage/io_steps.h"
#include "tests/storage/volume_driver.h"

namespace tidemark::storage {
namespace {

class IoEngines : public testing::TestWithParam<EngineChoice> {
 protected:
  /// One I/O on any file, without a volume.
  Errc run_on(int fd, Verb verb, Extent extent, std::span<const iovec> memory) {
    VolumeIo io;
    io.verb = verb;
    io.extent = extent;
    io.memory = memory;
    begin_steps(io, fd, {});
    return driver_.run(io);
  }

  ScratchDirectory scratch_{"/tmp"};
  VolumeDriver driver_{GetParam()};
  uint8_t bytes_[4096] = {};
  const iovec memory_{bytes_, sizeof bytes_};
  const Extent first_page_{0, sizeof bytes_};
};

INSTANTIATE_TEST_SUITE_P(Both, IoEngines, testing::ValuesIn(engines_here()), engine_test_name);

TEST_P(IoEngines, SayWhichTheyAre) {
  EXPECT_EQ(driver_.engines().kind(), GetParam() == EngineChoice::threads ? "threads" : "io_uring");
  EXPECT_EQ(driver_.engines().reason(), "");
}

TEST_P(IoEngines, EioIsAMediumError) {
  // Nothing is mapped at address 0, and this file says so with EIO.
  FileDescriptor file(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(file);
  EXPECT_EQ(run_on(file.get(), Verb::read, first_page_, {&memory_, 1}), Errc::medium_read);
  EXPECT_EQ(run_on(file.get(), Verb::write, first_page_, {&memory_, 1}), Errc::medium_write);
}

TEST_P(IoEngines, EnospcIsNoSpace) {
  FileDescriptor full(open("/dev/full", O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(full);
  EXPECT_EQ(run_on(full.get(), Verb::write, first_page_, {&memory_, 1}), Errc::no_space);
  EXPECT_EQ(run_on(full.get(), Verb::write_zeroes, first_page_, {}), Errc::no_space);
}

TEST_P(IoEngines, AClosedFileIsGone) {
  EXPECT_EQ(run_on(1 << 20, Verb::read, first_page_, {&memory_, 1}), Errc::gone);
  EXPECT_EQ(run_on(1 << 20, Verb::flush, {}, {}), Errc::gone);
}

TEST_P(IoEngines, LargeZeroesWithoutFallocateAreWritten) {
  // A device that takes any write and no fallocate: 3 MiB and a bit take several steps.
  FileDescriptor sink(open("/dev/zero", O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(sink);
  EXPECT_EQ(run_on(sink.get(), Verb::write_zeroes, {0, 3 * kMiB + 512}, {}), Errc::ok);
}

// ---- Random requests against a model ----

constexpr uint64_t kSlot = 64 * kKiB;
constexpr size_t kSlotsPerCore = 40;
constexpr int kOperationsPerCore = 5000;

/// One core's share of the volume: slots with one request each under way at any time, every read of
/// which is compared with what was written.
class CoreActor {
 public:
  CoreActor(Volume& volume, CoreId core, std::latch& all_done)
      : volume_(volume), core_(core), all_done_(all_done), random_(core + 77u) {
    for (size_t i = 0; i < kSlotsPerCore; ++i) slots_.emplace_back(*this, base() + i * kSlot);
  }

  void start() {
    for (Slot& slot : slots_) next(slot);
  }
  int mismatches() const { return mismatches_; }
  int failures() const { return failures_; }

 private:
  struct Slot {
    Slot(CoreActor& its_actor, uint64_t its_offset)
        : actor(its_actor), offset(its_offset), model(kSlot, 0), buffer(kSlot) {}
    CoreActor& actor;
    uint64_t offset;
    std::vector<uint8_t> model;
    std::vector<uint8_t> buffer;
    std::vector<iovec> vectors;
    VolumeIo io;
  };

  uint64_t base() const { return core_ * kSlotsPerCore * kSlot; }

  void next(Slot& slot) {
    if (started_ == kOperationsPerCore) {
      if (++idle_ == kSlotsPerCore) all_done_.count_down();
      return;
    }
    ++started_;
    const uint64_t from = random_() % kSlot;
    const uint64_t length = random_() % (kSlot - from) + 1;
    slot.io = VolumeIo{};
    slot.io.core = core_;
    slot.io.owner = &slot;
    slot.io.done = [](VolumeIo& io) noexcept {
      auto& here = *static_cast<Slot*>(io.owner);
      here.actor.ended(here);
    };
    slot.io.extent = {slot.offset + from, length};
    choose(slot, slot.buffer.data(), length);
    volume_.submit(slot.io);
  }

  void choose(Slot& slot, uint8_t* memory, uint64_t length) {
    constexpr Verb kVerbs[] = {Verb::read,  Verb::read,         Verb::read, Verb::write,
                               Verb::write, Verb::write_zeroes, Verb::unmap};
    slot.io.verb = kVerbs[random_() % std::size(kVerbs)];
    slot.io.fua = changes_medium(slot.io.verb) && random_() % 500 == 0;
    if (random_() % 1000 == 0) slot.io.verb = Verb::flush;
    if (slot.io.verb == Verb::write)
      std::generate_n(memory, length, [&] { return static_cast<uint8_t>(random_()); });
    slot.vectors.clear();
    while (length > 0) {
      const uint64_t piece = std::min<uint64_t>(length, random_() % (kSlot / 4) + 1);
      slot.vectors.push_back({memory, piece});
      memory += piece;
      length -= piece;
    }
    if (slot.io.verb == Verb::read || slot.io.verb == Verb::write) slot.io.memory = slot.vectors;
  }

  void ended(Slot& slot) {
    const auto at =
        slot.model.begin() + static_cast<ptrdiff_t>(slot.io.extent.offset - slot.offset);
    const auto length = static_cast<ptrdiff_t>(slot.io.extent.length);
    if (slot.io.error != Errc::ok) ++failures_;
    switch (slot.io.verb) {
      case Verb::read:
        if (!std::equal(at, at + length, slot.buffer.begin())) ++mismatches_;
        break;
      case Verb::write:
        std::copy_n(slot.buffer.begin(), length, at);
        break;
      case Verb::write_zeroes:
      case Verb::unmap:
        std::fill_n(at, length, uint8_t{0});
        break;
      case Verb::flush:
        break;
    }
    next(slot);
  }

  Volume& volume_;
  CoreId core_;
  std::latch& all_done_;
  std::mt19937 random_;
  std::deque<Slot> slots_;
  int started_ = 0;
  size_t idle_ = 0;
  int mismatches_ = 0;
  int failures_ = 0;
};

TEST_P(IoEngines, TenThousandMixedRequestsFromTwoCoresAgreeWithTheModel) {
  auto volume = open_file(driver_.engines(), scratch_.file("volume"), 2 * kSlotsPerCore * kSlot);
  std::latch all_done(2);
  std::deque<CoreActor> actors;
  for (const CoreId core : {CoreId{0}, CoreId{1}}) actors.emplace_back(*volume, core, all_done);
  for (const CoreId core : {CoreId{0}, CoreId{1}})
    driver_.cores().post(core, [&, core] { actors[core].start(); });
  all_done.wait();
  driver_.shut_down();
  for (const CoreActor& actor : actors) {
    EXPECT_EQ(actor.mismatches(), 0);
    EXPECT_EQ(actor.failures(), 0);
  }
}

// ---- Many at once, cancelling, the end ----

/// Many reads of one page each, submitted in one turn of core 0.
struct Crowd {
  explicit Crowd(size_t count) : ios(count), pages(count), vectors(count) {
    for (size_t i = 0; i < count; ++i) {
      vectors[i] = {pages[i].data(), pages[i].size()};
      ios[i].extent = {i * 4096, 4096};
      ios[i].memory = {&vectors[i], 1};
      ios[i].owner = this;
      ios[i].done = [](VolumeIo& io) noexcept {
        auto& crowd = *static_cast<Crowd*>(io.owner);
        ++(io.error == Errc::ok ? crowd.ok : crowd.cancelled);
        if (crowd.ok + crowd.cancelled == crowd.ios.size()) crowd.all_ended.set_value();
      };
    }
  }
  std::vector<VolumeIo> ios;
  std::vector<std::array<uint8_t, 4096>> pages;
  std::vector<iovec> vectors;
  std::atomic<size_t> ok = 0;
  std::atomic<size_t> cancelled = 0;
  std::promise<void> all_ended;
};

TEST_P(IoEngines, MoreThanTheRingHoldsAllComeBack) {
  auto volume = open_file(driver_.engines(), scratch_.file("volume"), 16 * kMiB);
  const auto bytes = pattern(8 * kMiB, 1);
  ASSERT_EQ(driver_.write(*volume, 0, bytes), Errc::ok);
  Crowd crowd(2000);
  driver_.cores().post(0, [&] {
    for (VolumeIo& io : crowd.ios) volume->submit(io);
  });
  crowd.all_ended.get_future().wait();
  EXPECT_EQ(crowd.ok, 2000u);
  for (size_t i = 0; i < crowd.pages.size(); ++i)
    ASSERT_TRUE(std::ranges::equal(crowd.pages[i], std::span(bytes).subspan(i * 4096, 4096)));
}

TEST_P(IoEngines, WhatIsCancelledInTimeIsNeverExecuted) {
  auto volume = open_file(driver_.engines(), scratch_.file("volume"), 16 * kMiB);
  Crowd crowd(500);
  for (VolumeIo& io : crowd.ios) io.verb = Verb::write;
  for (auto& page : crowd.pages) page.fill(0xCC);
  driver_.cores().post(0, [&] {
    // One at a time: all of them together might be done before the first is taken back.
    for (VolumeIo& io : crowd.ios) {
      volume->submit(io);
      volume->cancel(io);
    }
  });
  crowd.all_ended.get_future().wait();
  EXPECT_GT(crowd.cancelled, 0u);
  std::vector<uint8_t> page(4096);
  for (const VolumeIo& io : crowd.ios) {
    ASSERT_TRUE(io.error == Errc::ok || io.error == Errc::cancelled);
    ASSERT_EQ(driver_.read(*volume, io.extent.offset, page), Errc::ok);
    ASSERT_EQ(page[0], io.error == Errc::ok ? 0xCC : 0);
  }
}

TEST_P(IoEngines, NothingAcceptedIsLostAtTheEnd) {
  auto volume = open_file(driver_.engines(), scratch_.file("volume"), 16 * kMiB);
  Crowd crowd(1000);
  for (VolumeIo& io : crowd.ios) io.verb = Verb::write;
  for (size_t i = 0; i < crowd.pages.size(); ++i) crowd.pages[i].fill(0xDD);
  std::latch submitted(1);
  driver_.cores().post(0, [&] {
    for (VolumeIo& io : crowd.ios) volume->submit(io);
    submitted.count_down();
  });
  submitted.wait();
  driver_.shut_down();
  EXPECT_EQ(crowd.ok, 1000u);
  volume.reset();

  VolumeDriver again(GetParam());
  auto reopened = open_file(again.engines(), scratch_.file("volume"), 16 * kMiB);
  EXPECT_EQ(again.contents(*reopened, {0, 1000 * 4096}), std::vector<uint8_t>(1000 * 4096, 0xDD));
}

TEST(Engines, AutomaticNamesWhatItChoseAndWhy) {
  CorePool cores{1};
  auto engines = make_engines(cores, EngineChoice::automatic);
  ASSERT_TRUE(engines.ok());
  const bool uring = engines.value()->kind() == "io_uring";
  EXPECT_TRUE(uring || engines.value()->kind() == "threads");
  EXPECT_EQ(engines.value()->reason().empty(), uring);
}

}  // namespace
}  // namespace tidemark::storage
