#include "mgmt/http/map_buckets.h"

#include <algorithm>

namespace tidemark::mgmt {

MapBuckets::MapBuckets(uint64_t size, uint32_t grain, size_t count) {
  const uint64_t unit = std::max<uint64_t>(grain, 1);
  const uint64_t grains = size / unit + (size % unit != 0 ? 1 : 0);
  const uint64_t wanted = std::max<uint64_t>(count, 1);
  step_ = std::max<uint64_t>(grains / wanted + (grains % wanted != 0 ? 1 : 0), 1) * unit;
  for (uint64_t offset = 0; offset < size; offset += step_)
    buckets_.push_back({{offset, std::min(step_, size - offset)}, {}});
}

void MapBuckets::add(const copyengine::MapRun& run) {
  const auto state = static_cast<size_t>(run.state);
  if (state >= kStates) return;
  for (size_t i = run.extent.offset / step_; i < buckets_.size(); ++i) {
    if (buckets_[i].extent.offset >= run.extent.end()) return;
    buckets_[i].bytes[state] += buckets_[i].extent.intersection(run.extent).length;
  }
}

}  // namespace tidemark::mgmt
