// What opening a file and opening a device have in common: saying what went wrong, and agreeing on
// the size.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/volume_spec.h"

namespace tidemark::storage {

/// "cannot `what` `path`: reason of `error_number`".
Error backing_failure(std::string_view what, const std::string& path, int error_number,
                      std::string field = "location");

/// The error for a `path` that is something else than its location says.
Error wrong_kind(const std::string& path, mode_t mode);

/// The size of the volume, given that of the store. Fails if the store is smaller than `spec` says;
/// one that has grown since is served as it is.
Result<uint64_t> settle_size(const std::string& path, uint64_t actual, const VolumeSpec& spec);

/// open() flags for what `spec` asks.
int open_flags(const VolumeSpec& spec);

}  // namespace tidemark::storage
