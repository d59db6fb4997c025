#include "tests/support/sim_volume.h"

#include <algorithm>
#include <cstring>

namespace tidemark::test {

using storage::Errc;
using storage::Extent;
using storage::Verb;
using storage::VolumeIo;

namespace {

bool has(uint64_t pattern, uint64_t sector) {
  return pattern >> (sector % 64) & 1;
}

}  // namespace

SimVolume::SimVolume(SimExecutor& executor, std::string name, uint64_t bytes, int64_t slowest_ns)
    : executor_(executor),
      slowest_ns_(slowest_ns),
      bytes_(bytes, 0),
      mapped_(bytes / kSector, false) {
  traits_.identity = "simulated " + name;
  traits_.name = std::move(name);
  traits_.bytes = bytes;
  traits_.kind = "simulated";
}

/// Often all at once, at the start or at the end; else any mixture.
uint64_t SimVolume::random_pattern() {
  const uint64_t random = executor_.random()();
  if (random % 4 == 0) return 0;
  if (random % 4 == 1) return ~uint64_t{0};
  return executor_.random()();
}

void SimVolume::submit(VolumeIo& io) {
  INVARIANT(executor_.current_core() == io.core);
  INVARIANT(io.verb == Verb::flush || io.extent.end() <= bytes_.size());
  ++in_flight_;
  Fate fate = decide_ && !crashed_ ? decide_(io) : Fate{};
  if (crashed_) fate.error = Errc::gone;
  const uint64_t late = fate.hang ? ~uint64_t{0} : random_pattern();
  if (!crashed_) move_sectors(io, ~late);
  running_.push_back({&io, late, fate.error, {}});
  const auto running = std::prev(running_.end());
  if (io.verb == Verb::flush) running->flushes = unflushed_list_;
  auto finish_it = [this, running, epoch = epoch_] { finish(running, epoch); };
  if (fate.hang)
    return hung_->add([this, core = io.core, finish_it] { executor_.post(core, finish_it); });
  executor_.post_after(io.core, executor_.random_duration(0, slowest_ns_), finish_it);
}

void SimVolume::finish(RunningPtr running, unsigned epoch) {
  VolumeIo& io = *running->io;
  const bool lives = epoch == epoch_ && !crashed_;
  if (lives && running->error == Errc::ok) {
    move_sectors(io, running->late);
    for (const uint32_t sector : running->flushes) make_safe(sector);
    if (io.verb == Verb::flush)
      std::erase_if(unflushed_list_, [this](uint32_t sector) { return !unflushed_[sector]; });
  }
  if (changes_medium(io.verb)) ++writes_;
  --in_flight_;
  io.error = lives ? running->error : Errc::gone;
  running_.erase(running);
  io.done(io);
}

/// Those of the I/O's sectors that `pattern` has.
void SimVolume::move_sectors(const VolumeIo& io, uint64_t pattern) {
  if (io.verb == Verb::flush || pattern == 0) return;
  const uint64_t count = io.extent.length / kSector;
  for (uint64_t first = 0; first < count;) {
    uint64_t end = first + 1;
    while (end < count && has(pattern, end) == has(pattern, first)) ++end;
    if (has(pattern, first)) move(io, first, end - first);
    first = end;
  }
}

void SimVolume::move(const VolumeIo& io, uint64_t first, uint64_t count) {
  const uint64_t at = io.extent.offset + first * kSector;
  const uint64_t length = count * kSector;
  if (changes_medium(io.verb)) {
    const bool maps = io.verb != Verb::unmap;
    for (uint64_t sector = at / kSector; sector < (at + length) / kSector; ++sector) {
      touch(sector);
      mapped_[sector] = maps;
    }
  }
  if (io.verb == Verb::unmap || io.verb == Verb::write_zeroes) {
    std::memset(bytes_.data() + at, 0, length);
    return;
  }
  uint64_t skip = first * kSector;
  uint64_t moved = 0;
  for (const iovec& piece : io.memory) {
    if (moved == length) break;
    const uint64_t passed = std::min<uint64_t>(skip, piece.iov_len);
    skip -= passed;
    const uint64_t step = std::min<uint64_t>(piece.iov_len - passed, length - moved);
    if (step == 0) continue;
    auto* memory = static_cast<uint8_t*>(piece.iov_base) + passed;
    if (io.verb == Verb::read)
      std::memcpy(memory, bytes_.data() + at + moved, step);
    else
      std::memcpy(bytes_.data() + at + moved, memory, step);
    moved += step;
  }
}

void SimVolume::keep_unflushed() {
  keeps_unflushed_ = true;
  safe_bytes_ = bytes_;
  safe_mapped_ = mapped_;
  unflushed_.assign(mapped_.size(), false);
  unflushed_list_.clear();
}

void SimVolume::flush() {
  for (const uint32_t sector : unflushed_list_) make_safe(sector);
  unflushed_list_.clear();
}

void SimVolume::touch(uint64_t sector) {
  if (!keeps_unflushed_ || unflushed_[sector]) return;
  unflushed_[sector] = true;
  unflushed_list_.push_back(static_cast<uint32_t>(sector));
}

void SimVolume::make_safe(uint64_t sector) {
  std::memcpy(safe_bytes_.data() + sector * kSector, bytes_.data() + sector * kSector, kSector);
  safe_mapped_[sector] = mapped_[sector];
  unflushed_[sector] = false;
}

void SimVolume::crash(Crash kind) {
  for (const Running& running : running_) {
    if (running.error != Errc::ok || !changes_medium(running.io->verb)) continue;
    move_sectors(*running.io, running.late & random_pattern());
  }
  if (kind == Crash::power) lose_unflushed();
  crashed_ = true;
  ++epoch_;
}

void SimVolume::lose_unflushed() {
  INVARIANT(keeps_unflushed_);
  const uint64_t lost = random_pattern();
  for (const uint32_t sector : unflushed_list_) {
    const uint64_t shuffled = sector * uint64_t{0x9e3779b97f4a7c15} >> 58;
    if (has(lost, shuffled)) {
      std::memcpy(bytes_.data() + sector * kSector, safe_bytes_.data() + sector * kSector, kSector);
      mapped_[sector] = safe_mapped_[sector];
    }
  }
  flush();
}

std::optional<Extent> SimVolume::hole_at(uint64_t offset, uint64_t limit) {
  uint64_t end = offset;
  while (end < limit && !mapped_[end / kSector]) end += kSector;
  if (end == offset) return std::nullopt;
  return Extent{offset, std::min(end, limit) - offset};
}

}  // namespace tidemark::test
