#include "copyengine/chunk_sizer.h"

#include <algorithm>

namespace tidemark::copyengine {
namespace {

// So much under way at a time: deep enough where chunks are small, and never only one.
constexpr uint64_t kUnderWay = 8 * kMiB;
constexpr uint64_t kDepthMax = 8;
// Less is noise, in either direction.
constexpr double kFaster = 1.03;

}  // namespace

void ChunkSizer::moved(uint64_t bytes, TimePoint now) {
  if (now < try_again_) return;
  if (chunks_++ == 0) {
    begun_ = now;
    bytes_ = 0;
    return;
  }
  bytes_ += bytes;
  if (now - begun_ < kTrial || chunks_ <= kTrialChunks) return;
  const std::chrono::duration<double> took = now - begun_;
  chunks_ = 0;
  judge(static_cast<double>(bytes_) / took.count(), now);
}

void ChunkSizer::judge(double rate, TimePoint now) {
  if (rate > best_rate_ * kFaster) {
    best_rate_ = rate;
    best_ = pace_;
  } else if (rate < best_rate_ / kFaster || at_the_end()) {
    pace_ = best_;
    upwards_ = !upwards_;
    if (++turns_ == 2) {
      turns_ = 0;
      best_rate_ = 0;  // what was fast then may not be later
      try_again_ = now + kKept;
      return;
    }
  }
  step();  // also over sizes that are as fast as the best: behind them may be a faster one
}

bool ChunkSizer::at_the_end() const {
  return pace_.chunk == (upwards_ ? kLargest : kSmallest);
}

void ChunkSizer::step() {
  const uint64_t next = upwards_ ? pace_.chunk * 2 : pace_.chunk / 2;
  pace_.chunk = std::clamp(next, kSmallest, kLargest);
  pace_.depth = static_cast<unsigned>(std::clamp<uint64_t>(kUnderWay / pace_.chunk, 2, kDepthMax));
}

}  // namespace tidemark::copyengine
