#include "mgmt/http/map_buckets.h"

#include <algorithm>

namespace tidemark::mgmt {

MapBuckets::MapBuckets(const storage::Extent& window, uint32_t grain, size_t count)
    : from_(window.offset) {
  const uint64_t unit = std::max<uint64_t>(grain, 1);
  const uint64_t grains = window.length / unit + (window.length % unit != 0 ? 1 : 0);
  const uint64_t wanted = std::max<uint64_t>(count, 1);
  step_ = std::max<uint64_t>(grains / wanted + (grains % wanted != 0 ? 1 : 0), 1) * unit;
  for (uint64_t offset = from_; offset < window.end(); offset += step_)
    buckets_.push_back({{offset, std::min(step_, window.end() - offset)}, {}});
}

void MapBuckets::add(const copyengine::MapRun& run) {
  const auto state = static_cast<size_t>(run.state);
  if (state >= kStates || run.extent.end() <= from_) return;
  const uint64_t begin = std::max(run.extent.offset, from_);
  for (size_t i = (begin - from_) / step_; i < buckets_.size(); ++i) {
    if (buckets_[i].extent.offset >= run.extent.end()) return;
    buckets_[i].bytes[state] += buckets_[i].extent.intersection(run.extent).length;
  }
}

}  // namespace tidemark::mgmt
