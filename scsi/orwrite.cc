// ORWRITE(16), (32) (SBC-4): what the medium holds, or'ed with the data; one step to
// everybody else.
#include <algorithm>
#include <array>

#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/exclusive_range.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi {
namespace {

void end_with_io(Task& task) {
  set_io_status(task, task.io.error);
  release_and_finish(task);
}

void or_into(DataBuffer& old, const DataBuffer& data) {
  std::array<uint8_t, 4096> bytes;
  size_t at = 0;
  for (const iovec& piece : old.vectors()) {
    auto* to = static_cast<uint8_t*>(piece.iov_base);
    for (size_t in_piece = 0; in_piece < piece.iov_len;) {
      const size_t step = std::min(bytes.size(), piece.iov_len - in_piece);
      data.copy_out(at, Bytes(bytes).first(step));
      for (size_t i = 0; i < step; ++i) to[in_piece + i] |= bytes[i];
      in_piece += step;
      at += step;
    }
  }
}

void merge(Task& task) {
  if (task.io.error != storage::Errc::ok) return end_with_io(task);
  or_into(task.scratch, task.data_out);
  start_io<end_with_io>(task, storage::Verb::write, extent_of(task), task.scratch.vectors(),
                        must_be_durable(task));
}

void read_old(Task& task) {
  start_io<merge>(task, storage::Verb::read, extent_of(task), task.scratch.vectors());
}

void close_range(Task& task) {
  take_exclusively(task, read_old);
}

}  // namespace

void orwrite(Task& task) {
  // There is one generation, 0, and no operation on a bitmap but OR.
  for (const FieldRole role : {FieldRole::bitmap_operation, FieldRole::generation_processing,
                               FieldRole::expected_generation, FieldRole::new_generation})
    if (field_value(task, role) != 0) return task.finish(invalid_field(task, role));
  if (task.range.blocks == 0) return task.finish(Status::good);
  if (task.data_out_received < task.data_out_length)
    return task.finish(invalid_field(task, FieldRole::transfer_length));
  with_buffer(task, &Task::scratch, extent_of(task).length, close_range);
}

}  // namespace tidemark::scsi
