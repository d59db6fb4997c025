// The fields of a CDB under way, and the errors that point at them.
#include <bit>

#include "scsi/command_table.h"

namespace tidemark::scsi {

uint64_t field_value(const Task& task, FieldRole role) {
  return field_value(*task.row, role, task.cdb);
}

SenseData::FieldPointer pointer_at(const CdbField& field) {
  SenseData::FieldPointer at{true, field.byte, std::nullopt};
  if (field.mask != 0xff) at.bit = static_cast<uint8_t>(std::bit_width(field.mask) - 1);
  return at;
}

SenseData invalid_field(const Task& task, FieldRole role) {
  const CdbField* field = find_field(*task.row, role);
  if (field == nullptr) return sense::invalid_field_in_cdb(0);
  const SenseData::FieldPointer at = pointer_at(*field);
  return sense::invalid_field_in_cdb(at.byte, at.bit);
}

}  // namespace tidemark::scsi
