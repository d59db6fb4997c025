// CrashVolume: a volume in memory that a power cut can befall. What was written since the last
// flush lies in a cache: a cut keeps any part of it and loses the rest, torn at sectors of 512
// bytes. That covers every order in which a disk may empty its cache: what is kept of a later write
// with an earlier one lost is the later one first.
//
// I/O ends at once, or with ends_later() in a job of its own; until then it is under way, and a cut
// may keep any part of it too. Used from all cores.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <vector>

#include "storage/volume.h"

namespace tidemark::test {

class CrashVolume final : public storage::Volume {
 public:
  static constexpr uint64_t kSector = 512;
  using Bytes = std::vector<uint8_t>;

  /// Without traits.write_cache, whatever has ended is on the medium.
  explicit CrashVolume(storage::VolumeTraits traits);

  /// From here on, I/O ends on its core, `delay()` after it was submitted.
  void ends_later(Executor& executor, std::function<Duration()> delay);

  const storage::VolumeTraits& traits() const override { return traits_; }
  void submit(storage::VolumeIo& io) override;
  std::optional<storage::Extent> hole_at(uint64_t offset, uint64_t limit) override;

  /// The power fails and comes back: `seed` says what is left. I/O under way never ends; drop who
  /// waits for it, and its executor, before the volume is used again.
  void power_cut(uint64_t seed);
  /// What a power cut now would leave, without there being one.
  Bytes bytes_after_power_cut(uint64_t seed) const;
  /// What a read finds now.
  Bytes bytes() const;
  /// Changes that a power cut may lose.
  size_t unflushed() const;

 private:
  struct Image {
    Bytes bytes;
    std::vector<bool> mapped;  // by sector
  };
  /// One write, write_zeroes or unmap that a cut may lose.
  struct Change {
    storage::Extent extent = {};
    Bytes bytes = {};  // empty: zeroes
    bool maps = true;
    uint64_t ended = 0;                // when: counts the changes that have; 0 while under way
    std::vector<bool> overtaken = {};  // sectors that a later change has made durable
  };
  using ChangePtr = std::list<Change>::iterator;

  ChangePtr enter(const storage::VolumeIo& io);
  void read(const storage::VolumeIo& io) const;
  void settle_ended(uint64_t until);
  void settle(ChangePtr change);
  Image image_after_power_cut(uint64_t seed) const;
  static void land(const Change& change, uint64_t sector, Image& image);

  storage::VolumeTraits traits_;
  Executor* executor_ = nullptr;
  std::function<Duration()> delay_;

  mutable std::mutex mutex_;  // all below
  Image now_;                 // what reads find
  Image durable_;
  std::list<Change> changes_;  // in the order they were submitted
  uint64_t ended_ = 0;
  uint64_t cuts_ = 0;
};

}  // namespace tidemark::test
