// MemoryVolume: a volume that lives in memory and is empty at every start. For tests, scratch space
// and measuring what everything but the disk costs.
//
// Used from all cores; requests are carried out inside submit(). Memory is taken from the system as
// it is first written to. Overlapping requests of different cores mix as they would on a disk.
#pragma once

#include <memory>

#include "base/executor.h"
#include "base/result.h"
#include "storage/volume.h"

namespace tidemark::storage {

class MemoryVolume final : public Volume {
 public:
  /// Sets kind, location and unmap_granularity of `traits`. With `executor`, a
  /// submitter that goes on submitting from inside `done` is sent through its core's loop every now
  /// and then, so that it neither exhausts the stack nor starves others.
  static Result<std::unique_ptr<MemoryVolume>> make(VolumeTraits traits,
                                                    Executor* executor = nullptr);
  ~MemoryVolume() override;

  const VolumeTraits& traits() const override { return traits_; }
  void submit(VolumeIo& io) override;
  std::optional<Extent> hole_at(uint64_t offset, uint64_t limit) override;

 private:
  MemoryVolume(VolumeTraits traits, uint8_t* memory, Executor* executor);

  void carry_out(VolumeIo& io);
  void read(const VolumeIo& io) const;
  void write(const VolumeIo& io);
  void clear(const Extent& extent);
  void mark(const Extent& extent);
  void forget(const Extent& extent);
  bool is_touched(uint64_t chunk) const;

  VolumeTraits traits_;
  uint8_t* memory_;  // the volume's bytes, then touched_
  Executor* executor_;
  uint64_t* touched_;  // a bit per chunk; accessed as atomics
};

}  // namespace tidemark::storage
