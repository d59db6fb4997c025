// VERIFY(10), (12), (16) and WRITE AND VERIFY(10), (12), (16) (SBC-4 5.36, 5.47): the medium is
// read piece by piece, and compared if BYTCHK asks for it.
#include <algorithm>

#include "scsi/byte_compare.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/limits.h"
#include "scsi/medium.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi {
namespace {

constexpr uint64_t kCompareAll = 1;
constexpr uint64_t kCompareOneBlock = 3;

bool writes(const Task& task) {
  return task.row->ordering == OrderingClass::writes_medium;
}

/// WRITE AND VERIFY verifies what it wrote; VERIFY all it was asked for.
uint64_t bytes_to_verify(const Task& task) {
  return writes(task) ? bytes_covered(task) : extent_of(task).length;
}

uint64_t piece_length(const Task& task) {
  return std::min<uint64_t>(bytes_to_verify(task) - task.cursor, task.scratch.size());
}

std::optional<uint64_t> difference(const Task& task, size_t length) {
  const uint64_t bytchk = field_value(task, FieldRole::bytchk);
  if (bytchk == kCompareAll)
    return first_difference(task.data_out, task.cursor, task.scratch, 0, length);
  if (bytchk != kCompareOneBlock) return std::nullopt;
  const size_t block_size = task.unit->block_size();
  for (size_t at = 0; at < length; at += block_size)
    if (const auto found = first_difference(task.data_out, 0, task.scratch, at, block_size))
      return at + *found;
  return std::nullopt;
}

void verify_piece(Task& task);

void piece_read(Task& task) {
  if (task.io.error != storage::Errc::ok) return finish_io(task, task.io.error);
  const size_t length = task.io.extent.length;
  if (const auto at = difference(task, length))
    return task.finish(sense::miscompare(task.cursor + *at));
  task.cursor += length;
  verify_piece(task);
}

void verify_piece(Task& task) {
  const uint64_t length = piece_length(task);
  if (length == 0) return task.finish(Status::good);
  start_io<piece_read>(task, storage::Verb::read, {extent_of(task).offset + task.cursor, length},
                       memory_of(task, task.scratch, 0, length));
}

void written(Task& task) {
  if (task.io.error != storage::Errc::ok) return finish_io(task, task.io.error);
  verify_piece(task);
}

void write_first(Task& task) {
  const uint64_t length = bytes_to_verify(task);
  start_io<written>(task, storage::Verb::write, {extent_of(task).offset, length},
                    memory_of(task, task.data_out, 0, length), true);
}

void with_scratch(Task& task, Step then) {
  const uint64_t length = bytes_to_verify(task);
  if (length == 0) return task.finish(Status::good);
  with_buffer(task, &Task::scratch, std::min(length, kPieceBytes), then);
}

}  // namespace

void verify(Task& task) {
  if (task.data_out_received < task.data_out_length)  // what would it be compared with
    return task.finish(invalid_field(task, FieldRole::transfer_length));
  with_scratch(task, verify_piece);
}

// Durable first: verifying the page cache would verify nothing.
void write_and_verify(Task& task) {
  if (field_value(task, FieldRole::bytchk) > kCompareAll)
    return task.finish(invalid_field(task, FieldRole::bytchk));
  with_scratch(task, write_first);
}

}  // namespace tidemark::scsi
