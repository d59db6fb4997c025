#include "mgmt/daemon/token_copies.h"

#include <algorithm>
#include <string>
#include <vector>

namespace tidemark::mgmt {
namespace {

using copyengine::CopyRange;
using copyengine::CopyState;
using copyengine::CopyStatus;

/// A walk over extents that follow one another.
class Walk {
 public:
  Walk(const std::vector<storage::Extent>& extents, uint64_t skip) : extents_(extents) {
    while (!over() && skip >= left()) {
      skip -= left();
      ++index_;
    }
    into_ = over() ? 0 : skip;
  }
  bool over() const { return index_ >= extents_.size(); }
  uint64_t left() const { return extents_[index_].length - into_; }
  uint64_t offset() const { return extents_[index_].offset + into_; }
  void advance(uint64_t bytes) {
    into_ += bytes;
    if (into_ < extents_[index_].length) return;
    into_ = 0;
    ++index_;
  }

 private:
  const std::vector<storage::Extent>& extents_;
  size_t index_ = 0;
  uint64_t into_ = 0;
};

/// Zeroes come from where they go to, for want of a place.
std::vector<CopyRange> ranges_of(const scsi::ImageCopyOrder& order,
                                 const scsi::ImageOrder& source) {
  std::vector<CopyRange> ranges;
  Walk from(source.ranges, order.offset);
  for (Walk to(order.to, 0); !to.over();) {
    if (from.over()) {
      ranges.push_back({to.offset(), to.offset(), to.left()});
      to.advance(to.left());
      continue;
    }
    const uint64_t length = std::min(from.left(), to.left());
    ranges.push_back({from.offset(), to.offset(), length});
    from.advance(length);
    to.advance(length);
  }
  return ranges;
}

void cut(std::vector<CopyRange>& ranges, uint64_t bytes) {
  for (CopyRange& range : ranges) {
    range.length = std::min(range.length, bytes);
    bytes -= range.length;
  }
  std::erase_if(ranges, [](const CopyRange& range) { return range.length == 0; });
}

}  // namespace

CopyStatus shown_copy(const scsi::ImageCopyOrder& order, const scsi::ImageOrder& source,
                      uint64_t now_unix_ns) {
  CopyStatus status;
  status.request.source = source.volume;
  status.request.destination = order.destination;
  status.request.origin = copyengine::Origin::token;
  status.request.initiator = order.initiator;
  status.request.release = copyengine::Release::ram;
  status.request.protect_destination = false;
  status.request.ranges = ranges_of(order, source);
  for (const storage::Extent& extent : order.to) status.bytes_total += extent.length;
  status.state = CopyState::copying;
  status.started_unix_ns = now_unix_ns;
  return status;
}

void progress_to(uint64_t bytes, CopyStatus& status) {
  status.bytes_done = bytes;
  status.bytes_written = bytes;
}

void end_as(const copyengine::ImageCopier::Outcome& outcome, CopyStatus& status) {
  progress_to(outcome.bytes, status);
  if (outcome.error != storage::Errc::ok) {
    status.state = CopyState::failed;
    status.error = outcome.error;
    status.error_party = outcome.party;
    status.error_text = outcome.error == storage::Errc::gone && outcome.party != "destination"
                            ? "the token was cancelled"
                            : "the copy of the token failed";
    return;
  }
  status.state = outcome.stopped ? CopyState::cancelled : CopyState::completed;
  if (!outcome.out_of_patience) return;
  status.bytes_total = outcome.bytes;
  cut(status.request.ranges, outcome.bytes);
}

}  // namespace tidemark::mgmt
