// ChunkSizer: the size and number of chunks with which copying goes fastest, found by trying: it
// moves through sizes in steps of two until the copy gets slower, turns round there, and stays with
// the best when it has turned twice.
//
// Time is an argument. Used on one core.
#pragma once

#include "copyengine/copy_types.h"

namespace tidemark::copyengine {

class ChunkSizer {
 public:
  static constexpr uint64_t kSmallest = 64 * kKiB;
  static constexpr uint64_t kLargest = 16 * kMiB;
  /// A size is judged by what it moved in this time at least.
  static constexpr Duration kTrial = std::chrono::milliseconds(30);
  static constexpr unsigned kTrialChunks = 16;
  /// How long the size that was found is kept before others are tried again.
  static constexpr Duration kKept = std::chrono::seconds(3);

  explicit ChunkSizer(CopyTuning::Pace start) : pace_(start), best_(start) {}

  CopyTuning::Pace pace() const { return pace_; }
  /// A chunk of some size has been moved, with nothing else going on.
  void moved(uint64_t bytes, TimePoint now);
  /// Something else went on: the trial under way says nothing.
  void disturbed() { chunks_ = 0; }

 private:
  void judge(double rate, TimePoint now);
  bool at_the_end() const;
  void step();

  CopyTuning::Pace pace_;
  CopyTuning::Pace best_;
  double best_rate_ = 0;  // bytes per second
  bool upwards_ = false;
  unsigned turns_ = 0;
  TimePoint try_again_{};
  TimePoint begun_{};
  uint64_t bytes_ = 0;
  unsigned chunks_ = 0;
};

}  // namespace tidemark::copyengine
