// Time as a value. Code that waits or measures gets its time from an Executor, so that a simulated
// one can run years in seconds.
#pragma once

#include <chrono>
#include <cstdint>

namespace tidemark {

using Duration = std::chrono::nanoseconds;
/// Monotonic; its zero means nothing.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// What people's clocks show: nanoseconds since 1970, UTC.
inline uint64_t wall_clock_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace tidemark
