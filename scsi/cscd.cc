#include "scsi/cscd.h"

#include <algorithm>

#include "scsi/copy_sense.h"
#include "scsi/designators.h"
#include "scsi/logical_unit.h"
#include "scsi/lun.h"

namespace tidemark::scsi {
namespace {

constexpr uint8_t kOfLogicalUnit = 0;  // association (SPC-4 table 597)

}  // namespace

bool names(const Cscd& cscd, const LogicalUnit& unit) {
  return cscd.association == kOfLogicalUnit &&
         is_designated(unit.identity(), static_cast<CodeSet>(cscd.code_set),
                       static_cast<DesignatorType>(cscd.designator_type), cscd.name());
}

UnitPointer find_by_descriptor(const LunMap& units, const Cscd& cscd) {
  const auto found =
      std::ranges::find_if(units, [&](const auto& entry) { return names(cscd, *entry.second); });
  return found == units.end() ? nullptr : found->second;
}

UnitPointer find_by_naa(const LunMap& units, ConstBytes naa) {
  const auto found = std::ranges::find_if(units, [&](const auto& entry) {
    return std::ranges::equal(naa, entry.second->identity().naa);
  });
  return found == units.end() ? nullptr : found->second;
}

UnitPointer find_by_lun(const LunMap& units, uint64_t field) {
  const auto lun = decode_lun(field);
  if (!lun) return nullptr;
  const auto found = units.find(*lun);
  return found == units.end() ? nullptr : found->second;
}

std::variant<CopyEnd, SenseData> resolve_cscd(const XcopyList& list, uint16_t id, uint16_t id_at,
                                              uint16_t segment, const LunMap& units,
                                              const UnitPointer& asked) {
  if (id == kCscdOfThisUnit) return CopyEnd{asked, false, id_at};
  if (id == kNullBlockDevice) return CopyEnd{nullptr, false, id_at};
  const size_t index = size_t{id} - list.first_cscd_id;
  if (id < list.first_cscd_id || index >= list.cscds.size())
    return copy_sense::in_segment(copy_sense::kUnreachableCopyTarget, segment, id_at);
  const Cscd& cscd = list.cscds[index];
  UnitPointer unit = find_by_descriptor(units, cscd);
  if (!unit) return copy_sense::in_segment(copy_sense::kCopyTargetNotReachable, segment, cscd.at);
  const bool is_disk = cscd.peripheral_type == 0;
  if (!is_disk || (cscd.block_length != 0 && cscd.block_length != unit->block_size()))
    return copy_sense::in_segment(copy_sense::kIncorrectCopyTarget, segment, cscd.at);
  return CopyEnd{std::move(unit), cscd.pad, cscd.at};
}

}  // namespace tidemark::scsi
