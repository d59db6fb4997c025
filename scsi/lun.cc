#include "scsi/lun.h"

namespace tidemark::scsi {

std::optional<uint16_t> decode_lun(uint64_t field) {
  if (field & 0x0000ffffffffffff) return std::nullopt;  // more than one level
  const auto first = static_cast<uint16_t>(field >> 48);
  switch (first >> 14) {
    case 0:  // peripheral device addressing: bus in bits 13-8
      if (first & 0x3f00) return std::nullopt;
      return first;
    case 1:
      return static_cast<uint16_t>(first & 0x3fff);  // flat space addressing
    default:
      return std::nullopt;
  }
}

uint64_t encode_lun(uint16_t lun) {
  const uint64_t first = lun < 256 ? lun : 0x4000u | (lun & 0x3fffu);
  return first << 48;
}

}  // namespace tidemark::scsi
