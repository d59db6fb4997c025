// What FORMAT UNIT and SANITIZE have in common: beginning an operation on the whole medium, and
// answering when it has begun (IMMED) or ended.
#pragma once

#include "scsi/medium_order.h"
#include "scsi/readiness.h"
#include "scsi/task.h"

namespace tidemark::scsi {

/// Ends the task: with `immediately` once the operation has begun, else once it has ended. A task
/// that is aborted meanwhile does not take the operation with it.
void operate_on_medium(Task& task, Readiness::State state, MediumOrder order, bool immediately);

}  // namespace tidemark::scsi
