// One VolumeIo as the series of system calls that carries it out. Pure decisions: an engine asks
// for the next call, makes it in its own way (io_uring, a thread) and books the result. Short
// transfers, interrupted calls, lists longer than IOV_MAX and file systems that refuse fallocate
// are all dealt with here, once.
//
// The VolumeIo's `engine` member is the only memory used, so `io` must not move meanwhile.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "storage/volume_io.h"

namespace tidemark::storage {

struct SystemCall {
  enum class Kind : uint8_t { readv, writev, fallocate, fdatasync };

  Kind kind = Kind::readv;
  int fd = -1;
  int flags = 0;                   // readv, writev: RWF_...; fallocate: the mode
  uint64_t offset = 0;             // bytes
  uint64_t length = 0;             // fallocate: bytes
  std::span<const iovec> vectors;  // readv, writev: at most IOV_MAX
};

struct StepRules {
  bool write_through = false;  // as if every change had its fua bit set
  bool keep_space = false;     // zeroes stay allocated, also those of unmap
};

/// Prepares `io`, whose extent lies inside the file `fd`.
void begin_steps(VolumeIo& io, int fd, StepRules rules);
/// What to call now. Its vectors are valid until the result is booked.
SystemCall next_call(VolumeIo& io);
/// Books what the call returned, bytes or minus errno. True when `io` has ended, with its error
/// set.
bool book_result(VolumeIo& io, int64_t result);
/// Whether no call was ever asked for, so that the medium cannot have been touched.
bool is_untouched(const VolumeIo& io);

/// Makes one call on the calling thread; bytes or minus errno.
int64_t perform(const SystemCall& call);
/// Makes all calls `io` still needs on the calling thread, and sets its error.
void run_to_end(VolumeIo& io);

}  // namespace tidemark::storage
