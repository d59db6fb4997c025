#include "mgmt/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tidemark::mgmt::bench {
namespace {

/// How far a value is shifted to leave `step_bits` and a leading one.
unsigned shift_of(uint64_t value, unsigned step_bits) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  return width > step_bits + 1 ? width - step_bits - 1 : 0;
}

}  // namespace

void Histogram::add(uint64_t value) {
  const uint64_t capped = std::min(value, (uint64_t{1} << kValueBits) - 1);
  const unsigned shift = shift_of(capped, kStepBits);
  ++counts_[(size_t{shift} << kStepBits) + (capped >> shift)];
  ++count_;
  sum_ += value;
  highest_ = std::max(highest_, value);
}

void Histogram::add(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  highest_ = std::max(highest_, other.highest_);
}

uint64_t Histogram::percentile(double share) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (counts_[i] == 0 || seen < wanted) continue;
    const size_t row = i >> kStepBits;
    const size_t shift = row > 1 ? row - 1 : 0;
    const uint64_t low = (i - (shift << kStepBits)) << shift;
    return std::min(low + ((uint64_t{1} << shift) >> 1), highest_);
  }
  return highest_;
}

double Histogram::mean() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

}  // namespace tidemark::mgmt::bench
