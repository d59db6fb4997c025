// Volume: a block-addressable store, and the one interface through which every byte of every LUN
// is read or changed. Kinds: file, block device, memory. Layers in front of a kind are Volumes too:
// RangeGate (ordering and exclusion) and copyengine's WriteGuard (old data saved before it is
// overwritten), so that no command can slip past them.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "storage/volume_io.h"

namespace tidemark::storage {

/// A size in bytes that others may read while it grows.
class VolumeSize {
 public:
  VolumeSize(uint64_t bytes = 0) : bytes_(bytes) {}
  VolumeSize(const VolumeSize& other) : bytes_(uint64_t{other}) {}
  VolumeSize& operator=(const VolumeSize& other) { return *this = uint64_t{other}; }
  VolumeSize& operator=(uint64_t bytes) {
    bytes_.store(bytes, std::memory_order_release);
    return *this;
  }
  operator uint64_t() const { return bytes_.load(std::memory_order_acquire); }

 private:
  std::atomic<uint64_t> bytes_;
};

/// What a volume is. Fixed while it is open, but for its size, which may grow.
struct VolumeTraits {
  std::string name;
  VolumeSize bytes;           // multiple of block_size
  uint32_t block_size = 512;  // 512 or 4096
  bool read_only = false;
  bool write_cache = true;  // completed writes may be lost on power failure until flushed
  bool thin = true;         // unmap gives space back
  std::string kind;         // "file", "block", "memory"
  std::string location;     // as configured
  uint32_t physical_block_size = 4096;  // what hosts are told to write as a whole
  uint16_t lowest_aligned_lba = 0;      // first block that begins a physical one
  bool removable = false;               // hosts may eject it
  uint32_t unmap_granularity = 4096;    // bytes; smaller parts become zeroes and stay allocated
  std::string identity = {};  // tells this store from another put in its place; empty: not lasting
};

/// Bytes a volume occupies, and bytes there is still room for where it lies.
struct SpaceUse {
  uint64_t used = 0;
  uint64_t available = 0;
};

class Volume {
 public:
  Volume() = default;
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;
  virtual ~Volume() = default;

  virtual const VolumeTraits& traits() const = 0;

  /// Starts `io`, on core io.core. io.extent lies inside the volume (flush: ignored).
  /// Ends in io.done(io), possibly before this returns.
  virtual void submit(VolumeIo& io) = 0;

  /// Asks to take `io` back: if it has not been passed to the medium yet it ends with
  /// Errc::cancelled and is never executed; otherwise nothing happens. On core io.core.
  virtual void cancel(VolumeIo&) {}

  /// The hole (reads as zeroes, occupies nothing) that starts at `offset`, cut at `limit`; none if
  /// there is data, or if the volume cannot tell. Quick enough for a core's thread.
  virtual std::optional<Extent> hole_at(uint64_t offset, uint64_t limit) = 0;

  /// Makes it `bytes` large, durably; what is new reads as zeroes. Not for less, not for all kinds.
  /// Waits for the medium: not on a core's thread. One call at a time.
  virtual Result<void> grow(uint64_t) {
    return Error{ErrorKind::unsupported, "a volume of this kind does not grow", {}};
  }

  /// None if the volume cannot tell. Quick enough for a core's thread.
  virtual std::optional<SpaceUse> space() const { return std::nullopt; }
};

}  // namespace tidemark::storage
