// Serial number arithmetic on 32 bits (RFC 1982), by which all sequence numbers are compared.
#pragma once

#include <cstdint>

namespace tidemark::target {

constexpr bool serial_less(uint32_t a, uint32_t b) {
  return static_cast<int32_t>(a - b) < 0;
}
constexpr bool serial_less_equal(uint32_t a, uint32_t b) {
  return !serial_less(b, a);
}

}  // namespace tidemark::target
