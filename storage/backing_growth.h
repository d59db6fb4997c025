// Making the store behind a volume larger while it serves. These calls wait for the medium.
#pragma once

#include <string>

#include "base/result.h"
#include "storage/file_descriptor.h"
#include "storage/volume.h"

namespace tidemark::storage {

/// Whether a volume of these traits may become `bytes` large at all.
Result<void> check_growth(const VolumeTraits& traits, uint64_t bytes);

/// The regular file of a volume, durably; with its space taken if the volume is not thin.
Result<void> enlarge_file(const FileDescriptor& file, const VolumeTraits& traits, uint64_t bytes);

/// Of a block device, as it is now.
Result<uint64_t> device_size(const FileDescriptor& device, const std::string& location);

}  // namespace tidemark::storage
