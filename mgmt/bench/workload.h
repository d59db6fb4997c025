// Workload: which block is read or written next. One per session, reproducible from its seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemark::mgmt::bench {

enum class Pattern : uint8_t {
  random_read,
  random_write,
  mixed,
  sequential_read,
  sequential_write
};

/// "randread", "randwrite", "mixed", "seqread", "seqwrite".
std::optional<Pattern> pattern_of(std::string_view name);
std::string_view name_of(Pattern pattern);

struct Step {
  uint64_t offset = 0;  // bytes
  bool write = false;
};

class Workload {
 public:
  struct Shape {
    Pattern pattern = Pattern::random_read;
    uint64_t blocks = 1;      // of the size below, in the logical unit
    uint32_t block_size = 0;  // bytes per I/O
    unsigned read_percent = 70;
    uint64_t first_block = 0;  // where a sequential one begins; it wraps at the end
    uint64_t seed = 1;
  };

  explicit Workload(const Shape& shape);
  Step next();

 private:
  uint64_t random();

  Shape shape_;
  uint64_t state_;
  uint64_t next_block_;
};

}  // namespace tidemark::mgmt::bench
