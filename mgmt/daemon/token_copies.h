// What the engine is to show of WRITE USING TOKEN: the status of such a copy from its order and its
// outcome.
//
// Pure functions for any thread.
#pragma once

#include <cstdint>

#include "copyengine/copy_types.h"
#include "copyengine/image_copier.h"
#include "scsi/image_service.h"

namespace tidemark::mgmt {

/// Under way. `source` is what the image was ordered as; of no volume if zeroes are written.
copyengine::CopyStatus shown_copy(const scsi::ImageCopyOrder& order, const scsi::ImageOrder& source,
                                  uint64_t now_unix_ns);
/// The same, with so much of it done.
void progress_to(uint64_t bytes, copyengine::CopyStatus& status);
/// The same, at its end. One that ran out of patience is the copy of what it came to.
void end_as(const copyengine::ImageCopier::Outcome& outcome, copyengine::CopyStatus& status);

}  // namespace tidemark::mgmt
