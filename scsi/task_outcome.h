// What follows for a nexus when one of its tasks ends in other than GOOD, as the Control mode page
// and the NACA bit of its CDB have it: tasks aborted with it (QERR), an ACA condition, a unit
// attention about the status (UA_INTLCK_CTRL).
#pragma once

#include "scsi/task.h"

namespace tidemark::scsi {

/// `task` has ended, is in no task set any more (or never was), and its status is not GOOD. On its
/// core; may end other tasks of the nexus.
void after_bad_status(Task& task);

}  // namespace tidemark::scsi
