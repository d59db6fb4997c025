// Short parameter data from memory: cut to the allocation length (SPC-4 4.2.5.6) and sent.
#pragma once

#include "base/bytes.h"
#include "scsi/task.h"

namespace tidemark::scsi {

/// Ends the task GOOD with `data`, or BUSY if there is no memory for it.
void reply(Task& task, ConstBytes data) noexcept;

}  // namespace tidemark::scsi
