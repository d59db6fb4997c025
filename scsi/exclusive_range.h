// ExclusiveRange: a task's blocks closed to everybody else, for commands that read, decide and
// write as one step (COMPARE AND WRITE, ORWRITE).
//
// A task has one at most, in task.state, from take() until the task has ended.
#pragma once

#include "scsi/medium.h"

namespace tidemark::scsi {

/// Closes task.range to all I/O but the task's own; then calls `then`, once nothing else is in
/// flight there. Overlapping closures are waited for, a copy's fence among them.
void take_exclusively(Task& task, Step then);
/// Opens the range, and then ends the task with the status and sense it has by now.
void release_and_finish(Task& task);

}  // namespace tidemark::scsi
