// Admission: everything about a command that can be judged before its data comes: is there such a
// unit, has the nexus something to be told first, is the CDB one the table knows, are its blocks on
// the medium, may they be written, do reservations leave it to this nexus. Sets row, range,
// direction and data_out_length of the task.
#pragma once

#include <optional>

#include "scsi/nexus.h"
#include "scsi/sense.h"
#include "scsi/task.h"

namespace tidemark::scsi {

struct Refused {
  Status status = Status::check_condition;
  SenseData sense = {};
};

/// None: the command may go on. `entry` is the unit's in the nexus's LUN map; null if there is
/// none.
std::optional<Refused> admit(Task& task, Nexus::Entry* entry);

/// Whether a command must end in RESERVATION CONFLICT on a nexus so restricted. Only for nexuses
/// that are restricted at all.
bool conflicts(const Task& task, Restriction restriction);

}  // namespace tidemark::scsi
