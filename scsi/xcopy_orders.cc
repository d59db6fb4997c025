#include "scsi/xcopy_orders.h"

#include <algorithm>

#include "scsi/logical_unit.h"

namespace tidemark::scsi {
namespace {

storage::Extent source_of(const CopyRange& range) {
  return {range.source_offset, range.length};
}
storage::Extent destination_of(const CopyRange& range) {
  return {range.destination_offset, range.length};
}

/// Whether a range may run beside those already in the order.
bool fits(const XcopyOrder& order, const CopyEnd& source, const CopyEnd& destination,
          const CopyRange& range) {
  if (order.source.unit != source.unit) return false;
  if (order.destination.unit != destination.unit) return false;
  const bool one_volume = same_volume(source.unit, destination.unit);
  const auto meets = [&](const storage::Extent& written) {
    return destination_of(range).overlaps(written) ||
           (one_volume && source_of(range).overlaps(written));
  };
  if (std::ranges::any_of(order.zeroes, meets)) return false;
  return std::ranges::none_of(order.ranges, [&](const CopyRange& other) {
    return meets(destination_of(other)) ||
           (one_volume && destination_of(range).overlaps(source_of(other)));
  });
}

}  // namespace

bool same_volume(const UnitPointer& one, const UnitPointer& other) {
  return &one->volume() == &other->volume();
}

void XcopyOrders::add(const CopyEnd& source, const CopyEnd& destination, const CopyRange& range,
                      uint16_t segment) {
  if (orders_.empty() || !fits(orders_.back(), source, destination, range))
    orders_.push_back({source, destination, {}, {}, {}});
  orders_.back().ranges.push_back(range);
  orders_.back().segments.push_back(segment);
}

bool XcopyOrders::fill(const CopyEnd& destination, const storage::Extent& rest) {
  if (orders_.empty() || orders_.back().destination.unit != destination.unit) return false;
  orders_.back().zeroes.push_back(rest);
  return true;
}

}  // namespace tidemark::scsi
