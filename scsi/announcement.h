// Announcements: unit attentions to all who use a unit, on whatever core they live.
#pragma once

#include <memory>

#include "scsi/target_device.h"
#include "scsi/unit_attentions.h"

namespace tidemark::scsi {

/// Every nexus of `unit`, but not `except` (may be null), is told `asc`. Those on the calling core
/// at once, others soon. From any core.
void announce(const std::shared_ptr<LogicalUnit>& unit, Asc asc, const ItNexus* except);

}  // namespace tidemark::scsi
