// What can go wrong with one volume I/O. scsi/sense_of_errc.cc turns each into sense data.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::storage {

enum class Errc : uint8_t {
  ok,
  out_of_range,     // beyond the end of the volume
  write_protected,  // read-only volume, or the destination of a running copy
  medium_read,      // the medium could not deliver the data (EIO)
  medium_write,     // the medium could not take the data (EIO)
  no_space,         // nothing left to allocate (ENOSPC, EDQUOT)
  gone,             // the backing store vanished or is not responding
  cancelled,        // taken back before it reached the medium: nothing was changed
  preserve_failed,  // a copy could not save the old data, and its policy is to fail the write
  no_resources,     // memory or slots; worth another try
};

/// Short name for logs and JSON.
std::string_view name_of(Errc error);
/// Errc of a failed system call. `writing` tells EIO's two meanings apart.
Errc errc_of_errno(int error_number, bool writing);

}  // namespace tidemark::storage
