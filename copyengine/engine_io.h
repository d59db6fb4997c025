// One I/O of the engine's own: preserving, copying, flushing. Unlike host I/O it carries a closure
// for what comes next; there are few of them, and each moves a lot.
#pragma once

#include <functional>
#include <vector>

#include "storage/volume.h"

namespace tidemark::copyengine {

struct EngineIo {
  storage::Volume& volume;
  storage::Verb verb;
  storage::Extent extent;
  std::vector<iovec> memory;  // read, write
};

/// Submits on `core` (the caller's); `then` runs there once, possibly before this returns.
void submit_io(EngineIo what, CoreId core, std::function<void(storage::Errc)> then);

}  // namespace tidemark::copyengine
