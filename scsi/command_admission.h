// Admission: everything about a command that can be judged before its data comes: is there such a
// unit, has the nexus something to be told first, is the CDB one the table knows, are its blocks on
// the medium, may they be written. Sets row, range, direction and data_out_length of the task.
#pragma once

#include <optional>

#include "scsi/sense.h"
#include "scsi/task.h"
#include "scsi/unit_attentions.h"

namespace tidemark::scsi {

/// None: the command may go on. `attentions` is null where there is no unit.
std::optional<SenseData> admit(Task& task, UnitAttentions* attentions);

}  // namespace tidemark::scsi
