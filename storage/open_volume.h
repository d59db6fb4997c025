// From a volume as configured to a volume that serves.
#pragma once

#include <memory>

#include "base/result.h"
#include "storage/engines.h"
#include "storage/volume.h"
#include "storage/volume_spec.h"

namespace tidemark::storage {

/// Opens what spec.location names. An Error's field is the name of the member of VolumeSpec that is
/// at fault ("location", "size", "block_size"). `engines` outlives the volume.
Result<std::unique_ptr<Volume>> open_volume(const VolumeSpec& spec, Engines& engines);

/// A volume to keep something in for a while: reads as zeroes at first, takes space only for what
/// is written, and its file, made at `path` and unlinked at once, is gone when the volume is, also
/// after a crash. `bytes` is a multiple of 512.
Result<std::unique_ptr<Volume>> make_sparse_store(const std::string& path, uint64_t bytes,
                                                  Engines& engines);

/// The same, with a file that stays until somebody removes it; open_volume() opens it again.
Result<std::unique_ptr<Volume>> make_kept_store(const std::string& path, uint64_t bytes,
                                                Engines& engines);

}  // namespace tidemark::storage
