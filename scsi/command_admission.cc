#include "scsi/command_admission.h"

#include <algorithm>

#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/limits.h"
#include "scsi/logical_unit.h"
#include "scsi/lun.h"

namespace tidemark::scsi {
namespace {

using Refusal = std::optional<SenseData>;

Refusal check_cdb(const Task& task) {
  const CommandRow& row = *task.row;
  if (task.cdb_length < row.cdb_length) return sense::invalid_field_in_cdb(task.cdb_length);
  if (row.has_variable_length() &&
      field_value(task, FieldRole::additional_cdb_length) != kAdditionalCdbLength)
    return invalid_field(task, FieldRole::additional_cdb_length);
  if (const auto at = first_reserved_bit(row, task.cdb))
    return sense::invalid_field_in_cdb(at->byte, at->bit);
  // No unit is formatted with protection information (SBC-4 4.22.2).
  if (field_value(task, FieldRole::protect) != 0) return invalid_field(task, FieldRole::protect);
  return std::nullopt;
}

Refusal check_state(const Task& task) {
  if (!task.unit) return std::nullopt;
  if (auto refusal = task.unit->readiness().refusal(*task.row)) return refusal;
  if (task.row->ordering == OrderingClass::writes_medium)
    return task.unit->write_refusal(task.core);
  return std::nullopt;
}

/// Most blocks the command may name; B0h announces the same.
uint64_t block_limit(const Task& task) {
  const uint32_t block_size = task.unit->block_size();
  if (find_field(*task.row, FieldRole::atomic_boundary)) return kMaxAtomicBytes / block_size;
  switch (task.row->data_out) {
    case DataOut::block_pairs:
      return kMaxCompareAndWriteBlocks;
    case DataOut::one_block:
      return kMaxWriteSameBytes / block_size;
    case DataOut::blocks:
    case DataOut::by_bytchk:
      return kMaxTransferBytes / block_size;
    case DataOut::none:
    case DataOut::list:
    case DataOut::as_offered:
      break;
  }
  const bool transfers = task.row->direction == DataDirection::in;
  return transfers ? kMaxTransferBytes / block_size : UINT64_MAX;
}

/// Fills task.range. Commands with an LBA but no length check it themselves.
Refusal decode_range(Task& task) {
  const CommandRow& row = *task.row;
  if (!find_field(row, FieldRole::transfer_length) || !find_field(row, FieldRole::lba))
    return std::nullopt;
  RangeRequest& range = task.range;
  range.lba = field_value(task, FieldRole::lba);
  range.blocks = field_value(task, FieldRole::transfer_length);
  range.fua = field_value(task, FieldRole::fua) != 0;
  if (row.cdb_length == 6 && range.blocks == 0) range.blocks = 256;  // SBC-4 5.8
  if (row.data_out == DataOut::one_block && range.blocks == 0)       // WSNZ=1
    return invalid_field(task, FieldRole::transfer_length);
  // Where both are wrong, the end of the medium is what an initiator can learn from.
  const uint64_t capacity = task.unit->blocks();
  if (range.lba > capacity || range.blocks > capacity - range.lba)
    return sense::lba_out_of_range(std::max(range.lba, capacity));
  if (range.blocks > block_limit(task)) return invalid_field(task, FieldRole::transfer_length);
  return std::nullopt;
}

Refusal size_data_out(Task& task) {
  const uint64_t block_size = task.unit ? task.unit->block_size() : 0;
  uint64_t length = 0;
  switch (task.row->data_out) {
    case DataOut::none:
      break;
    case DataOut::list:
      length = field_value(task, FieldRole::parameter_list_length);
      break;
    case DataOut::as_offered:
      if (field_value(task, FieldRole::format_data)) length = task.data_out_offered;
      break;
    case DataOut::blocks:
      length = task.range.blocks * block_size;
      break;
    case DataOut::block_pairs:
      length = 2 * task.range.blocks * block_size;
      break;
    case DataOut::one_block:
      length = field_value(task, FieldRole::ndob) ? 0 : block_size;
      break;
    case DataOut::by_bytchk:
      switch (field_value(task, FieldRole::bytchk)) {
        case 0:
          break;
        case 1:
          length = task.range.blocks * block_size;
          break;
        case 3:
          length = task.range.blocks ? block_size : 0;
          break;
        default:
          return invalid_field(task, FieldRole::bytchk);
      }
  }
  const bool is_list =
      task.row->data_out == DataOut::list || task.row->data_out == DataOut::as_offered;
  if (is_list && length > kMaxParameterListBytes) return sense::parameter_list_length_error();
  task.data_out_length = length;
  task.direction = task.row->direction;
  if (task.direction == DataDirection::out && length == 0) task.direction = DataDirection::none;
  return std::nullopt;
}

/// What the CDB alone tells, on a unit that takes the command.
Refusal check_command(Task& task) {
  if (auto refusal = check_cdb(task)) return refusal;
  if (auto refusal = check_state(task)) return refusal;
  if (auto refusal = decode_range(task)) return refusal;
  return size_data_out(task);
}

std::optional<Refused> refused(const SenseData& sense) {
  return Refused{Status::check_condition, sense};
}

/// Whether the task set of the nexus takes the task (SAM-5 5.9.2, 5.3.1).
std::optional<Refused> check_task_set(const Task& task) {
  const TaskSet& tasks = static_cast<Nexus&>(*task.nexus).tasks();
  const LogicalUnit* unit = task.unit.get();
  const bool is_aca_task = task.attribute == TaskAttribute::aca;
  if (tasks.in_aca(unit)) {
    const bool admitted = is_aca_task && unit->settings().task_management_only == 0 &&
                          !tasks.contains({.unit = unit, .attribute = TaskAttribute::aca});
    if (!admitted) return Refused{.status = Status::aca_active};
  } else if (is_aca_task) {
    return refused(sense::invalid_message());
  }
  if (tasks.full()) return Refused{.status = Status::task_set_full};
  return std::nullopt;
}

/// A copy that protects its destination, or ends, changes the WP bit of MODE SENSE. Each nexus is
/// told with its next command: that costs a comparison, and no message to every core.
void notice_protection(Nexus::Entry& entry, CoreId core) {
  const bool now = entry.unit->volume().host_write_protected(core);
  if (now == entry.write_protected) return;
  entry.write_protected = now;
  entry.attentions.add(attention::kModeParametersChanged);
}

/// What is to be told now. With UA_INTLCK_CTRL set, only REQUEST SENSE ends it.
std::optional<Asc> attention_to_report(Nexus::Entry& entry) {
  if (entry.attentions.empty()) return std::nullopt;
  const bool interlocked = entry.unit->settings().attention_interlock != 0;
  return interlocked ? entry.attentions.first() : entry.attentions.take();
}

/// Besides those that always answer, the REPORT LUNS unit knows TEST UNIT READY (SPC-4 8.2).
std::optional<Refused> admit_to_well_known(Task& task) {
  if (!task.row || task.row->handler != test_unit_ready) return refused(sense::invalid_opcode());
  if (const auto refusal = check_command(task)) return refused(*refusal);
  return std::nullopt;
}

}  // namespace

bool conflicts(const Task& task, Restriction restriction) {
  const bool legacy = restriction == Restriction::legacy;
  switch (task.row->reservation) {
    case ReservationClass::always:
    case ReservationClass::by_rules:
      return false;
    case ReservationClass::unless_legacy:
      return legacy;
    case ReservationClass::read:
      return restriction != Restriction::no_writes;
    case ReservationClass::write:
      return true;
    case ReservationClass::start_stop:
      return legacy || field_value(task, FieldRole::start) == 0 ||
             field_value(task, FieldRole::power_condition) != 0;
    case ReservationClass::prevent_allow:
      return field_value(task, FieldRole::prevent) != 0;
  }
  return true;
}

std::optional<Refused> admit(Task& task, Nexus::Entry* entry) {
  const RowLookup found = find_row(task.cdb);
  task.row = found.row;
  if (auto refusal = check_task_set(task)) return refusal;
  if (entry) notice_protection(*entry, task.core);
  if (!found.row || !found.row->answers_always()) {
    if (!entry && task.lun_field == kReportLunsUnit) return admit_to_well_known(task);
    if (!entry) return refused(sense::unit_not_supported());
    if (const auto asc = attention_to_report(*entry)) return refused(sense::unit_attention(*asc));
  }
  if (!found.row) {
    if (!found.service_action) return refused(sense::invalid_opcode());
    return refused(
        sense::invalid_field_in_cdb(found.service_action->byte, found.service_action->bit));
  }
  if (task.unit && !supports(*task.unit, *found.row)) {
    if (!supports_opcode(*task.unit, found.row->opcode)) return refused(sense::invalid_opcode());
    return refused(invalid_field(task, FieldRole::service_action));
  }
  if (entry && !is_active(entry->access))
    if (const auto refusal = access_refusal(entry->access, found.row->access))
      return refused(*refusal);
  if (entry && entry->restriction != Restriction::none && conflicts(task, entry->restriction))
    return Refused{.status = Status::reservation_conflict};
  if (const auto refusal = check_command(task)) return refused(*refusal);
  return std::nullopt;
}

}  // namespace tidemark::scsi
