// SegmentCopier: moves the image of one segment after another to the destination, in chunks,
// several at a time; how large, how many and when is CopyPacer's to say.
//
// Holes and zeroes are not moved: the destination is made to read as zeroes there. A chunk is
// marked copied only when the destination has answered its write. If asked to verify, the copier
// then reads it back and compares checksums (CRC32C); what differs is noted, and the copy goes on.
//
// On the home core. Kept alive by its owner and by the chunks under way.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/buffer_pool.h"
#include "base/executor.h"
#include "copyengine/copy_pacer.h"
#include "copyengine/copy_session.h"
#include "copyengine/rate_limiter.h"

namespace tidemark::copyengine {

class SegmentCopier final : public std::enable_shared_from_this<SegmentCopier> {
 public:
  struct Outcome {
    storage::Errc error = storage::Errc::ok;
    std::string_view party;  // "source", "store", "destination"
    storage::Extent extent;  // of the source
  };
  struct Figures {
    uint64_t bytes_done = 0;
    uint64_t bytes_written = 0;
    uint64_t bytes_zero = 0;  // found by reading
    uint64_t bytes_hole = 0;  // known without
    uint64_t bytes_verified = 0;
    uint64_t bytes_mismatched = 0;            // of these
    std::vector<storage::Extent> mismatches;  // of the source; the first kMismatchesKept
  };

  /// The source is read behind its `guard`; `destination` is written through its gate.
  SegmentCopier(Executor& executor, CoreId home, std::shared_ptr<CopySession> session,
                WriteGuard& guard, storage::Volume& destination, BufferPool& memory,
                const CopyTuning& tuning);

  /// `done` runs once, unless stop() comes first.
  void copy(const CopyRange& segment, std::function<void(const Outcome&)> done);
  void pause() { paused_ = true; }
  void resume();
  /// Starts nothing more; what is under way at the destination cannot be taken back.
  void stop() {
    stopped_ = true;
    done_ = nullptr;  // it keeps its owner alive, which keeps this alive
  }
  /// Runs `then` when, after stop() or an error, nothing is under way any more.
  void when_idle(std::function<void()> then);

  RateLimiter& rate() { return rate_; }
  /// Before the first segment.
  void verify() { verify_ = true; }
  void set_impact(Impact impact, Duration latency_budget);
  const CopyPacer& pacer() const { return pacer_; }
  CopyTuning::Pace pace() const { return pacer_.pace(session_->figures().held_now > 0); }
  unsigned under_way() const { return under_way_; }
  const Figures& figures() const { return figures_; }

 private:
  struct Chunk {
    storage::Extent extent;  // of the source
    uint64_t destination_offset = 0;
    TimePoint begun;
    uint64_t Figures::*kind = &Figures::bytes_written;
    uint32_t checksum = 0;  // of the image, if it is to be verified
    bool good = true;       // read back as it was written, if that was asked for
    DataBuffer data;
  };
  using ChunkPtr = std::shared_ptr<Chunk>;

  /// How far zeroes are looked for ahead, and cleared in one step.
  static constexpr uint64_t kZeroRunMax = 64 * kMiB;
  static constexpr size_t kMismatchesKept = 64;

  void pump();
  void look();
  bool start_chunk();
  uint64_t next_copied(uint64_t offset) const;
  void skip_copied();
  void wait_until(TimePoint ready);
  void wait_for_memory();
  void image_read(const ChunkPtr& chunk, storage::Errc error, std::string_view party);
  void clear(const ChunkPtr& chunk);
  void write(const ChunkPtr& chunk);
  std::vector<storage::Extent> not_in_place(const storage::Extent& extent) const;
  void fill_gaps(const ChunkPtr& chunk, const std::vector<storage::Extent>& gaps);
  void in_place(const ChunkPtr& chunk, storage::Errc error);
  void read_back(const ChunkPtr& chunk);
  bool same_as_written(const ChunkPtr& chunk);
  void chunk_copied(const ChunkPtr& chunk);
  void fail(const ChunkPtr& chunk, storage::Errc error, std::string_view party);
  void chunk_over();

  Executor& executor_;
  CoreId home_;
  std::shared_ptr<CopySession> session_;
  WriteGuard& guard_;
  storage::Volume& source_;
  storage::Volume& destination_;
  BufferPool& memory_;
  CopyPacer pacer_;
  Duration busy_{};  // time spent in calls of ours
  CopyRange segment_;
  uint64_t next_ = 0;  // offset within the segment
  unsigned under_way_ = 0;
  bool verify_ = false;
  bool paused_ = false;
  bool stopped_ = false;
  bool waiting_ = false;  // for time or memory; pump() is due
  std::function<void(const Outcome&)> done_;
  std::vector<std::function<void()>> idle_;
  RateLimiter rate_;
  Figures figures_;
};

}  // namespace tidemark::copyengine
