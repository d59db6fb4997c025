// One I/O of the engine's own: preserving, copying, flushing. Unlike host I/O it carries a closure
// for what comes next; there are few of them, and each moves a lot.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "storage/volume.h"

namespace tidemark::copyengine {

struct EngineIo {
  storage::Volume& volume;
  storage::Verb verb;
  storage::Extent extent;
  std::vector<iovec> memory;  // read, write
  bool internal = true;       // write protection does not apply
};

/// Submits on `core` (the caller's); `then(Errc)` runs there once, possibly before this returns.
template <class Then>
void submit_io(EngineIo what, CoreId core, Then then) {
  struct Pending {
    storage::VolumeIo io;
    std::vector<iovec> memory;
    Then then;
  };
  auto* pending = new Pending{.io = {}, .memory = std::move(what.memory), .then = std::move(then)};
  storage::VolumeIo& io = pending->io;
  io.verb = what.verb;
  io.internal = what.internal;
  io.core = core;
  io.extent = what.extent;
  io.memory = pending->memory;
  io.done = [](storage::VolumeIo& done) noexcept {
    const std::unique_ptr<Pending> own(static_cast<Pending*>(done.owner));
    own->then(done.error);
  };
  io.owner = pending;
  what.volume.submit(io);
}

}  // namespace tidemark::copyengine
