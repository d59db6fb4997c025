// RamVolume: a volume in plain memory for tests of what stands on top of volumes. I/O ends at once,
// unless the test holds it back; any I/O can be made to fail.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <vector>

#include "storage/volume.h"

namespace tidemark::test {

class RamVolume final : public storage::Volume {
 public:
  explicit RamVolume(storage::VolumeTraits traits)
      : traits_(std::move(traits)),
        bytes_(traits_.bytes),
        mapped_(traits_.bytes / traits_.block_size) {}

  /// One I/O as it came.
  struct Seen {
    storage::Verb verb;
    storage::Extent extent;
    bool fua;
  };

  const storage::VolumeTraits& traits() const override { return traits_; }

  void submit(storage::VolumeIo& io) override {
    seen_.push_back({io.verb, io.extent, io.fua});
    if (holding_) {
      held_.push_back(&io);
    } else {
      carry_out(io);
    }
  }

  void cancel(storage::VolumeIo& io) override {
    const auto found = std::find(held_.begin(), held_.end(), &io);
    if (found == held_.end() || !cancellable_) return;
    held_.erase(found);
    io.error = storage::Errc::cancelled;
    io.done(io);
  }

  std::optional<storage::Extent> hole_at(uint64_t offset, uint64_t limit) override {
    uint64_t block = offset / traits_.block_size;
    if (mapped_[block]) return std::nullopt;
    while (block < mapped_.size() && !mapped_[block]) ++block;
    return storage::Extent{offset, std::min(block * traits_.block_size, limit) - offset};
  }

  std::optional<storage::SpaceUse> space() const override {
    const auto mapped = static_cast<uint64_t>(std::count(mapped_.begin(), mapped_.end(), true));
    return storage::SpaceUse{mapped * traits_.block_size,
                             (mapped_.size() - mapped) * traits_.block_size};
  }

  Result<void> grow(uint64_t bytes) override {
    bytes_.resize(bytes);
    mapped_.resize(bytes / traits_.block_size);
    traits_.bytes = bytes;
    return {};
  }

  /// Holds I/O back from now on, until let_go().
  void hold() { holding_ = true; }
  /// Held I/O cannot be taken back, as if it had reached the medium.
  void refuse_cancel() { cancellable_ = false; }
  void let_go() {
    holding_ = false;
    while (!held_.empty()) {
      storage::VolumeIo* io = held_.front();
      held_.pop_front();
      carry_out(*io);
    }
  }
  /// Lets the oldest held I/O go; what comes is still held.
  void let_one_go() {
    storage::VolumeIo* io = held_.front();
    held_.pop_front();
    carry_out(*io);
  }
  size_t held() const { return held_.size(); }

  /// Asked for every I/O as it is carried out: Errc::ok lets it succeed.
  void fail_if(std::function<storage::Errc(const storage::VolumeIo&)> fail) {
    fail_ = std::move(fail);
  }

  std::vector<uint8_t>& bytes() { return bytes_; }
  bool mapped(uint64_t block) const { return mapped_[block]; }
  const std::vector<Seen>& seen() const { return seen_; }
  size_t count(storage::Verb verb) const {
    return static_cast<size_t>(std::count_if(seen_.begin(), seen_.end(),
                                             [&](const Seen& one) { return one.verb == verb; }));
  }

 private:
  void carry_out(storage::VolumeIo& io) {
    io.error = fail_ ? fail_(io) : storage::Errc::ok;
    if (io.error == storage::Errc::ok) move(io);
    io.done(io);
  }

  void move(storage::VolumeIo& io) {
    uint8_t* at = bytes_.data() + io.extent.offset;
    if (io.verb == storage::Verb::read || io.verb == storage::Verb::write) {
      for (const iovec& piece : io.memory) {
        if (io.verb == storage::Verb::read) std::memcpy(piece.iov_base, at, piece.iov_len);
        if (io.verb == storage::Verb::write) std::memcpy(at, piece.iov_base, piece.iov_len);
        at += piece.iov_len;
      }
    } else if (io.verb != storage::Verb::flush) {
      std::fill_n(at, io.extent.length, uint8_t{0});
    }
    if (!storage::changes_medium(io.verb)) return;
    std::fill_n(mapped_.begin() + static_cast<ptrdiff_t>(io.extent.offset / traits_.block_size),
                io.extent.length / traits_.block_size, io.verb != storage::Verb::unmap);
  }

  storage::VolumeTraits traits_;
  std::vector<uint8_t> bytes_;
  std::vector<bool> mapped_;
  std::vector<Seen> seen_;
  std::deque<storage::VolumeIo*> held_;
  std::function<storage::Errc(const storage::VolumeIo&)> fail_;
  bool holding_ = false;
  bool cancellable_ = true;
};

}  // namespace tidemark::test
