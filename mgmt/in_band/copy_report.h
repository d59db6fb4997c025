// The figures of a copy on both sides of a vendor command: what the copy engine tells, as the SCSI
// floor's report, and back again for whoever shows them.
#pragma once

#include "copyengine/copy_types.h"
#include "scsi/copy_service.h"

namespace tidemark::mgmt {

scsi::CopyReport report_of(const copyengine::CopyStatus& status);
copyengine::CopyStatus status_of(const scsi::CopyReport& report);

copyengine::GrainState grain_state_of(scsi::GrainState state);

}  // namespace tidemark::mgmt
