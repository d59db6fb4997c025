#include "tests/support/crash_volume.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include "base/invariant.h"

namespace tidemark::test {

using storage::Extent;
using storage::Verb;
using storage::VolumeIo;

CrashVolume::CrashVolume(storage::VolumeTraits traits) : traits_(std::move(traits)) {
  traits_.kind = "simulated";
  now_.bytes.resize(traits_.bytes);
  now_.mapped.resize(traits_.bytes / kSector);
  durable_ = now_;
}

void CrashVolume::ends_later(Executor& executor, std::function<Duration()> delay) {
  executor_ = &executor;
  delay_ = std::move(delay);
}

void CrashVolume::submit(VolumeIo& io) {
  INVARIANT(io.verb == Verb::flush || io.extent.end() <= traits_.bytes);
  const bool changes = storage::changes_medium(io.verb);
  const bool durable = io.fua || !traits_.write_cache;
  ChangePtr change;
  uint64_t ended_before = 0;
  uint64_t cuts = 0;
  {
    const std::lock_guard lock(mutex_);
    ended_before = ended_;
    cuts = cuts_;
    if (changes) change = enter(io);
    if (io.verb == Verb::read) read(io);
  }
  const auto ending = [this, &io, change, changes, durable, ended_before, cuts] {
    {
      const std::lock_guard lock(mutex_);
      if (cuts != cuts_) return;
      if (changes) change->ended = ++ended_;
      if (changes && durable) settle(change);
      if (io.verb == Verb::flush) settle_ended(ended_before);
    }
    io.error = storage::Errc::ok;
    io.done(io);
  };
  executor_ ? executor_->post_after(io.core, delay_(), ending) : ending();
}

void CrashVolume::read(const VolumeIo& io) const {
  const uint8_t* from = now_.bytes.data() + io.extent.offset;
  for (const iovec& piece : io.memory) {
    std::memcpy(piece.iov_base, from, piece.iov_len);
    from += piece.iov_len;
  }
}

CrashVolume::ChangePtr CrashVolume::enter(const VolumeIo& io) {
  INVARIANT(io.extent.offset % kSector == 0 && io.extent.length % kSector == 0);
  const ChangePtr change = changes_.insert(changes_.end(), Change{.extent = io.extent});
  change->maps = io.verb != Verb::unmap;
  change->overtaken.resize(io.extent.length / kSector);
  if (io.verb == Verb::write) {
    for (const iovec& piece : io.memory) {
      const auto* from = static_cast<const uint8_t*>(piece.iov_base);
      change->bytes.insert(change->bytes.end(), from, from + piece.iov_len);
    }
  }
  for (uint64_t sector = 0; sector < change->overtaken.size(); ++sector)
    land(*change, sector, now_);
  return change;
}

void CrashVolume::settle_ended(uint64_t until) {
  for (auto one = changes_.begin(); one != changes_.end();) {
    const auto next = std::next(one);
    if (one->ended != 0 && one->ended <= until) settle(one);
    one = next;
  }
}

/// The change is on the medium. What the cache held of those sectors from before is not needed.
void CrashVolume::settle(ChangePtr change) {
  for (uint64_t sector = 0; sector < change->overtaken.size(); ++sector)
    if (!change->overtaken[sector]) land(*change, sector, durable_);
  for (auto older = changes_.begin(); older != change; ++older) {
    if (older->ended == 0) continue;
    const Extent common = older->extent.intersection(change->extent);
    for (uint64_t at = common.offset; at < common.end(); at += kSector)
      older->overtaken[(at - older->extent.offset) / kSector] = true;
  }
  changes_.erase(change);
}

void CrashVolume::land(const Change& change, uint64_t sector, Image& image) {
  const uint64_t at = change.extent.offset + sector * kSector;
  if (change.bytes.empty()) {
    std::memset(image.bytes.data() + at, 0, kSector);
  } else {
    std::memcpy(image.bytes.data() + at, change.bytes.data() + sector * kSector, kSector);
  }
  image.mapped[at / kSector] = change.maps;
}

CrashVolume::Image CrashVolume::image_after_power_cut(uint64_t seed) const {
  std::mt19937_64 random(seed);
  Image image = durable_;
  for (const Change& change : changes_) {
    const uint64_t fate = random() % 4;  // lost, kept whole, or torn
    for (uint64_t sector = 0; sector < change.overtaken.size(); ++sector) {
      const bool kept = fate == 1 || (fate >= 2 && random() % 2 == 0);
      if (kept && !change.overtaken[sector]) land(change, sector, image);
    }
  }
  return image;
}

void CrashVolume::power_cut(uint64_t seed) {
  const std::lock_guard lock(mutex_);
  now_ = durable_ = image_after_power_cut(seed);
  changes_.clear();
  ++cuts_;
}

CrashVolume::Bytes CrashVolume::bytes_after_power_cut(uint64_t seed) const {
  const std::lock_guard lock(mutex_);
  return image_after_power_cut(seed).bytes;
}

CrashVolume::Bytes CrashVolume::bytes() const {
  const std::lock_guard lock(mutex_);
  return now_.bytes;
}

size_t CrashVolume::unflushed() const {
  const std::lock_guard lock(mutex_);
  return changes_.size();
}

std::optional<Extent> CrashVolume::hole_at(uint64_t offset, uint64_t limit) {
  const std::lock_guard lock(mutex_);
  uint64_t end = offset;
  while (end < limit && !now_.mapped[end / kSector]) end = (end / kSector + 1) * kSector;
  if (end == offset) return std::nullopt;
  return Extent{offset, std::min(end, limit) - offset};
}

}  // namespace tidemark::test
