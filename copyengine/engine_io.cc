#include "copyengine/engine_io.h"

#include <memory>

namespace tidemark::copyengine {
namespace {

struct Pending {
  storage::VolumeIo io;
  std::vector<iovec> memory;
  std::function<void(storage::Errc)> then;
};

void on_done(storage::VolumeIo& io) noexcept {
  const std::unique_ptr<Pending> pending(static_cast<Pending*>(io.owner));
  pending->then(io.error);
}

}  // namespace

void submit_io(EngineIo what, CoreId core, std::function<void(storage::Errc)> then) {
  auto* pending = new Pending{.io = {}, .memory = std::move(what.memory), .then = std::move(then)};
  storage::VolumeIo& io = pending->io;
  io.verb = what.verb;
  io.internal = true;
  io.core = core;
  io.extent = what.extent;
  io.memory = pending->memory;
  io.done = on_done;
  io.owner = pending;
  what.volume.submit(io);
}

}  // namespace tidemark::copyengine
