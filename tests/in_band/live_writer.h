// LiveWriter: a host that writes a range of the source over and over from a thread of its own, each
// time with the next writing, and knows at any time what it has written for certain.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {

class LiveWriter {
 public:
  /// Blocks of `block` bytes at random places of [offset, offset + bytes) of the source; the first
  /// of them is written in order, so that something changes everywhere soon.
  LiveWriter(const system_test::Daemon& daemon, uint64_t offset, size_t bytes)
      : host_(daemon, "writer"), offset_(offset), bytes_(bytes), thread_([this] { run(); }) {}
  ~LiveWriter() { stop(); }

  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// Times it has gone over the whole range.
  unsigned rounds() const { return rounds_; }
  void await_rounds(unsigned more) const {
    const unsigned until = rounds_ + more;
    while (rounds_ < until) std::this_thread::yield();
  }

 private:
  void run() {
    constexpr size_t kPiece = 32 << 10;
    for (uint32_t writing = 2; !stop_; ++writing) {
      for (size_t at = 0; at < bytes_ && !stop_; at += kPiece)
        host_.write(kSource, offset_ + at, pattern(kPiece, writing, offset_ + at));
      if (!stop_) ++rounds_;
    }
  }

  InBandHost host_;
  uint64_t offset_;
  size_t bytes_;
  std::atomic<bool> stop_ = false;
  std::atomic<unsigned> rounds_ = 0;
  std::thread thread_;
};

/// Whether `data`, of the source from `offset` on, is what the source held at one moment while a
/// LiveWriter went over it in order: pieces of one writing from the beginning, of the writing
/// before it after that.
inline bool of_one_moment(const Bytes& data, uint64_t offset, std::string& why) {
  uint64_t first = 0;
  uint64_t previous = 0;
  for (size_t at = 0; at + 16 <= data.size(); at += 16) {
    if (load_be64(&data[at]) != offset + at) {
      why = "bytes of another place at " + std::to_string(at);
      return false;
    }
    const uint64_t writing = load_be64(&data[at + 8]);
    if (at == 0) first = previous = writing;
    const bool step = previous == first && writing + 1 == first;
    if (writing != previous && !step) {
      why = "writing " + std::to_string(writing) + " after " + std::to_string(previous) + " at " +
            std::to_string(at);
      return false;
    }
    previous = writing;
  }
  return true;
}

}  // namespace tidemark::in_band
