#include "copyengine/collecting.h"

#include <algorithm>
#include <utility>

namespace tidemark::copyengine {
namespace {

bool overlap_in_destination(std::vector<CopyRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const CopyRange& a, const CopyRange& b) {
    return a.destination_offset < b.destination_offset;
  });
  const auto overlaps_next = [](const CopyRange& a, const CopyRange& b) {
    return a.destination().end() > b.destination_offset;
  };
  return std::adjacent_find(ranges.begin(), ranges.end(), overlaps_next) != ranges.end();
}

bool goes_on_in(const CopyRange& range, const CopyRange& next) {
  return range.source().end() == next.source_offset &&
         range.destination().end() == next.destination_offset;
}

}  // namespace

const CopyStatus& Collecting::add(uint64_t id, CopyRequest request, uint64_t now_unix_ns) {
  CopyStatus& status = copies_[id];
  status.id = id;
  status.request = std::move(request);
  status.state = CopyState::collecting;
  status.started_unix_ns = now_unix_ns;
  for (const CopyRange& range : status.request.ranges) status.bytes_total += range.length;
  return status;
}

const CopyStatus* Collecting::find(uint64_t id) const {
  const auto place = copies_.find(id);
  return place == copies_.end() ? nullptr : &place->second;
}

bool Collecting::append(uint64_t id, const std::vector<CopyRange>& ranges) {
  CopyStatus& status = copies_.at(id);
  if (status.request.ranges.size() + ranges.size() > kRangesMax) return false;
  for (const CopyRange& range : ranges) {
    status.request.ranges.push_back(range);
    status.bytes_total += range.length;
  }
  return true;
}

std::optional<CopyStatus> Collecting::take(uint64_t id) {
  const auto place = copies_.find(id);
  if (place == copies_.end()) return std::nullopt;
  CopyStatus status = std::move(place->second);
  copies_.erase(place);
  return status;
}

std::vector<CopyRange> arranged(std::vector<CopyRange> ranges) {
  if (overlap_in_destination(ranges)) return ranges;
  std::stable_sort(ranges.begin(), ranges.end(), [](const CopyRange& a, const CopyRange& b) {
    return a.source_offset < b.source_offset;
  });
  std::vector<CopyRange> joined;
  for (const CopyRange& range : ranges) {
    if (!joined.empty() && goes_on_in(joined.back(), range))
      joined.back().length += range.length;
    else
      joined.push_back(range);
  }
  return joined;
}

}  // namespace tidemark::copyengine
