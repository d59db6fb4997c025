#include "copyengine/copy_types.h"

#include <algorithm>
#include <bit>

namespace tidemark::copyengine {

std::string_view name_of(CopyState state) {
  switch (state) {
    case CopyState::collecting:
      return "collecting";
    case CopyState::preparing:
      return "preparing";
    case CopyState::copying:
      return "copying";
    case CopyState::paused:
      return "paused";
    case CopyState::draining:
      return "draining";
    case CopyState::completed:
      return "completed";
    case CopyState::failed:
      return "failed";
    case CopyState::cancelled:
      return "cancelled";
    case CopyState::broken:
      return "broken";
  }
  return "unknown";
}

std::string_view name_of(CopyVerb verb) {
  switch (verb) {
    case CopyVerb::start:
      return "start";
    case CopyVerb::pause:
      return "pause";
    case CopyVerb::resume:
      return "resume";
    case CopyVerb::cancel:
      return "cancel";
  }
  return "unknown";
}

std::string_view name_of(GrainState state) {
  switch (state) {
    case GrainState::owed:
      return "owed";
    case GrainState::in_flight:
      return "in_flight";
    case GrainState::preserved:
      return "preserved";
    case GrainState::copied:
      return "copied";
  }
  return "unknown";
}

uint64_t segments_of(const CopyRequest& request) {
  uint64_t count = 0;
  for (const CopyRange& range : request.ranges)
    if (range.length > 0)
      count += (range.source().end() - 1) / request.segment_size -
               range.source_offset / request.segment_size + 1;
  return count;
}

void HoldHistogram::add(Duration held) {
  const auto us = static_cast<uint64_t>(std::max<int64_t>(held.count(), 0)) / 1000;
  const size_t bucket = std::min<size_t>(static_cast<size_t>(std::bit_width(us)), kHoldBuckets - 1);
  ++count[bucket];
  longest = std::max(longest, held);
}

uint64_t HoldHistogram::total() const {
  uint64_t sum = 0;
  for (const uint64_t bucket : count) sum += bucket;
  return sum;
}

double HoldHistogram::quantile_us(double share) const {
  const double wanted = share * static_cast<double>(total());
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < kHoldBuckets; ++bucket) {
    seen += count[bucket];
    if (seen > 0 && static_cast<double>(seen) >= wanted) {
      const auto bound = static_cast<double>(uint64_t{1} << bucket);
      return std::min(bound, std::chrono::duration<double, std::micro>(longest).count());
    }
  }
  return 0;
}

CopyState GroupStatus::state() const {
  using enum CopyState;
  for (const CopyState state :
       {broken, failed, cancelled, preparing, copying, paused, draining, completed})
    for (const CopyStatus& copy : copies)
      if (copy.state == state) return state;
  return collecting;
}

uint64_t GroupStatus::t0_unix_ns() const {
  return copies.empty() ? 0 : copies.front().t0_unix_ns;
}

Duration GroupStatus::fence_time() const {
  Duration longest{0};
  for (const CopyStatus& copy : copies) longest = std::max(longest, copy.fence_time);
  return longest;
}

}  // namespace tidemark::copyengine
