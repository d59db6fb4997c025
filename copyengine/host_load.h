// HostLoad: how much hosts use a volume, and how long they wait for it: what a copier yields to.
//
// HostLoadMeter is one core's part of it, in the write guard. Counting is two plain additions; of
// every kTimedEvery I/Os one is timed. Written by its core only, read by any.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace tidemark::copyengine {

/// Sums since the guard was made; only differences mean anything.
struct HostLoad {
  uint64_t ios = 0;
  uint64_t timed = 0;      // of these
  Duration timed_total{};  // how long those took, held time included

  HostLoad& operator+=(const HostLoad& more) {
    ios += more.ios;
    timed += more.timed;
    timed_total += more.timed_total;
    return *this;
  }
};

class HostLoadMeter {
 public:
  static constexpr uint64_t kTimedEvery = 8;

  /// One more I/O; true if it shall be timed.
  bool count() {
    const uint64_t before = ios_.load(std::memory_order_relaxed);
    ios_.store(before + 1, std::memory_order_relaxed);
    return before % kTimedEvery == 0;
  }
  void took(Duration time) {
    timed_.store(timed_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    const int64_t total = total_ns_.load(std::memory_order_relaxed) + time.count();
    total_ns_.store(total, std::memory_order_relaxed);
  }
  HostLoad read() const {
    return {ios_.load(std::memory_order_relaxed), timed_.load(std::memory_order_relaxed),
            Duration(total_ns_.load(std::memory_order_relaxed))};
  }

 private:
  std::atomic<uint64_t> ios_{0};
  std::atomic<uint64_t> timed_{0};
  std::atomic<int64_t> total_ns_{0};
};

}  // namespace tidemark::copyengine
