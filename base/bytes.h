// Views of raw memory, in the two forms used everywhere.
#pragma once

#include <cstdint>
#include <span>

namespace tidemark {

using Bytes = std::span<uint8_t>;
using ConstBytes = std::span<const uint8_t>;

inline constexpr uint64_t kKiB = 1024;
inline constexpr uint64_t kMiB = 1024 * kKiB;
inline constexpr uint64_t kGiB = 1024 * kMiB;

}  // namespace tidemark
