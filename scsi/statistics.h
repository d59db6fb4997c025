// Statistics: what the log pages of a unit count (SPC-4 7.3). Each core counts for itself, so that
// counting costs a few instructions and no core waits for another.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/executor.h"

namespace tidemark::scsi {

class Task;

enum class Counter : uint8_t {
  reads,  // commands that ended GOOD
  writes,
  verifies,
  blocks_read,  // sent to hosts
  blocks_written,
  blocks_verified,
  fua_reads,
  fua_writes,
  read_errors,  // commands that ended in a medium error
  write_errors,
  verify_errors,
  count,
};

class Statistics {
 public:
  explicit Statistics(size_t cores) : cores_(cores) {}

  /// A command that has ended, on its core.
  void count(const Task& task);

  /// From any core: over all cores, since the last clear().
  uint64_t total(Counter counter) const;
  void clear(Counter counter);

 private:
  static constexpr size_t kCounters = static_cast<size_t>(Counter::count);
  /// Written by one core only.
  struct alignas(64) Core {
    std::array<std::atomic<uint64_t>, kCounters> values{};
  };
  static void add(Core& core, Counter counter, uint64_t amount);
  uint64_t sum(Counter counter) const;

  std::vector<Core> cores_;
  std::array<std::atomic<uint64_t>, kCounters> cleared_at_{};
};

}  // namespace tidemark::scsi
