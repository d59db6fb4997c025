// Spaces work out so that it keeps below a rate. Time is an argument.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace tidemark::copyengine {

class RateLimiter {
 public:
  /// Bytes per second; 0: no limit. From now on: what was put off by the rate before is not.
  void set_rate(uint64_t rate) {
    rate_ = rate;
    ready_at_ = {};
  }

  /// When the next piece may start.
  TimePoint ready_at() const { return ready_at_; }
  /// A piece of `bytes` starts now.
  void take(uint64_t bytes, TimePoint now) {
    if (rate_ == 0) return;
    // Time not used is not saved up: after a pause the rate holds at once.
    const auto cost =
        std::chrono::duration<double>(static_cast<double>(bytes) / static_cast<double>(rate_));
    ready_at_ = std::max(ready_at_, now) + std::chrono::duration_cast<Duration>(cost);
  }

 private:
  uint64_t rate_ = 0;
  TimePoint ready_at_{};
};

}  // namespace tidemark::copyengine
