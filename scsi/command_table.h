// The command table: one CommandRow per SCSI command this device server knows. Everything that
// follows from the standard's CDB layouts is derived from the rows: look-up, the check of reserved
// bits, decoding, data direction, the length of data-out, and REPORT SUPPORTED OPERATION CODES.
//
// Constant data, for any thread. command_table.cc holds the rows and checks them when compiled.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "scsi/access_state.h"
#include "scsi/task.h"

namespace tidemark::scsi {

/// Runs a command. `task.unit` and `task.nexus` are set, `task.range` is decoded and checked, data
/// out has come. The handler ends in task.finish(...), now or later, on the task's core.
using Handler = void (*)(Task&);

inline constexpr uint8_t kVariableLengthOpcode = 0x7f;
/// ADDITIONAL CDB LENGTH of the variable-length CDBs there are: 32 bytes in all.
inline constexpr uint8_t kAdditionalCdbLength = kCdbMax - 8;

/// What a field of a CDB means. The values of the standard, in its names.
enum class FieldRole : uint8_t {
  none,  // ends a row's list
  service_action,
  additional_cdb_length,  // variable-length CDBs: bytes after the eighth
  lba,
  transfer_length,  // blocks
  allocation_length,
  parameter_list_length,
  group_number,
  list_identifier,
  protect,  // RDPROTECT, WRPROTECT, VRPROTECT, ORPROTECT
  dpo,
  fua,
  rarc,
  bytchk,
  anchor,
  unmap,
  ndob,
  immed,
  sync_nv,  // of SBC-3: nothing here is cached where power does not matter
  evpd,
  page_code,
  subpage_code,
  page_control,
  dbd,
  llbaa,
  pf,
  sp,
  desc,
  select_report,
  report_type,
  rctd,
  reporting_options,
  requested_opcode,
  requested_service_action,
  repd,
  power_condition,
  power_condition_modifier,
  no_flush,
  loej,
  start,
  prevent,
  scope,
  reservation_type,
  parameter_data_format,
  parameter_pointer,
  self_test_code,
  self_test,
  device_offline,
  unit_offline,
  page_code_valid,
  defect_lists,  // REQ_PLIST, REQ_GLIST
  defect_format,
  address_index,
  scan_length,
  element_identifier,
  atomic_boundary,
  reference_tag,  // EXPECTED INITIAL LOGICAL BLOCK REFERENCE TAG: no unit has any to compare
  application_tag,
  application_tag_mask,
  bitmap_operation,  // ORWRITE(32): BMOP
  generation_processing,
  expected_generation,
  new_generation,
  protection_usage,  // FMTPINFO
  long_list,
  format_data,
  complete_list,
  ause,
  pcr,
  buffer_mode,
  buffer_id,
  buffer_offset,
  information_type,
  scan_from,        // vendor SNAPSHOT MAP: the grain it begins at
  copy_identifier,  // vendor commands: the copy meant
  layout_version,   // vendor STATUS: of its parameter data
  count,
};

/// Where a field is: `bytes` bytes from `byte` on, big-endian, the first one masked. A field inside
/// one byte is right-aligned by its mask.
struct CdbField {
  FieldRole role = FieldRole::none;
  uint8_t byte = 0;
  uint8_t bytes = 1;
  uint8_t mask = 0xff;
};

/// Which persistent reservations conflict (SPC-4 table 66, SBC-4 table 13).
enum class ReservationClass : uint8_t {
  always,         // never conflicts
  unless_legacy,  // conflicts with RESERVE(6) and (10) alone
  read,
  write,
  start_stop,     // always, if START is 1 and POWER CONDITION 0; else write
  prevent_allow,  // always, if PREVENT is 0; else write
  by_rules,       // decided where the reservation is kept (SPC-4 table 66)
};

/// What a command does to the medium: who may pass whom, and what is refused on a unit that is
/// read-only (writes_medium), stopped (all but the first two) or without a medium (all but the
/// first).
enum class OrderingClass : uint8_t {
  control,
  about_medium,  // its size
  reads_medium,
  writes_medium,
  flushes_medium
};

/// How many bytes of data-out the CDB announces.
enum class DataOut : uint8_t {
  none,
  list,         // PARAMETER LIST LENGTH
  blocks,       // one block per block
  block_pairs,  // COMPARE AND WRITE: to compare, then to write
  one_block,    // WRITE SAME; none with NDOB
  by_bytchk,    // VERIFY: 0 none, 1 as many as blocks, 3 one block
  as_offered,   // FORMAT UNIT: what the initiator sends, with FMTDATA; the list tells its length
};

/// What a unit must have for the command to exist on it.
enum class Feature : uint8_t {
  basic,
  thin_provisioning,  // VolumeTraits::thin
  copy_service,       // LogicalUnit::copies()
  rod_tokens,         // CopyService::tokens()
  kept_state,         // LogicalUnit::kept() can keep something
};

struct CommandRow {
  static constexpr size_t kMaxFields = 12;

