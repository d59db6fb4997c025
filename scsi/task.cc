#include "scsi/task.h"

#include "scsi/logical_unit.h"
#include "scsi/task_outcome.h"
#include "scsi/task_set.h"

namespace tidemark::scsi {

void Task::reset() {
  // Lists keep their capacity: a task used again allocates nothing.
  std::vector<iovec> spare = std::move(pieces);
  spare.clear();
  *this = Task{};
  pieces = std::move(spare);
}

size_t Task::encode_sense(std::span<uint8_t, kSenseMax> to) const {
  const bool descriptors =
      unit && unit->settings().descriptor_sense.load(std::memory_order_relaxed);
  return sense.encode(descriptors, to);
}

void Task::finish() noexcept {
  scratch.reset();
  TaskSet* const left = set;
  if (left && left->holds_back(*this)) return;
  if (abort_requested) {
    if (tells_abort) status = Status::task_aborted;
    aborted = !tells_abort;
  }
  if (unit && row) unit->statistics().count(*this);
  if (left) left->leave(*this);
  if (status != Status::good && !aborted) after_bad_status(*this);
  done(*this);
  // The task may be gone or in use again by now; its set is not: it outlives the running job.
  if (left) left->settle();
}

}  // namespace tidemark::scsi
