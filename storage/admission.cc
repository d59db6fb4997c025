#include "storage/admission.h"

#include "base/invariant.h"

namespace tidemark::storage {
namespace {

uint64_t bytes_of(std::span<const iovec> memory) {
  uint64_t bytes = 0;
  for (const iovec& piece : memory) bytes += piece.iov_len;
  return bytes;
}

}  // namespace

Errc admit(const VolumeTraits& traits, const VolumeIo& io) {
  if (io.verb == Verb::flush) return Errc::ok;
  if (io.extent.offset > traits.bytes || io.extent.length > traits.bytes - io.extent.offset)
    return Errc::out_of_range;
  if (changes_medium(io.verb) && traits.read_only) return Errc::write_protected;
  if (io.verb == Verb::read || io.verb == Verb::write)
    INVARIANT(bytes_of(io.memory) == io.extent.length);
  return Errc::ok;
}

}  // namespace tidemark::storage
