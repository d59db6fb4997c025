#include "storage/memory_volume.h"

#include <fmt/core.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "storage/admission.h"

namespace tidemark::storage {
namespace {

constexpr uint64_t kPage = 4096;

// How deep `done` may submit again before the rest goes through the core's loop.
constexpr int kDepthMax = 16;
thread_local int depth = 0;

// Whether anything was ever written is known per chunk: a bit each, behind the volume's bytes.
constexpr uint64_t kChunk = 64 * 1024;
constexpr uint64_t kChunksPerWord = 64;

uint64_t aligned_bytes(uint64_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}
uint64_t mapped_bytes(uint64_t bytes) {
  return aligned_bytes(bytes) + (bytes / kChunk / kChunksPerWord + 1) * sizeof(uint64_t);
}

std::atomic_ref<uint64_t> word_of(uint64_t* touched, uint64_t chunk) {
  return std::atomic_ref(touched[chunk / kChunksPerWord]);
}
uint64_t bit_of(uint64_t chunk) {
  return uint64_t{1} << chunk % kChunksPerWord;
}

}  // namespace

Result<std::unique_ptr<MemoryVolume>> MemoryVolume::make(VolumeTraits traits, Executor* executor) {
  void* memory = mmap(nullptr, mapped_bytes(traits.bytes), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    return Error{ErrorKind::exhausted,
                 fmt::format("no address space for {} bytes of memory: {}", traits.bytes,
                             std::strerror(errno)),
                 "size"};
  traits.kind = "memory";
  traits.location = "memory:";
  traits.unmap_granularity = kChunk;
  return std::unique_ptr<MemoryVolume>(
      new MemoryVolume(std::move(traits), static_cast<uint8_t*>(memory), executor));
}

MemoryVolume::MemoryVolume(VolumeTraits traits, uint8_t* memory, Executor* executor)
    : traits_(std::move(traits)),
      memory_(memory),
      executor_(executor),
      touched_(reinterpret_cast<uint64_t*>(memory + aligned_bytes(traits_.bytes))) {}

MemoryVolume::~MemoryVolume() {
  munmap(memory_, mapped_bytes(traits_.bytes));
}

void MemoryVolume::submit(VolumeIo& io) {
  io.error = admit(traits_, io);
  if (io.error == Errc::ok) carry_out(io);
  if (depth >= kDepthMax && executor_ != nullptr)
    return executor_->post(io.core, [&io] { io.done(io); });
  ++depth;
  io.done(io);
  --depth;
}

void MemoryVolume::carry_out(VolumeIo& io) {
  switch (io.verb) {
    case Verb::read:
      return read(io);
    case Verb::write:
      return write(io);
    case Verb::write_zeroes:
    case Verb::unmap:
      return clear(io.extent);
    case Verb::flush:
      return;
  }
}

void MemoryVolume::read(const VolumeIo& io) const {
  const uint8_t* from = memory_ + io.extent.offset;
  for (const iovec& piece : io.memory) {
    std::memcpy(piece.iov_base, from, piece.iov_len);
    from += piece.iov_len;
  }
}

void MemoryVolume::write(const VolumeIo& io) {
  uint8_t* to = memory_ + io.extent.offset;
  for (const iovec& piece : io.memory) {
    std::memcpy(to, piece.iov_base, piece.iov_len);
    to += piece.iov_len;
  }
  mark(io.extent);
}

/// Forgetting comes first and marking last, so that of an overlapping write and clear at the same
/// time none can leave data in a chunk that counts as untouched.
void MemoryVolume::clear(const Extent& extent) {
  forget(extent);
  const uint64_t first_page = (extent.offset + kPage - 1) / kPage * kPage;
  const uint64_t last_page = extent.end() / kPage * kPage;
  const bool pages = first_page < last_page;
  if (!pages || madvise(memory_ + first_page, last_page - first_page, MADV_DONTNEED) != 0) {
    std::memset(memory_ + extent.offset, 0, extent.length);
    return;
  }
  std::memset(memory_ + extent.offset, 0, first_page - extent.offset);
  std::memset(memory_ + last_page, 0, extent.end() - last_page);
}

void MemoryVolume::mark(const Extent& extent) {
  if (extent.empty()) return;
  for (uint64_t chunk = extent.offset / kChunk; chunk <= (extent.end() - 1) / kChunk; ++chunk)
    word_of(touched_, chunk).fetch_or(bit_of(chunk), std::memory_order_acq_rel);
}

/// The chunks that lie wholly in `extent`.
void MemoryVolume::forget(const Extent& extent) {
  const uint64_t end = extent.end() / kChunk;
  for (uint64_t chunk = (extent.offset + kChunk - 1) / kChunk; chunk < end; ++chunk)
    word_of(touched_, chunk).fetch_and(~bit_of(chunk), std::memory_order_acq_rel);
}

bool MemoryVolume::is_touched(uint64_t chunk) const {
  return (word_of(touched_, chunk).load(std::memory_order_acquire) & bit_of(chunk)) != 0;
}

std::optional<Extent> MemoryVolume::hole_at(uint64_t offset, uint64_t limit) {
  limit = std::min<uint64_t>(limit, traits_.bytes);
  uint64_t end = offset;
  while (end < limit && !is_touched(end / kChunk)) end = (end / kChunk + 1) * kChunk;
  end = std::min(end, limit);
  if (end <= offset) return std::nullopt;
  return Extent{offset, end - offset};
}

}  // namespace tidemark::storage
