// Comparing buffers that lie in pieces.
#pragma once

#include <optional>

#include "base/buffer_pool.h"

namespace tidemark::scsi {

/// Offset of the first byte in which [a_from, a_from + length) of `a` differs from the same length
/// of `b` from b_from on; none if they are equal. Allocates nothing.
std::optional<size_t> first_difference(const DataBuffer& a, size_t a_from, const DataBuffer& b,
                                       size_t b_from, size_t length);

}  // namespace tidemark::scsi
