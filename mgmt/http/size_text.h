// Sizes as people write them: "4096", "64KiB", "256MiB", "2GiB", "1TiB". Binary units only, so that
// nobody has to wonder what "MB" means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::mgmt {

/// Bytes.
Result<uint64_t> parse_size(std::string_view text);

/// The shortest exact form: "256MiB", "4096" for 4 KiB less or more than a whole unit.
std::string size_text(uint64_t bytes);

}  // namespace tidemark::mgmt
