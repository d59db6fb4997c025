// READ(6), (10), (12), (16) and PRE-FETCH(10), (16) (SBC-4 5.13 to 5.19).
#include <algorithm>

#include "scsi/command_handlers.h"
#include "scsi/medium.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi {
namespace {

void read_ended(Task& task) {
  if (task.io.error != storage::Errc::ok) {
    task.data_in.reset();
    task.data_in_length = 0;
  }
  finish_io(task, task.io.error);
}

void start_read(Task& task) {
  const storage::Extent extent{extent_of(task).offset, task.data_in.size()};
  start_io<read_ended>(task, storage::Verb::read, extent, task.data_in.vectors());
}

}  // namespace

void read_blocks(Task& task) {
  const uint64_t block_size = task.unit->block_size();
  const uint64_t asked = task.range.blocks * block_size;
  // Whole blocks are read, but no more of them than the initiator takes.
  const uint64_t blocks_taken =
      task.data_in_limit / block_size + (task.data_in_limit % block_size ? 1 : 0);
  task.data_in_length = asked;
  const uint64_t wanted = std::min(task.range.blocks, blocks_taken) * block_size;
  if (wanted == 0) return task.finish(Status::good);
  with_buffer(task, &Task::data_in, wanted, start_read);
}

// GOOD, not CONDITION MET: nothing vouches that the page cache will have room for it all.
void prefetch(Task& task) {
  task.finish(Status::good);
}

}  // namespace tidemark::scsi
