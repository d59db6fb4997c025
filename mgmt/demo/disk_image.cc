#include "mgmt/demo/disk_image.h"

#include <algorithm>
#include <functional>

namespace tidemark::mgmt {
namespace {

constexpr size_t kChunk = 256 * 1024;
constexpr size_t kDepth = 8;

/// Walks the disk in chunks with kDepth commands in flight. `start` begins the I/O of one chunk in
/// its buffer, `ended` looks at the buffer afterwards.
class Walk {
 public:
  using Start = std::function<void(uint64_t offset, std::span<uint8_t> buffer, IscsiDisk::Done)>;
  using Ended = std::function<void(uint64_t offset, std::span<const uint8_t> buffer)>;

  Walk(IscsiDisk& disk, Start start, Ended ended)
      : disk_(disk), start_(std::move(start)), ended_(std::move(ended)), buffers_(kDepth) {}

  Result<void> run() {
    for (auto& buffer : buffers_) {
      buffer.resize(kChunk);
      next(buffer);
    }
    if (auto drained = disk_.drain(); !drained) return drained;
    if (!error_.empty()) return Error{ErrorKind::io, error_, ""};
    return {};
  }

 private:
  void next(std::vector<uint8_t>& buffer) {
    if (!error_.empty() || at_ >= disk_.size()) return;
    const uint64_t offset = at_;
    const size_t length = std::min<uint64_t>(kChunk, disk_.size() - offset);
    at_ += length;
    const std::span<uint8_t> bytes(buffer.data(), length);
    start_(offset, bytes, [this, offset, bytes, &buffer](const std::string& error) {
      if (!error.empty()) {
        error_ = error;
        return;
      }
      ended_(offset, bytes);
      next(buffer);
    });
  }

  IscsiDisk& disk_;
  Start start_;
  Ended ended_;
  std::vector<std::vector<uint8_t>> buffers_;
  uint64_t at_ = 0;
  std::string error_;
};

}  // namespace

Result<void> fill_disk(IscsiDisk& disk) {
  const auto start = [&](uint64_t offset, std::span<uint8_t> buffer, IscsiDisk::Done done) {
    compose_sectors(buffer, offset / kSectorSize, 0);
    disk.write(offset, buffer, std::move(done));
  };
  return Walk(disk, start, [](uint64_t, std::span<const uint8_t>) {}).run();
}

Result<std::vector<SectorReading>> read_disk(IscsiDisk& disk) {
  std::vector<SectorReading> readings(disk.size() / kSectorSize);
  const auto start = [&](uint64_t offset, std::span<uint8_t> buffer, IscsiDisk::Done done) {
    disk.read(offset, buffer, std::move(done));
  };
  const auto ended = [&](uint64_t offset, std::span<const uint8_t> buffer) {
    for (size_t at = 0; at < buffer.size(); at += kSectorSize) {
      const uint64_t sector = (offset + at) / kSectorSize;
      readings[sector] =
          read_sector(std::span<const uint8_t, kSectorSize>(&buffer[at], kSectorSize), sector);
    }
  };
  if (auto walked = Walk(disk, start, ended).run(); !walked) return walked.error();
  return readings;
}

}  // namespace tidemark::mgmt
