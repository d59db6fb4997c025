// SCSI status codes and task attributes (SAM-5 clauses 5.3 and 8.9).
#pragma once

#include <cstdint>

namespace tidemark::scsi {

enum class Status : uint8_t {
  good = 0x00,
  check_condition = 0x02,
  condition_met = 0x04,
  busy = 0x08,
  reservation_conflict = 0x18,
  task_set_full = 0x28,
  aca_active = 0x30,
  task_aborted = 0x40,
};

enum class TaskAttribute : uint8_t { untagged, simple, ordered, head_of_queue, aca };

}  // namespace tidemark::scsi
