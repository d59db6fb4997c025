// Big-endian integers in wire structures: every multi-byte field of SCSI and iSCSI is one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidemark {

/// Reads `Width` bytes, most significant first.
template <size_t Width>
constexpr uint64_t load_be(const uint8_t* from) {
  static_assert(Width >= 1 && Width <= 8);
  uint64_t value = 0;
  for (size_t i = 0; i < Width; ++i) value = value << 8 | from[i];
  return value;
}

/// Writes the low `Width` bytes of `value`, most significant first.
template <size_t Width>
constexpr void store_be(uint8_t* to, uint64_t value) {
  static_assert(Width >= 1 && Width <= 8);
  for (size_t i = Width; i-- > 0; value >>= 8) to[i] = static_cast<uint8_t>(value);
}

constexpr uint16_t load_be16(const uint8_t* from) {
  return static_cast<uint16_t>(load_be<2>(from));
}
constexpr uint32_t load_be24(const uint8_t* from) {
  return static_cast<uint32_t>(load_be<3>(from));
}
constexpr uint32_t load_be32(const uint8_t* from) {
  return static_cast<uint32_t>(load_be<4>(from));
}
constexpr uint64_t load_be64(const uint8_t* from) {
  return load_be<8>(from);
}

constexpr void store_be16(uint8_t* to, uint16_t value) {
  store_be<2>(to, value);
}
constexpr void store_be24(uint8_t* to, uint32_t value) {
  store_be<3>(to, value);
}
constexpr void store_be32(uint8_t* to, uint32_t value) {
  store_be<4>(to, value);
}
constexpr void store_be64(uint8_t* to, uint64_t value) {
  store_be<8>(to, value);
}

}  // namespace tidemark
