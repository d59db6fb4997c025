// HoleMemory: asks a volume for holes, and remembers where it had data.
//
// Asking is a system call, and most of a volume in use has no holes. Where data was met, the rest
// of that region is taken for data too: an answer of "no hole" may then be wrong, and costs a read
// of zeroes.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "storage/volume.h"

namespace tidemark::copyengine {

class HoleMemory {
 public:
  static constexpr uint64_t kRegion = 4 * kMiB;

  /// Whether all of `extent` is known to be a hole.
  bool is_hole(storage::Volume& volume, const storage::Extent& extent) {
    const uint64_t region = extent.offset / kRegion;
    uint64_t& remembered = data_[region % kRemembered];
    if (remembered == region + 1) return false;
    const auto hole = volume.hole_at(extent.offset, extent.end());
    if (hole && hole->contains(extent)) return true;
    remembered = region + 1;
    return false;
  }

 private:
  static constexpr uint64_t kRemembered = 8192;  // 64 KiB, for 32 GiB of a volume

  std::vector<uint64_t> data_ = std::vector<uint64_t>(kRemembered, 0);  // region + 1; 0: none
};

}  // namespace tidemark::copyengine
