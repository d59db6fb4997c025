#include "mgmt/bench/workload.h"

#include <iterator>

namespace tidemark::mgmt::bench {
namespace {

constexpr std::string_view kNames[] = {"randread", "randwrite", "mixed", "seqread", "seqwrite"};
constexpr uint64_t kPercent = 100;

}  // namespace

std::optional<Pattern> pattern_of(std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name) return static_cast<Pattern>(i);
  return std::nullopt;
}

std::string_view name_of(Pattern pattern) {
  return kNames[static_cast<size_t>(pattern)];
}

Workload::Workload(const Shape& shape)
    : shape_(shape), state_(shape.seed), next_block_(shape.first_block % shape.blocks) {}

/// splitmix64: every seed is a good one, and two seeds give two streams.
uint64_t Workload::random() {
  uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

Step Workload::next() {
  Step step;
  switch (shape_.pattern) {
    case Pattern::random_read:
    case Pattern::sequential_read:
      break;
    case Pattern::random_write:
    case Pattern::sequential_write:
      step.write = true;
      break;
    case Pattern::mixed:
      step.write = random() % kPercent >= shape_.read_percent;
      break;
  }
  uint64_t block = 0;
  if (shape_.pattern == Pattern::sequential_read || shape_.pattern == Pattern::sequential_write) {
    block = next_block_;
    if (++next_block_ == shape_.blocks) next_block_ = 0;
  } else {
    block = random() % shape_.blocks;
  }
  step.offset = block * shape_.block_size;
  return step;
}

}  // namespace tidemark::mgmt::bench
