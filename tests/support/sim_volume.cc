#include "tests/support/sim_volume.h"

#include <algorithm>
#include <cstring>

namespace tidemark::test {

using storage::Errc;
using storage::Extent;
using storage::Verb;
using storage::VolumeIo;

SimVolume::SimVolume(SimExecutor& executor, std::string name, uint64_t bytes, int64_t slowest_ns)
    : executor_(executor),
      slowest_ns_(slowest_ns),
      bytes_(bytes, 0),
      mapped_(bytes / kSector, false) {
  traits_.name = std::move(name);
  traits_.bytes = bytes;
  traits_.kind = "simulated";
}

void SimVolume::submit(VolumeIo& io) {
  INVARIANT(executor_.current_core() == io.core);
  INVARIANT(io.verb == Verb::flush || io.extent.end() <= bytes_.size());
  ++in_flight_;
  const Fate fate = decide_ ? decide_(io) : Fate{};
  // Bit i: whether the sectors i modulo 64 move at the end instead of at the start.
  const uint64_t late = executor_.random()();
  if (fate.error == Errc::ok && !fate.hang)
    for (uint64_t sector = 0; sector < io.extent.length / kSector; ++sector)
      if (!is_late(late, sector)) move_sector(io, sector);
  const uint64_t at_end = fate.hang ? ~uint64_t{0} : late;
  auto finish_it = [this, &io, at_end, error = fate.error] { finish(io, at_end, error); };
  if (fate.hang)
    return hung_->add([this, core = io.core, finish_it] { executor_.post(core, finish_it); });
  executor_.post_after(io.core, executor_.random_duration(0, slowest_ns_), finish_it);
}

void SimVolume::finish(VolumeIo& io, uint64_t late, Errc error) {
  if (error == Errc::ok)
    for (uint64_t sector = 0; sector < io.extent.length / kSector; ++sector)
      if (is_late(late, sector)) move_sector(io, sector);
  if (changes_medium(io.verb)) ++writes_;
  --in_flight_;
  io.error = error;
  io.done(io);
}

void SimVolume::move_sector(VolumeIo& io, uint64_t sector) {
  const uint64_t at = io.extent.offset + sector * kSector;
  if (io.verb == Verb::unmap || io.verb == Verb::write_zeroes) {
    std::memset(bytes_.data() + at, 0, kSector);
    mapped_[at / kSector] = io.verb == Verb::write_zeroes;
    return;
  }
  uint64_t skip = sector * kSector;
  uint64_t moved = 0;
  for (const iovec& piece : io.memory) {
    if (skip >= piece.iov_len) {
      skip -= piece.iov_len;
      continue;
    }
    const uint64_t step = std::min<uint64_t>(piece.iov_len - skip, kSector - moved);
    auto* memory = static_cast<uint8_t*>(piece.iov_base) + skip;
    if (io.verb == Verb::read)
      std::memcpy(memory, bytes_.data() + at + moved, step);
    else
      std::memcpy(bytes_.data() + at + moved, memory, step);
    moved += step;
    skip = 0;
    if (moved == kSector) break;
  }
  if (io.verb == Verb::write) mapped_[at / kSector] = true;
}

std::optional<Extent> SimVolume::hole_at(uint64_t offset, uint64_t limit) {
  uint64_t end = offset;
  while (end < limit && !mapped_[end / kSector]) end += kSector;
  if (end == offset) return std::nullopt;
  return Extent{offset, std::min(end, limit) - offset};
}

}  // namespace tidemark::test
