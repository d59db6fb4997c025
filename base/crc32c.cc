#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace tidemark {

uint32_t crc32c(ConstBytes data, uint32_t crc) {
  // ISA-L leaves both inversions to the caller and counts in int.
  crc = ~crc;
  while (!data.empty()) {
    const size_t step = std::min<size_t>(data.size(), 1u << 30);
    crc = crc32_iscsi(const_cast<unsigned char*>(data.data()), static_cast<int>(step), crc);
    data = data.subspan(step);
  }
  return ~crc;
}

}  // namespace tidemark
