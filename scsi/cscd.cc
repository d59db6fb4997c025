#include "scsi/cscd.h"

#include <algorithm>
#include <string>

#include "scsi/copy_sense.h"
#include "scsi/logical_unit.h"
#include "scsi/lun.h"

namespace tidemark::scsi {
namespace {

// Code sets and designator types (SPC-4 clauses 4.3.3 and 7.8.6.1).
constexpr uint8_t kBinary = 1;
constexpr uint8_t kAscii = 2;
constexpr uint8_t kT10VendorId = 1;
constexpr uint8_t kNaa = 3;
constexpr uint8_t kOfLogicalUnit = 0;  // association

bool is_t10_vendor_id(ConstBytes name, const Identity& identity) {
  std::string expected = identity.vendor;
  expected.resize(8, ' ');
  expected += identity.serial;
  return std::ranges::equal(name, expected, {}, {}, [](char c) { return static_cast<uint8_t>(c); });
}

}  // namespace

bool names(const Cscd& cscd, const LogicalUnit& unit) {
  if (cscd.association != kOfLogicalUnit) return false;
  if (cscd.designator_type == kNaa && cscd.code_set == kBinary)
    return std::ranges::equal(cscd.name(), unit.identity().naa);
  if (cscd.designator_type == kT10VendorId && cscd.code_set == kAscii)
    return is_t10_vendor_id(cscd.name(), unit.identity());
  return false;
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
