#include "mgmt/daemon/volume_flush.h"

#include <functional>
#include <memory>

#include "mgmt/daemon/waiting.h"

namespace tidemark::mgmt {
namespace {

// Keeps itself until the flush is over, which may be after the one who waited has given up.
struct Flush {
  storage::VolumeIo io;
  std::function<void()> done;
  storage::Errc error = storage::Errc::gone;
  std::shared_ptr<Flush> self;
};

void on_flushed(storage::VolumeIo& io) noexcept {
  auto& flush = *static_cast<Flush*>(io.owner);
  const std::shared_ptr<Flush> keep = std::move(flush.self);
  flush.error = io.error;
  flush.done();
}

}  // namespace

storage::Errc flush_and_wait(Executor& executor, CoreId core, storage::Volume& volume,
                             std::chrono::milliseconds limit) {
  const auto flush = std::make_shared<Flush>();
  const bool ended = wait_until_done(
      [&](std::function<void()> done) {
        flush->done = std::move(done);
        flush->self = flush;
        executor.post(core, [flush, core, &volume] {
          flush->io.verb = storage::Verb::flush;
          flush->io.internal = true;
          flush->io.core = core;
          flush->io.done = on_flushed;
          flush->io.owner = flush.get();
          volume.submit(flush->io);
        });
      },
      limit);
  return ended ? flush->error : storage::Errc::gone;
}

}  // namespace tidemark::mgmt
