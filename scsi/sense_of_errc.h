// What a host is told when a volume I/O fails: the one place where storage::Errc becomes sense.
#pragma once

#include "scsi/task.h"
#include "storage/errc.h"

namespace tidemark::scsi {

/// `lba` is the first block of the I/O, for the INFORMATION field of medium errors.
SenseData sense_of_errc(storage::Errc error, std::optional<uint64_t> lba = std::nullopt);

/// The task's status for how its I/O ended: GOOD, BUSY if it is worth another try, else CHECK
/// CONDITION.
void set_io_status(Task& task, storage::Errc error) noexcept;
/// The same, and ends the task.
void finish_io(Task& task, storage::Errc error) noexcept;

}  // namespace tidemark::scsi
