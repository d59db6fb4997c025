// MediumOrder: what FORMAT UNIT or SANITIZE is to do to every block of a unit.
#pragma once

#include <cstdint>
#include <vector>

namespace tidemark::scsi {

struct MediumOrder {
  enum class Kind : uint8_t { format, overwrite, block_erase };

  Kind kind = Kind::format;
  std::vector<uint8_t> pattern = {};  // repeated from the start of each block; empty: zeroes
  uint8_t passes = 1;
  bool invert = false;             // the pattern is inverted from pass to pass
  bool unrestricted_exit = false;  // AUSE: EXIT FAILURE MODE may end a failure

  friend bool operator==(const MediumOrder&, const MediumOrder&) = default;
};

}  // namespace tidemark::scsi
