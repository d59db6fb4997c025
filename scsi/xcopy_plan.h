// What an EXTENDED COPY list comes to: orders for the copy service, in the order in which they run.
//
// Segments between one source and one destination become one order, copied as the source stood
// when that order was accepted. A new order begins where the pair of units changes, and where a
// segment touches what an earlier one of the same order writes or reads on the same volume, so
// that the result is that of segments processed one after the other (SPC-4 clause 5.17.7.2).
//
// What does not fill a block of the destination, or uses a block of the source in part, is kept for
// the next segment, dropped or filled up with zeroes as CAT and the PAD bits say (table 116).
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "base/executor.h"
#include "scsi/copy_service.h"
#include "scsi/cscd.h"
#include "scsi/reservation_state.h"

namespace tidemark::scsi {

struct XcopyOrder {
  CopyEnd source;
  CopyEnd destination;
  std::vector<CopyRange> ranges;
  std::vector<uint16_t> segments;  // number of the segment each range comes from
  /// Of the destination: the rests of blocks that are filled up, after the ranges are copied.
  std::vector<storage::Extent> zeroes;

  uint64_t bytes() const;
};

struct XcopyPlan {
  std::vector<XcopyOrder> orders;  // none if nothing is to be moved
  uint16_t segments = 0;           // in the list
  bool residual = false;           // data was left over at the end, and dropped
};

/// Who sent the list: its nexus sees `units` and got the command to `unit`. On `core`, the nexus's.
struct XcopyAsker {
  const LunMap& units;
  const UnitPointer& unit;
  const NexusName& nexus;
  CoreId core;
};

/// Resolves all descriptors and checks all segments, so that a list that cannot be carried out is
/// refused before any byte has moved. The copy is the asker's I/O: write protection and
/// reservations hold for it at both ends.
std::variant<XcopyPlan, SenseData> plan_xcopy(const XcopyList& list, const XcopyAsker& asker);

}  // namespace tidemark::scsi
