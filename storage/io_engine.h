// IoEngine: how one core's volume I/O gets to the kernel and back. Two kinds: io_uring
// (uring_engine.h) and worker threads (thread_engine.h).
//
// submit() and cancel() are called on the engine's own core, and `done` runs there. The
// destructor runs after the core's thread has ended, waits for what the kernel has in hand, carries
// out what is still waiting, and calls every `done` from the destroying thread: nothing accepted
// is lost, so submitters must stop submitting before and stay alive until after.
#pragma once

#include "storage/volume_io.h"

namespace tidemark::storage {

class IoEngine {
 public:
  IoEngine() = default;
  IoEngine(const IoEngine&) = delete;
  IoEngine& operator=(const IoEngine&) = delete;
  virtual ~IoEngine() = default;

  /// Carries out `io`, prepared by begin_steps(). Never ends it inside this call.
  virtual void submit(VolumeIo& io) = 0;
  /// If no system call was made for `io` yet, it ends with Errc::cancelled inside this call;
  /// otherwise nothing happens.
  virtual void cancel(VolumeIo& io) = 0;
};

}  // namespace tidemark::storage
