// Files that are there as a whole or not at all, also after a power failure.
#pragma once

#include <string>

#include "base/result.h"

namespace tidemark::mgmt {

/// Writes beside `path`, flushes, renames, flushes the directory. Waits for the disk.
Result<void> write_file_atomically(const std::string& path, const std::string& text);

}  // namespace tidemark::mgmt
