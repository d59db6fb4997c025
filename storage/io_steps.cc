#include "storage/io_steps.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "base/invariant.h"

namespace tidemark::storage {
namespace {

// VolumeIo::engine.word[0] is the stage, word[1] the flags with the count of setbacks above them.
enum Stage : uint64_t { transfer, zero_range, punch_hole, write_zero_buffer, sync };

constexpr uint64_t kWantsSync = 1;     // changes must be on the medium before the end
constexpr uint64_t kRefusesDsync = 2;  // RWF_DSYNC is not known here: fdatasync afterwards
constexpr uint64_t kOtherMode = 4;     // the second of zero_range and punch_hole is being tried
constexpr uint64_t kTouched = 8;
constexpr uint64_t kKeepsSpace = 16;  // no holes
constexpr uint64_t kSetback = 1ull << 32;
// So many EINTR or EAGAIN in a row without a byte moved, and the caller shall know.
constexpr uint64_t kSetbacksMax = 1000;

// Where no fallocate mode is taken, zeroes are written, this much at a time.
constexpr size_t kZeroBytes = 64 * 1024;
constexpr size_t kZeroVectors = 16;
alignas(4096) uint8_t zero_bytes[kZeroBytes];  // never written to

constexpr std::array<iovec, kZeroVectors> make_zero_vectors() {
  std::array<iovec, kZeroVectors> vectors{};
  for (iovec& vector : vectors) vector = {zero_bytes, kZeroBytes};
  return vectors;
}
constexpr std::array<iovec, kZeroVectors> zero_vectors = make_zero_vectors();

Stage stage_of(const VolumeIo& io) {
  return static_cast<Stage>(io.engine.word[0]);
}
bool flagged(const VolumeIo& io, uint64_t flag) {
  return (io.engine.word[1] & flag) != 0;
}
uint64_t bytes_left(const VolumeIo& io) {
  return io.extent.length - io.engine.moved;
}

bool end_with(VolumeIo& io, Errc error) {
  io.error = error;
  return true;
}

bool go_to(VolumeIo& io, Stage stage) {
  io.engine.word[0] = stage;
  return false;
}

/// The extent is as it should be; what may be missing is the way to the medium.
bool all_moved(VolumeIo& io, bool already_durable) {
  if (flagged(io, kWantsSync) && !already_durable) return go_to(io, sync);
  return end_with(io, Errc::ok);
}

std::span<const iovec> transfer_vectors(VolumeIo& io) {
  auto& engine = io.engine;
  if (engine.head.iov_len > 0) return {&engine.head, 1};
  while (!engine.rest.empty() && engine.rest.front().iov_len == 0)
    engine.rest = engine.rest.subspan(1);
  INVARIANT(!engine.rest.empty());
  return engine.rest.first(std::min<size_t>(engine.rest.size(), IOV_MAX));
}

std::span<const iovec> zeroing_vectors(VolumeIo& io) {
  const uint64_t left = bytes_left(io);
  if (left >= kZeroBytes)
    return std::span(zero_vectors).first(std::min<uint64_t>(left / kZeroBytes, kZeroVectors));
  io.engine.head = {zero_bytes, left};
  return {&io.engine.head, 1};
}

/// Moves on in the submitter's memory.
void advance(VolumeIo& io, uint64_t bytes) {
  auto& engine = io.engine;
  const uint64_t from_head = std::min<uint64_t>(bytes, engine.head.iov_len);
  engine.head.iov_base = static_cast<uint8_t*>(engine.head.iov_base) + from_head;
  engine.head.iov_len -= from_head;
  bytes -= from_head;
  while (bytes > 0) {
    const iovec first = engine.rest.front();
    engine.rest = engine.rest.subspan(1);
    const uint64_t taken = std::min<uint64_t>(bytes, first.iov_len);
    engine.head = {static_cast<uint8_t*>(first.iov_base) + taken, first.iov_len - taken};
    bytes -= taken;
  }
}

bool means_unsupported(int error_number) {
  switch (error_number) {
    case EOPNOTSUPP:
    case ENOSYS:
    case EINVAL:  // block devices: not a multiple of their own block
    case EPERM:   // a sandbox, or a file of a kind that keeps its layout
    case ENODEV:
      return true;
    default:
      return false;
  }
}

bool fallocate_failed(VolumeIo& io, int error_number) {
  const Stage stage = stage_of(io);
  // Zeroing a range allocates it, a hole does not: with the disk full the hole still works.
  const bool full = error_number == ENOSPC && stage == zero_range;
  if (!means_unsupported(error_number) && !full)
    return end_with(io, errc_of_errno(error_number, true));
  if (flagged(io, kOtherMode) || flagged(io, kKeepsSpace))
    return full ? end_with(io, Errc::no_space) : go_to(io, write_zero_buffer);
  io.engine.word[1] |= kOtherMode;
  return go_to(io, stage == zero_range ? punch_hole : zero_range);
}

bool call_failed(VolumeIo& io, int error_number) {
  if (error_number == EINTR || error_number == EAGAIN || error_number == ECANCELED) {
    io.engine.word[1] += kSetback;
    if (io.engine.word[1] / kSetback < kSetbacksMax) return false;
    return end_with(io, Errc::no_resources);
  }
  switch (stage_of(io)) {
    case zero_range:
    case punch_hole:
      return fallocate_failed(io, error_number);
    case transfer:
      if (error_number == EOPNOTSUPP && io.verb == Verb::write && flagged(io, kWantsSync) &&
          !flagged(io, kRefusesDsync)) {
        io.engine.word[1] |= kRefusesDsync;
        return false;
      }
      [[fallthrough]];
    default:
      return end_with(io, errc_of_errno(error_number, io.verb != Verb::read));
  }
}

}  // namespace

void begin_steps(VolumeIo& io, int fd, StepRules rules) {
  io.engine = {};
  io.engine.fd = fd;
  io.engine.rest = io.memory;
  if (changes_medium(io.verb) && (io.fua || rules.write_through)) io.engine.word[1] = kWantsSync;
  if (rules.keep_space) io.engine.word[1] |= kKeepsSpace;
  switch (io.verb) {
    case Verb::read:
    case Verb::write:
      go_to(io, transfer);
      break;
    case Verb::write_zeroes:
      go_to(io, zero_range);
      break;
    case Verb::unmap:
      go_to(io, rules.keep_space ? zero_range : punch_hole);
      break;
    case Verb::flush:
      go_to(io, sync);
      break;
  }
}

SystemCall next_call(VolumeIo& io) {
  io.engine.word[1] |= kTouched;
  SystemCall call;
  call.fd = io.engine.fd;
  call.offset = io.extent.offset + io.engine.moved;
  call.length = bytes_left(io);
  switch (stage_of(io)) {
    case transfer:
      call.kind = io.verb == Verb::read ? SystemCall::Kind::readv : SystemCall::Kind::writev;
      if (flagged(io, kWantsSync) && !flagged(io, kRefusesDsync)) call.flags = RWF_DSYNC;
      call.vectors = transfer_vectors(io);
      break;
    case zero_range:
      call.kind = SystemCall::Kind::fallocate;
      call.flags = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
      break;
    case punch_hole:
      call.kind = SystemCall::Kind::fallocate;
      call.flags = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
      break;
    case write_zero_buffer:
      call.kind = SystemCall::Kind::writev;
      call.vectors = zeroing_vectors(io);
      break;
    case sync:
      call.kind = SystemCall::Kind::fdatasync;
      break;
  }
  return call;
}

bool book_result(VolumeIo& io, int64_t result) {
  if (result < 0) return call_failed(io, static_cast<int>(-result));
  const Stage stage = stage_of(io);
  if (stage == sync) return end_with(io, Errc::ok);
  if (stage == zero_range || stage == punch_hole) {
    io.engine.moved = io.extent.length;
    return all_moved(io, false);
  }
  // The volume reaches further than the file does: somebody cut it.
  if (result == 0) return end_with(io, errc_of_errno(EIO, io.verb != Verb::read));
  const auto moved = static_cast<uint64_t>(result);
  INVARIANT(moved <= bytes_left(io));
  io.engine.moved += moved;
  io.engine.word[1] %= kSetback;
  if (stage == transfer) advance(io, moved);
  if (bytes_left(io) > 0) return false;
  return all_moved(io, stage == transfer && !flagged(io, kRefusesDsync));
}

bool is_untouched(const VolumeIo& io) {
  return !flagged(io, kTouched);
}

int64_t perform(const SystemCall& call) {
  const auto offset = static_cast<off_t>(call.offset);
  const int count = static_cast<int>(call.vectors.size());
  ssize_t result = 0;
  switch (call.kind) {
    case SystemCall::Kind::readv:
      result = preadv2(call.fd, call.vectors.data(), count, offset, call.flags);
      break;
    case SystemCall::Kind::writev:
      result = pwritev2(call.fd, call.vectors.data(), count, offset, call.flags);
      break;
    case SystemCall::Kind::fallocate:
      result = fallocate(call.fd, call.flags, offset, static_cast<off_t>(call.length));
      break;
    case SystemCall::Kind::fdatasync:
      result = fdatasync(call.fd);
      break;
  }
  return result < 0 ? -errno : result;
}

void run_to_end(VolumeIo& io) {
  while (!book_result(io, perform(next_call(io)))) {
  }
}

}  // namespace tidemark::storage
