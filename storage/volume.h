// Volume: a block-addressable store, and the one interface through which every byte of every LUN
// is read or changed. Kinds: file, block device, memory. Layers in front of a kind are Volumes too:
// RangeGate (ordering and exclusion) and copyengine's WriteGuard (old data saved before it is
// overwritten), so that no command can slip past them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/volume_io.h"

namespace tidemark::storage {

/// What a volume is; fixed while it is open.
struct VolumeTraits {
  std::string name;
  uint64_t bytes = 0;         // multiple of block_size
  uint32_t block_size = 512;  // 512 or 4096
  bool read_only = false;
  bool write_cache = true;  // completed writes may be lost on power failure until flushed
  bool thin = true;         // unmap gives space back
  std::string kind;         // "file", "block", "memory"
  std::string location;     // as configured
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
};

}  // namespace tidemark::storage
