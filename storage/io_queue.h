// IoQueue: requests an engine has waiting, first come first served, linked through
// VolumeIo::engine.next so that waiting costs no memory. Not thread-safe.
#pragma once

#include <utility>

#include "storage/volume_io.h"

namespace tidemark::storage {

class IoQueue {
 public:
  IoQueue() = default;
  IoQueue(const IoQueue&) = delete;
  IoQueue& operator=(const IoQueue&) = delete;

  bool empty() const { return first_ == nullptr; }

  void push(VolumeIo& io) {
    io.engine.next = nullptr;
    (first_ == nullptr ? first_ : last_->engine.next) = &io;
    last_ = &io;
  }

  /// The oldest, or null.
  VolumeIo* pop() {
    VolumeIo* io = first_;
    if (io != nullptr) first_ = io->engine.next;
    return io;
  }

  /// Whether `io` was in the queue; it no longer is.
  bool remove(const VolumeIo& io) {
    VolumeIo* previous = nullptr;
    for (VolumeIo* here = first_; here != nullptr; previous = here, here = here->engine.next) {
      if (here != &io) continue;
      (previous == nullptr ? first_ : previous->engine.next) = here->engine.next;
      if (last_ == here) last_ = previous;
      return true;
    }
    return false;
  }

  void swap(IoQueue& other) {
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
  }

 private:
  VolumeIo* first_ = nullptr;
  VolumeIo* last_ = nullptr;  // meaningless while empty
};

}  // namespace tidemark::storage
