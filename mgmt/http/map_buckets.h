// MapBuckets: a snapshot map, or a part of one, reduced to a number of equal pieces, each with its
// bytes per state; for whoever draws it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "copyengine/copy_types.h"

namespace tidemark::mgmt {

class MapBuckets {
 public:
  static constexpr size_t kStates = 4;  // of copyengine::GrainState
  struct Bucket {
    storage::Extent extent;
    std::array<uint64_t, kStates> bytes{};  // by GrainState
  };

  /// At most `count` buckets over `window`, each a whole number of grains (save the last, where the
  /// source ends). The window begins and ends with a grain, or with the source.
  MapBuckets(const storage::Extent& window, uint32_t grain, size_t count);

  void add(const copyengine::MapRun& run);
  const std::vector<Bucket>& buckets() const { return buckets_; }

 private:
  uint64_t from_ = 0;
  uint64_t step_ = 1;
  std::vector<Bucket> buckets_;
};

}  // namespace tidemark::mgmt
