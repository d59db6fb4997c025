// MemoryShare: how much of a core's memory one connection may hold in one direction, so that some
// that hold all they can get and never let go (write data asked for that does not come, read data
// that is not taken) leave something to the others. Decides only; on the connection's core.
//
// A quarter of the pool is set aside. Each connection has a part of that for itself, which nobody
// can take from it: enough to go on with small commands. The rest is for all: who holds some of it
// gets no more than is still free, so that each that comes later finds about half of what the one
// before it found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/buffer_pool.h"

namespace tidemark::target {

class MemoryShare {
 public:
  /// `limit`: beyond it only a command that is alone is served. `sharers`: connections that there
  /// may be.
  MemoryShare(const BufferPool& pool, uint64_t limit, uint32_t sharers)
      : pool_(pool), limit_(limit), own_(pool.budget() / 8 / std::max(sharers, 1u)) {}

  /// Whether it may hold `more` bytes now.
  bool may_have(uint64_t more) const {
    const uint64_t free = pool_.budget() - std::min(pool_.in_use(), pool_.budget());
    if (held_ + more <= own_) return more <= free;
    const uint64_t aside = pool_.budget() / 4;
    const uint64_t common = free - std::min(aside, free);
    return more <= common && (held_ == 0 || held_ + more <= std::min(limit_, common));
  }
  void take(uint64_t bytes) { held_ += bytes; }
  void give_back(uint64_t bytes) { held_ -= bytes; }
  uint64_t held() const { return held_; }

 private:
  const BufferPool& pool_;
  uint64_t limit_;
  uint64_t own_;  // set aside for this one
  uint64_t held_ = 0;
};

}  // namespace tidemark::target
