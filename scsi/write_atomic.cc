// WRITE ATOMIC(16), (32) (SBC-4): who reads or writes the blocks at the same time finds
// all of the old data or all of the new. A boundary would allow less; the whole is one piece
// anyway.
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/exclusive_range.h"
#include "scsi/limits.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi {
namespace {

void end_with_io(Task& task) {
  set_io_status(task, task.io.error);
  release_and_finish(task);
}

void write_closed(Task& task) {
  const storage::Extent extent = extent_of(task);
  start_io<end_with_io>(task, storage::Verb::write, extent,
                        memory_of(task, task.data_out, 0, extent.length), must_be_durable(task));
}

}  // namespace

void write_atomic(Task& task) {
  const uint64_t boundary = field_value(task, FieldRole::atomic_boundary);
  if (boundary > kMaxAtomicBytes / task.unit->block_size())
    return task.finish(invalid_field(task, FieldRole::atomic_boundary));
  // Part of it would not be all of it.
  if (task.data_out_received < task.data_out_length)
    return task.finish(invalid_field(task, FieldRole::transfer_length));
  if (task.range.blocks == 0) return task.finish(Status::good);
  take_exclusively(task, write_closed);
}

}  // namespace tidemark::scsi
