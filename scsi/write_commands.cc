// WRITE(6), (10), (12), (16) and SYNCHRONIZE CACHE(10), (16) (SBC-4 5.37 to 5.52, 5.34, 5.35).
#include "scsi/command_handlers.h"
#include "scsi/medium.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi {
namespace {

void io_done(Task& task) {
  finish_io(task, task.io.error);
}

}  // namespace

void write_blocks(Task& task) {
  const uint64_t covered = bytes_covered(task);
  if (covered == 0) return task.finish(Status::good);
  start_io<io_done>(task, storage::Verb::write, {extent_of(task).offset, covered},
                    memory_of(task, task.data_out, 0, covered), must_be_durable(task));
}

// IMMED is answered after the flush too: nothing obliges us to be early.
void synchronize_cache(Task& task) {
  start_io<io_done>(task, storage::Verb::flush, extent_of(task));
}

}  // namespace tidemark::scsi
