// CRC32C (Castagnoli), as iSCSI digests use it (RFC 7143 clause 13.1): reflected, initial and
// final value all ones. By ISA-L.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace tidemark {

/// Chain by handing in the previous result as `crc`.
uint32_t crc32c(ConstBytes data, uint32_t crc = 0);

}  // namespace tidemark
