// The parameter list of a command, whole and in one piece.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scsi/task.h"

namespace tidemark::scsi {

/// None if less came than the CDB announces: the task has then ended (PARAMETER LIST LENGTH ERROR).
std::optional<std::vector<uint8_t>> take_parameter_list(Task& task);

}  // namespace tidemark::scsi