  uint8_t opcode = 0;
  std::optional<uint16_t> service_action;  // the value of the row's service_action field
  std::string_view name;                   // the standard's
  uint8_t cdb_length = 0;
  DataDirection direction = DataDirection::none;
  DataOut data_out = DataOut::none;
  ReservationClass reservation = ReservationClass::always;
  OrderingClass ordering = OrderingClass::control;
  Handler handler = nullptr;
  std::array<CdbField, kMaxFields> fields{};  // CONTROL is not listed: NACA, else 0
  Feature feature = Feature::basic;
  AccessClass access = AccessClass::active;  // served in which states of its target port group

  constexpr bool has_variable_length() const { return opcode == kVariableLengthOpcode; }

  /// The commands that answer whatever the LUN and pass by unit attentions (SAM-5 5.14).
  constexpr bool answers_always() const {
    return opcode == 0x12 || opcode == 0xa0 || opcode == 0x03;
  }
};

/// All rows, sorted by opcode and service action. What takes a row below takes one of these.
std::span<const CommandRow> command_rows();

/// The row of a CDB. Without one, `service_action` is where a service action is that its opcode
/// does not have; none if the opcode itself is unknown.
struct RowLookup {
  const CommandRow* row = nullptr;
  std::optional<SenseData::FieldPointer> service_action = std::nullopt;
};
RowLookup find_row(std::span<const uint8_t, kCdbMax> cdb);

/// Whether `unit` has the command at all.
bool supports(const LogicalUnit& unit, const CommandRow& row);
/// Whether it has any command of that opcode.
bool supports_opcode(const LogicalUnit& unit, uint8_t opcode);

/// Where CONTROL is in a CDB (SAM-5 5.2); 0 if the opcode does not tell.
size_t control_byte(uint8_t opcode);

/// Null if the row has no such field.
const CdbField* find_field(const CommandRow& row, FieldRole role);
/// The field's value; 0 if the row has no such field.
uint64_t field_value(const CommandRow& row, FieldRole role, std::span<const uint8_t, kCdbMax> cdb);
uint64_t field_value(const Task& task, FieldRole role);

/// CDB usage data (SPC-4 6.33.3): the bits evaluated, 1 each, except byte 0, the opcode.
std::array<uint8_t, kCdbMax> usage_bitmap(const CommandRow& row);
/// The first bit set that the row gives no meaning to; none if all is well.
std::optional<SenseData::FieldPointer> first_reserved_bit(const CommandRow& row,
                                                          std::span<const uint8_t, kCdbMax> cdb);
/// Field pointer at a field: its byte, and its highest bit if it does not begin with its byte.
SenseData::FieldPointer pointer_at(const CdbField& field);

/// 05 24/00 with a pointer at the field of the task's row.
SenseData invalid_field(const Task& task, FieldRole role);

}  // namespace tidemark::scsi
