// XcopyOrders: gathers the moves of an EXTENDED COPY list into orders that give the result of moves
// made one after the other.
#pragma once

#include <utility>
#include <vector>

#include "scsi/xcopy_plan.h"

namespace tidemark::scsi {

bool same_volume(const UnitPointer& one, const UnitPointer& other);

class XcopyOrders {
 public:
  /// A move of a segment.
  void add(const CopyEnd& source, const CopyEnd& destination, const CopyRange& range,
           uint16_t segment);
  /// The rest of the last block of the move added last; false if that went somewhere else.
  bool fill(const CopyEnd& destination, const storage::Extent& rest);
  std::vector<XcopyOrder> take() { return std::move(orders_); }

 private:
  std::vector<XcopyOrder> orders_;
};

}  // namespace tidemark::scsi
