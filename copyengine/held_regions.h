// HeldRegions: a quick "no" to the question whether a write overlaps one that is held: how many are
// held per region of the volume, regions far apart sharing a count. Where it says "maybe", the list
// of held writes has the answer.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "storage/extent.h"

namespace tidemark::copyengine {

class HeldRegions {
 public:
  void add(const storage::Extent& extent) {
    for_regions(extent, [](uint32_t& count) { ++count; });
  }
  void remove(const storage::Extent& extent) {
    for_regions(extent, [](uint32_t& count) { --count; });
  }
  bool may_overlap(const storage::Extent& extent) {
    bool any = false;
    for_regions(extent, [&](uint32_t& count) { any = any || count > 0; });
    return any;
  }

 private:
  static constexpr uint64_t kRegion = 64 * kKiB;
  static constexpr uint64_t kCounts = 2048;

  template <class Visit>
  void for_regions(const storage::Extent& extent, Visit visit) {
    if (extent.empty()) return;
    const uint64_t first = extent.offset / kRegion;
    const uint64_t end = std::min((extent.end() - 1) / kRegion + 1, first + kCounts);
    for (uint64_t region = first; region < end; ++region) visit(counts_[region % kCounts]);
  }

  std::array<uint32_t, kCounts> counts_{};
};

}  // namespace tidemark::copyengine
