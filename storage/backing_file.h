// The store behind a volume, opened: a regular file, found or made, or a block device. Everything
// an operator can get wrong about one is told apart here.
#pragma once

#include <string>

#include "base/result.h"
#include "storage/file_descriptor.h"
#include "storage/volume_spec.h"

namespace tidemark::storage {

struct BackingFile {
  FileDescriptor file;
  uint64_t bytes = 0;
  bool thin = false;  // holes can be punched, and are wanted
  uint32_t unmap_granularity = 4096;
  std::string identity = {};
};

/// The regular file `path`. If there is none (or an empty one) and spec.size says how large, it is
/// made, sparse. Locked against other daemons as long as it is open; shared if read only.
Result<BackingFile> open_backing_file(const std::string& path, const VolumeSpec& spec);

/// The block device `path`, claimed for ourselves (O_EXCL).
Result<BackingFile> open_block_device(const std::string& path, const VolumeSpec& spec);

/// A new sparse file of `bytes` made at `path` and unlinked at once: its space comes back when it
/// is closed, also by a crash.
Result<BackingFile> make_nameless_file(const std::string& path, uint64_t bytes);

/// The same with a name that stays. Locked like any other. Not flushed: whoever wants it to survive
/// a power failure flushes what is in it. There must be none yet.
Result<BackingFile> make_named_file(const std::string& path, uint64_t bytes);

}  // namespace tidemark::storage
