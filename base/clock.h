// Time as a value. Code that waits or measures gets its time from an Executor, so that a simulated
// one can run years in seconds.
#pragma once

#include <chrono>

namespace tidemark {

using Duration = std::chrono::nanoseconds;
/// Monotonic; its zero means nothing.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

}  // namespace tidemark
