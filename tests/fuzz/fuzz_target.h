// The one function of a fuzz target, as libFuzzer and replay_main.cc call it, and the way to take
// what it is given apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace tidemark::fuzz {

/// Stops the run: what must hold does not. Unlike assert(), in every kind of build.
inline void must(bool holds) {
  if (!holds) std::abort();
}

/// The input, taken from the front. What is no longer there reads as zero.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  uint8_t byte() {
    const ConstBytes one = bytes(1);
    return one.empty() ? uint8_t{0} : one[0];
  }
  /// As many as there are, `length` at most.
  ConstBytes bytes(size_t length) {
    const ConstBytes part = rest_.first(std::min(length, rest_.size()));
    rest_ = rest_.subspan(part.size());
    return part;
  }

 private:
  ConstBytes rest_;
};

}  // namespace tidemark::fuzz
