// Which logical unit a copy descriptor means (SPC-4 clauses 6.4.5.6 and 6.4.6.1).
//
// A name is looked up in the LUN map of the nexus that asks and nowhere else: a unit that does not
// exist and one that is not mapped for this nexus are the same to it, in result and in sense data
// (CVE-2020-28374 is what happens otherwise). Runs on the core of the nexus.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include "base/bytes.h"
#include "scsi/lun_map.h"
#include "scsi/sense.h"
#include "scsi/xcopy_list.h"

namespace tidemark::scsi {

using UnitPointer = std::shared_ptr<LogicalUnit>;

/// CSCD descriptor IDs that need no descriptor (SPC-4 table 148): the unit that got the command,
/// and a block device to which no command may be sent; it serves to get rid of what is left over.
inline constexpr uint16_t kCscdOfThisUnit = 0xffff;
inline constexpr uint16_t kNullBlockDevice = 0xc000;

/// True if the unit's Device Identification VPD page holds this designator.
bool names(const Cscd& cscd, const LogicalUnit& unit);

/// Null if no unit of the map has it.
UnitPointer find_by_descriptor(const LunMap& units, const Cscd& cscd);
UnitPointer find_by_naa(const LunMap& units, ConstBytes naa);
/// `field` is a LUN of eight bytes (SAM-5 clause 4.7), single level.
UnitPointer find_by_lun(const LunMap& units, uint64_t field);

/// A copy source or destination of a segment.
struct CopyEnd {
  UnitPointer unit;  // null: the null block device
  bool pad = false;
  uint16_t at = 0;  // what sense data about it points at: its descriptor, or the segment's ID field
};

/// Resolves a CSCD descriptor ID found at byte `id_at` of the list, for segment number `segment`.
/// `asked` is the unit that got the command.
std::variant<CopyEnd, SenseData> resolve_cscd(const XcopyList& list, uint16_t id, uint16_t id_at,
                                              uint16_t segment, const LunMap& units,
                                              const UnitPointer& asked);

}  // namespace tidemark::scsi
