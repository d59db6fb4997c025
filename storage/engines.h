// Engines: the I/O engine of every core, chosen once at start.
//
// Made before the cores run; outlives every volume that uses it; destroyed after the cores' threads
// have ended (CorePool::stop, join) and before the CorePool itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/core_pool.h"
#include "base/result.h"
#include "storage/io_engine.h"

namespace tidemark::storage {

enum class EngineChoice : uint8_t {
  automatic,  // io_uring where it is allowed, else threads
  io_uring,
  threads,
};

class Engines {
 public:
  /// One engine per core of `executor`.
  Engines(Executor& executor, std::string kind, std::vector<std::unique_ptr<IoEngine>> of_core);

  /// For calls on that core.
  IoEngine& of(CoreId core) { return *of_core_.at(core); }
  /// "io_uring" or "threads", for logs and status.
  const std::string& kind() const { return kind_; }
  /// Why io_uring was passed over by EngineChoice::automatic; empty otherwise.
  const std::string& reason() const { return reason_; }
  Executor& executor() { return executor_; }

 private:
  friend Result<std::unique_ptr<Engines>> make_engines(CorePool& cores, EngineChoice choice);

  Executor& executor_;
  std::string kind_;
  std::string reason_;
  std::vector<std::unique_ptr<IoEngine>> of_core_;
};

/// Fails only if io_uring is insisted upon and is not to be had.
Result<std::unique_ptr<Engines>> make_engines(CorePool& cores, EngineChoice choice);

}  // namespace tidemark::storage
