// COMPARE AND WRITE (SBC-4 5.3): writes the second half of the data if the medium holds the first;
// one step to everybody else.
#include "scsi/byte_compare.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/exclusive_range.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi {
namespace {

void end_with(Task& task, const SenseData& sense) {
  task.status = Status::check_condition;
  task.sense = sense;
  release_and_finish(task);
}

void end_with_io(Task& task) {
  set_io_status(task, task.io.error);
  release_and_finish(task);
}

void compare(Task& task) {
  if (task.io.error != storage::Errc::ok) return end_with_io(task);
  const size_t half = task.scratch.size();
  if (const auto at = first_difference(task.data_out, 0, task.scratch, 0, half))
    return end_with(task, sense::miscompare(*at));
  start_io<end_with_io>(task, storage::Verb::write, extent_of(task),
                        memory_of(task, task.data_out, half, half), must_be_durable(task));
}

void read_old(Task& task) {
  start_io<compare>(task, storage::Verb::read, extent_of(task), task.scratch.vectors());
}

void close_range(Task& task) {
  take_exclusively(task, read_old);
}

}  // namespace

void compare_and_write(Task& task) {
  // Halves of another length than the command says would be compared and written at wrong places.
  if (task.data_out_received < task.data_out_length || task.data_out_offered > task.data_out_length)
    return task.finish(invalid_field(task, FieldRole::transfer_length));
  if (task.range.blocks == 0) return task.finish(Status::good);
  with_buffer(task, &Task::scratch, extent_of(task).length, close_range);
}

}  // namespace tidemark::scsi
