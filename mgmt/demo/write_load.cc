#include "mgmt/demo/write_load.h"

#include <algorithm>

#include "mgmt/demo/sector.h"

namespace tidemark::mgmt {
namespace {

constexpr uint32_t kSectorsMax = 64 * 1024 / kSectorSize;
constexpr uint32_t kPageSectors = 4096 / kSectorSize;

}  // namespace

WriteLoad::WriteLoad(std::vector<std::unique_ptr<IscsiDisk>> disks, unsigned depth, uint64_t seed,
                     EventClock& clock)
    : disks_(std::move(disks)),
      clock_(clock),
      random_(seed),
      sectors_(disks_.at(0)->size() / kSectorSize),
      block_sectors_(std::max<uint32_t>(1, disks_.at(0)->block_size() / kSectorSize)) {
  for (unsigned i = 0; i < depth; ++i)
    for (auto& disk : disks_)
      slots_.push_back({disk.get(), std::vector<uint8_t>(kSectorsMax * kSectorSize)});
}

WriteLoad::~WriteLoad() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void WriteLoad::start() {
  thread_ = std::thread([this] { run(); });
}

Result<void> WriteLoad::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  if (failed_) return Error{ErrorKind::io, error_, ""};
  return {};
}

void WriteLoad::fail(const std::string& error) {
  if (!failed_) error_ = error;
  failed_ = true;
}

void WriteLoad::run() {
  for (Slot& slot : slots_) write(slot);
  std::vector<IscsiDisk*> disks;
  for (auto& disk : disks_) disks.push_back(disk.get());
  const auto busy = [&] {
    return std::any_of(disks.begin(), disks.end(),
                       [](auto* disk) { return disk->in_flight() > 0; });
  };
  while (busy()) {
    if (auto polled = IscsiDisk::poll(disks, std::chrono::milliseconds(500)); !polled)
      return fail(polled.error().message);
  }
}

std::pair<uint64_t, uint32_t> WriteLoad::random_range() {
  // A third each: some sectors anywhere, whole pages, and a page or two across a page's edge.
  uint64_t count = 0;
  uint64_t unit = block_sectors_;
  switch (random_() % 3) {
    case 0:
      count = 1 + random_() % kSectorsMax;
      break;
    case 1:
      unit = std::max(kPageSectors, block_sectors_);
      count = unit * (1 + random_() % (kSectorsMax / kPageSectors));
      break;
    default:
      count = 1 + random_() % (2 * kPageSectors);
      break;
  }
  const uint64_t limit = std::min<uint64_t>(kSectorsMax, sectors_);
  count = std::min(limit, (count + unit - 1) / unit * unit);
  const uint64_t places = (sectors_ - count) / unit + 1;
  return {random_() % places * unit, static_cast<uint32_t>(count)};
}

void WriteLoad::write(Slot& slot) {
  if (stopping_ || failed_) return;
  const auto [first, count] = random_range();
  const std::span<uint8_t> data(slot.buffer.data(), size_t{count} * kSectorSize);
  const uint64_t sequence = log_.sent(first, count, clock_.tick());
  compose_sectors(data, first, sequence);
  slot.disk->write(first * kSectorSize, data, [this, &slot, sequence](const std::string& error) {
    if (!error.empty()) return fail("write " + std::to_string(sequence) + ": " + error);
    log_.answered(sequence, clock_.tick());
    ++answered_;
    write(slot);
  });
}

}  // namespace tidemark::mgmt
