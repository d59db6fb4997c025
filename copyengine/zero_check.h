// Whether data is all zeroes: such data need not be moved or kept.
#pragma once

#include <cstring>

#include "base/buffer_pool.h"

namespace tidemark::copyengine {

inline bool is_zero(ConstBytes data) {
  // The first byte is zero and each byte equals the one before it.
  return data.empty() ||
         (data[0] == 0 && std::memcmp(data.data(), data.data() + 1, data.size() - 1) == 0);
}

inline bool is_zero(const DataBuffer& data) {
  for (const iovec& piece : data.vectors())
    if (!is_zero({static_cast<const uint8_t*>(piece.iov_base), piece.iov_len})) return false;
  return true;
}

}  // namespace tidemark::copyengine
