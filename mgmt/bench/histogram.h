// Histogram: latencies in nanoseconds, counted in buckets at most 1.6 % wide, so that percentiles
// of any number of values cost a fixed 20 KiB and one addition each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tidemark::mgmt::bench {

class Histogram {
 public:
  void add(uint64_t value);
  void add(const Histogram& other);

  uint64_t count() const { return count_; }
  /// The value that `share` (0 to 1) of all values do not exceed; 0 without values.
  uint64_t percentile(double share) const;
  uint64_t highest() const { return highest_; }
  double mean() const;

 private:
  static constexpr unsigned kStepBits = 6;  // 64 buckets per doubling
  static constexpr unsigned kValueBits = 40;
  static constexpr size_t kBuckets = ((kValueBits - kStepBits) << kStepBits) + (1u << kStepBits);

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t highest_ = 0;
};

}  // namespace tidemark::mgmt::bench
