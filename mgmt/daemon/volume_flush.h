// Flushing a volume from the main thread.
#pragma once

#include <chrono>

#include "base/executor.h"
#include "storage/errc.h"
#include "storage/volume.h"

namespace tidemark::mgmt {

/// Submits a flush on `core` and waits for it; Errc::gone if it does not end within `limit`.
storage::Errc flush_and_wait(Executor& executor, CoreId core, storage::Volume& volume,
                             std::chrono::milliseconds limit);

}  // namespace tidemark::mgmt
