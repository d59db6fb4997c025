// Executor: the cores on which everything runs, one thread each, and the messages between them.
//
// State belongs to a core and is touched only there, so there are no locks: who needs another
// core's state posts it a job. The real Executor is CorePool; tests have a simulated one with
// virtual time, on which the copy engine runs unmodified.
#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"

namespace tidemark {

/// Index of a core, from 0.
using CoreId = uint16_t;

class Executor {
 public:
  using Job = std::function<void()>;

  virtual ~Executor() = default;

  virtual CoreId core_count() const = 0;
  /// The core whose thread calls. Only for threads of this Executor.
  virtual CoreId current_core() const = 0;
  /// Runs `job` on `core`, later, never from inside this call. Any thread may call. Jobs that one
  /// core posts to another run in the order posted.
  virtual void post(CoreId core, Job job) = 0;
  /// Runs `job` on `core` after `delay`. It cannot be taken back: the job itself checks whether it
  /// is still wanted. Jobs pending when the Executor stops are dropped.
  virtual void post_after(CoreId core, Duration delay, Job job) = 0;
  virtual TimePoint now() const = 0;
  /// How long the calling core's thread has been running or waiting for a processor since it began;
  /// always zero if that is not known. Only differences mean anything.
  virtual Duration busy_time() const { return {}; }

  /// Runs `job` here and now if the caller is on `core`, else posts it.
  void run_on(CoreId core, Job job) {
    if (current_core() == core) return job();
    post(core, std::move(job));
  }
};

}  // namespace tidemark
