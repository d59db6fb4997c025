// SegmentWalk: the segments of a copy, one after the other: its ranges in order, cut at whole
// segment addresses of the source.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "copyengine/copy_types.h"

namespace tidemark::copyengine {

class SegmentWalk {
 public:
  /// `request` outlives this.
  explicit SegmentWalk(const CopyRequest& request) : request_(request) {}

  std::optional<CopyRange> next() {
    if (range_ == request_.ranges.size()) return std::nullopt;
    const CopyRange& range = request_.ranges[range_];
    const uint64_t size = request_.segment_size;
    const uint64_t at = range.source_offset + range_done_;
    const CopyRange segment{at, range.destination_offset + range_done_,
                            std::min(range.length - range_done_, size - at % size)};
    range_done_ += segment.length;
    if (range_done_ == range.length) {
      ++range_;
      range_done_ = 0;
    }
    return segment;
  }

 private:
  const CopyRequest& request_;
  size_t range_ = 0;         // the one that segments are taken from
  uint64_t range_done_ = 0;  // bytes of it that have been taken
};

/// The smallest extent around all source ranges.
inline storage::Extent hull(const std::vector<CopyRange>& ranges) {
  uint64_t first = UINT64_MAX;
  uint64_t end = 0;
  for (const CopyRange& range : ranges) {
    first = std::min(first, range.source_offset);
    end = std::max(end, range.source().end());
  }
  return {first, end - first};
}

constexpr bool same(const CopyRange& one, const CopyRange& other) {
  return one.source_offset == other.source_offset && one.length == other.length &&
         one.destination_offset == other.destination_offset;
}

}  // namespace tidemark::copyengine
