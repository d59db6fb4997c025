#include "scsi/reply.h"

#include <algorithm>

#include "scsi/command_table.h"

namespace tidemark::scsi {

void reply(Task& task, ConstBytes data) noexcept {
  uint64_t length = data.size();
  if (find_field(*task.row, FieldRole::allocation_length))
    length = std::min(length, field_value(task, FieldRole::allocation_length));
  const auto sent = static_cast<size_t>(std::min(length, task.data_in_limit));
  if (sent > 0) {
    task.data_in = task.pool->acquire(sent);
    if (task.data_in.empty()) return task.finish(Status::busy);
    task.data_in.copy_in(0, data.first(sent));
  }
  task.data_in_length = length;
  task.finish(Status::good);
}

}  // namespace tidemark::scsi
