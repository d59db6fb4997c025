// Work that concerns all cores: done on each, and then what follows on one.
#pragma once

#include <functional>

#include "base/executor.h"

namespace tidemark::scsi {

/// Runs `job` on every core; each calls what it is given when its part is done, then or later, on
/// its core. Then `then` runs on `home`.
void on_every_core(Executor& executor, CoreId home,
                   std::function<void(CoreId, std::function<void()>)> job,
                   std::function<void()> then);

}  // namespace tidemark::scsi
