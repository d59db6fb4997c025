// Volumes as large as a file can be, and copies of them in very many pieces: the engine's work and
// memory follow what there is, not what there could be.
#include <gtest/gtest.h>

#include <cstring>
#include <optional>

#include "copyengine/copy_engine.h"
#include "copyengine/write_guard.h"
#include "storage/range_gate.h"
#include "tests/support/sim_executor.h"
#include "tests/support/sim_io.h"

namespace tidemark::copyengine {
namespace {

using storage::Errc;
using storage::Extent;
using storage::Verb;
using storage::VolumeIo;

/// Holds nothing, whatever is written; answers at once, like a volume in memory.
class VastVolume final : public storage::Volume {
 public:
  explicit VastVolume(uint64_t bytes) { traits_.bytes = bytes; }
  const storage::VolumeTraits& traits() const override { return traits_; }
  void submit(VolumeIo& io) override {
    for (const iovec& piece : io.memory)
      if (io.verb == Verb::read) std::memset(piece.iov_base, 0, piece.iov_len);
    io.done(io);
  }
  std::optional<Extent> hole_at(uint64_t offset, uint64_t limit) override {
    ++asked;
    return Extent{offset, limit - offset};
  }

  uint64_t asked = 0;

 private:
  storage::VolumeTraits traits_;
};

struct ServedVast {
  ServedVast(test::SimExecutor& executor, uint64_t bytes)
      : medium(bytes), guard(executor, 0, medium), gate(executor, 0, guard) {}
  VastVolume medium;
  WriteGuard guard;
  storage::RangeGate gate;
};

class VastFiles final : public CopyFiles {
 public:
  Result<Opened> make(uint64_t, uint64_t store_bytes, uint64_t journal_bytes) override {
    Opened opened{.store = std::make_unique<VastVolume>(store_bytes), .journal = nullptr};
    if (journal_bytes > 0) opened.journal = std::make_unique<VastVolume>(journal_bytes);
    return opened;
  }
  void remove(uint64_t) override {}
};

class VastVolumeTest : public testing::Test {
 protected:
  void serve(uint64_t bytes) {
    source_.emplace(executor_, bytes);
    copy_.emplace(executor_, bytes);
    engine_.emplace(executor_, 0, files_, nullptr);
    engine_->add_volume("source", source_->gate, source_->guard);
    engine_->add_volume("copy", copy_->gate, copy_->guard);
  }
  Result<CopyStatus> start(const CopyRequest& request) {
    std::optional<Result<CopyStatus>> answer;
    engine_->start(request, [&](Result<CopyStatus> result) { answer = std::move(result); });
    while (!answer) executor_.run(executor_.now() + std::chrono::microseconds(100));
    return *answer;
  }
  static CopyRequest request() {
    CopyRequest request;
    request.source = "source";
    request.destination = "copy";
    return request;
  }
  CopyStatus run_to_end(uint64_t id) {
    CopyStatus status;
    while (!ended(status.state)) {
      executor_.run(executor_.now() + std::chrono::seconds(10));
      engine_->get(id, [&](Result<CopyStatus> now) { status = now.value(); });
      executor_.run(executor_.now() + std::chrono::milliseconds(1));
    }
    return status;
  }

  test::SimExecutor executor_{1, 7};
  std::optional<ServedVast> source_;
  std::optional<ServedVast> copy_;
  VastFiles files_;
  std::optional<CopyEngine> engine_;
};

TEST_F(VastVolumeTest, HolesInVeryManySegmentsTakeNoStack) {
  serve(16 * kGiB);
  CopyRequest wanted = request();
  wanted.segment_size = kSegmentMin;
  const auto started = start(wanted);
  ASSERT_TRUE(started);
  EXPECT_EQ(started.value().segments_total, 16 * kGiB / kSegmentMin);
  const CopyStatus done = run_to_end(started.value().id);
  EXPECT_EQ(done.state, CopyState::completed);
  EXPECT_EQ(done.bytes_skipped, 16 * kGiB);
  EXPECT_EQ(done.segments_done, done.segments_total);
}

TEST_F(VastVolumeTest, TheCopierGivesTheCoreAwayBetweenHoles) {
  serve(1024 * kGiB);
  const auto started = start(request());
  ASSERT_TRUE(started);
  uint64_t longest = 0;
  uint64_t last = source_->medium.asked;
  std::function<void()> look = [&] {
    longest = std::max(longest, source_->medium.asked - std::exchange(last, source_->medium.asked));
    if (executor_.now() < TimePoint(std::chrono::seconds(1))) executor_.post(0, look);
  };
  look();
  EXPECT_EQ(run_to_end(started.value().id).state, CopyState::completed);
  EXPECT_LT(longest, 100u);
}

TEST_F(VastVolumeTest, OneSegmentOfEverythingIsCopiedInPieces) {
  serve(1024 * kGiB);
  CopyRequest wanted = request();
  wanted.segment_size = 1024 * kGiB;
  const auto started = start(wanted);
  ASSERT_TRUE(started);
  EXPECT_EQ(run_to_end(started.value().id).state, CopyState::completed);
}

TEST_F(VastVolumeTest, WhatWouldNeedTooMuchMemoryIsRefused) {
  serve((uint64_t{1} << 63) - 4096);
  const auto in_segments = start(request());
  ASSERT_FALSE(in_segments);
  EXPECT_EQ(in_segments.error().field, "segment_size");
  CopyRequest whole = request();
  whole.segment_size = 1024 * kGiB;
  const auto in_grains = start(whole);
  ASSERT_FALSE(in_grains);
  EXPECT_EQ(in_grains.error().kind, ErrorKind::exhausted);
  EXPECT_EQ(in_grains.error().field, "grain");
  // A part of it is no different from a part of any other volume.
  CopyRequest part = request();
  part.ranges = {{source_->medium.traits().bytes - kGiB, 4096, kGiB}};
  const auto started = start(part);
  ASSERT_TRUE(started);
  test::SimIo write(Verb::write, {source_->medium.traits().bytes - 4096, 4096}, 1);
  write.submit(executor_, source_->gate);
  EXPECT_EQ(run_to_end(started.value().id).state, CopyState::completed);
  EXPECT_TRUE(write.ok());
}

}  // namespace
}  // namespace tidemark::copyengine
