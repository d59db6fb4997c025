#include "scsi/task_outcome.h"

#include "scsi/command_table.h"
#include "scsi/logical_unit.h"
#include "scsi/nexus.h"

namespace tidemark::scsi {
namespace {

// Values of UA_INTLCK_CTRL and QERR (SPC-4 tables 461 and 460).
constexpr uint8_t kAttentionAboutStatus = 3;
constexpr uint8_t kNobodyElseIsAffected = 0;

constexpr uint8_t kNaca = 0x04;

bool asks_for_aca(const Task& task) {
  const size_t at = control_byte(task.cdb[0]);
  return at != 0 && (task.cdb[at] & kNaca) != 0;
}

void after_check_condition(Task& task, TaskSet& tasks) {
  const LogicalUnit* unit = task.unit.get();
  // An ACA task that fails ends its ACA condition, or begins the next one.
  const bool was_aca_task = task.attribute == TaskAttribute::aca && tasks.in_aca(unit);
  if (asks_for_aca(task)) {
    tasks.begin_aca(unit);
  } else if (was_aca_task) {
    tasks.end_aca(unit);
  }
  if (unit->settings().queue_error_management != kNobodyElseIsAffected)
    tasks.abort({.unit = unit}, [] {});
}

/// What 11b tells of later, once for each status until it is reported.
Asc attention_about(Status status) {
  switch (status) {
    case Status::busy:
      return attention::kPreviousBusy;
    case Status::task_set_full:
      return attention::kPreviousTaskSetFull;
    case Status::reservation_conflict:
      return attention::kPreviousReservationConflict;
    default:
      return 0;
  }
}

}  // namespace

void after_bad_status(Task& task) {
  if (!task.unit || !task.nexus) return;
  auto& nexus = static_cast<Nexus&>(*task.nexus);
  if (task.status == Status::check_condition) return after_check_condition(task, nexus.tasks());
  const Asc asc = attention_about(task.status);
  if (asc != 0 && task.unit->settings().attention_interlock == kAttentionAboutStatus)
    nexus.add_attention(task.unit.get(), asc);
}

}  // namespace tidemark::scsi
