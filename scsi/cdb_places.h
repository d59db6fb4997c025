// The places of CDB fields that recur from command to command, each named once for the rows of the
// command table. A number in a name is the length of the CDB, where the place depends on it.
//
// Constant data. Included by command_table.cc alone.
#pragma once

#include "scsi/command_table.h"

namespace tidemark::scsi {

constexpr CdbField flag(FieldRole role, uint8_t byte, uint8_t mask) {
  return {role, byte, 1, mask};
}
constexpr CdbField wide(FieldRole role, uint8_t byte, uint8_t bytes) {
  return {role, byte, bytes, 0xff};
}
inline constexpr CdbField kSa = flag(FieldRole::service_action, 1, 0x1f);
inline constexpr CdbField kProtect = flag(FieldRole::protect, 1, 0xe0);
inline constexpr CdbField kDpo = flag(FieldRole::dpo, 1, 0x10);
inline constexpr CdbField kFua = flag(FieldRole::fua, 1, 0x08);
inline constexpr CdbField kRarc = flag(FieldRole::rarc, 1, 0x04);
inline constexpr CdbField kBytchk = flag(FieldRole::bytchk, 1, 0x06);
inline constexpr CdbField kImmed2 = flag(FieldRole::immed, 1, 0x02);
inline constexpr CdbField kSyncNv = flag(FieldRole::sync_nv, 1, 0x04);
inline constexpr CdbField kImmed80 = flag(FieldRole::immed, 1, 0x80);
inline constexpr CdbField kAuse = flag(FieldRole::ause, 1, 0x20);
inline constexpr CdbField kAnchor = flag(FieldRole::anchor, 1, 0x10);
inline constexpr CdbField kUnmap = flag(FieldRole::unmap, 1, 0x08);
inline constexpr CdbField kLba6 = {FieldRole::lba, 1, 3, 0x1f};
inline constexpr CdbField kLba32 = wide(FieldRole::lba, 2, 4);
inline constexpr CdbField kLba64 = wide(FieldRole::lba, 2, 8);
inline constexpr CdbField kLength6 = wide(FieldRole::transfer_length, 4, 1);
inline constexpr CdbField kLength10 = wide(FieldRole::transfer_length, 7, 2);
inline constexpr CdbField kLength12 = wide(FieldRole::transfer_length, 6, 4);
inline constexpr CdbField kLength16 = wide(FieldRole::transfer_length, 10, 4);
inline constexpr CdbField kVariableLength = wide(FieldRole::additional_cdb_length, 7, 1);
inline constexpr CdbField kSa32 = wide(FieldRole::service_action, 8, 2);
inline constexpr CdbField kProtect32 = flag(FieldRole::protect, 10, 0xe0);
inline constexpr CdbField kDpo32 = flag(FieldRole::dpo, 10, 0x10);
inline constexpr CdbField kFua32 = flag(FieldRole::fua, 10, 0x08);
inline constexpr CdbField kBytchk32 = flag(FieldRole::bytchk, 10, 0x06);
inline constexpr CdbField kGroup32 = flag(FieldRole::group_number, 6, 0x3f);
inline constexpr CdbField kLba128 = wide(FieldRole::lba, 12, 8);
inline constexpr CdbField kReferenceTag = wide(FieldRole::reference_tag, 20, 4);
inline constexpr CdbField kApplicationTag = wide(FieldRole::application_tag, 24, 2);
inline constexpr CdbField kApplicationTagMask = wide(FieldRole::application_tag_mask, 26, 2);
inline constexpr CdbField kLength32 = wide(FieldRole::transfer_length, 28, 4);
inline constexpr CdbField kGroup10 = flag(FieldRole::group_number, 6, 0x3f);
inline constexpr CdbField kGroup12 = flag(FieldRole::group_number, 10, 0x3f);
inline constexpr CdbField kGroup16 = flag(FieldRole::group_number, 14, 0x3f);
inline constexpr CdbField kAlloc6 = wide(FieldRole::allocation_length, 4, 1);
inline constexpr CdbField kAlloc10 = wide(FieldRole::allocation_length, 7, 2);
inline constexpr CdbField kAlloc12 = wide(FieldRole::allocation_length, 6, 4);
inline constexpr CdbField kAlloc16 = wide(FieldRole::allocation_length, 10, 4);
inline constexpr CdbField kScope = flag(FieldRole::scope, 2, 0xf0);
inline constexpr CdbField kReservationType = flag(FieldRole::reservation_type, 2, 0x0f);
inline constexpr CdbField kListLength12 = wide(FieldRole::parameter_list_length, 6, 4);
inline constexpr CdbField kInformationType = flag(FieldRole::information_type, 10, 0xfe);
inline constexpr CdbField kListLength5 = wide(FieldRole::parameter_list_length, 5, 4);

}  // namespace tidemark::scsi
