// FileVolume: a volume kept in a regular file or on a block device, of which its I/O engine knows
// no difference. Opened by open_volume(); used from all cores, each with its own engine. Holds no
// state but the open file and its size, so it may go when none of its I/O is in flight.
//
// Where the file lies in memory (tmpfs) there is no device to wait for, and io_uring hands each
// request to a thread of its own: small ones are carried out on the spot instead, which costs less
// than asking somebody else to.
#pragma once

#include "storage/engines.h"
#include "storage/file_descriptor.h"
#include "storage/volume.h"

namespace tidemark::storage {

class FileVolume final : public Volume {
 public:
  /// `file` holds all of traits.bytes. `engines` outlives the volume.
  FileVolume(VolumeTraits traits, FileDescriptor file, Engines& engines);

  const VolumeTraits& traits() const override { return traits_; }
  void submit(VolumeIo& io) override;
  void cancel(VolumeIo& io) override;
  std::optional<Extent> hole_at(uint64_t offset, uint64_t limit) override;
  std::optional<SpaceUse> space() const override;
  /// A file is made larger; of a block device as much is taken as there is by now.
  Result<void> grow(uint64_t bytes) override;

  /// Carried out on the spot at most, in memory: some tens of microseconds of the core's thread.
  static constexpr uint64_t kOnTheSpotMax = 256 * 1024;

 private:
  bool on_the_spot(const VolumeIo& io) const;
  bool reaches(uint64_t limit) const;

  VolumeTraits traits_;
  FileDescriptor file_;
  Engines& engines_;
  bool in_memory_;
};

}  // namespace tidemark::storage
