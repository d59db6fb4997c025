#include "base/big_endian.h"

#include <gtest/gtest.h>

#include <array>

namespace tidemark {
namespace {

TEST(BigEndian, MostSignificantByteComesFirst) {
  constexpr std::array<uint8_t, 8> kBytes{0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};
  static_assert(load_be16(kBytes.data()) == 0x0123);
  static_assert(load_be24(kBytes.data()) == 0x012345);
  static_assert(load_be32(kBytes.data()) == 0x01234567);
  static_assert(load_be<6>(kBytes.data()) == 0x0123456789AB);
  static_assert(load_be64(kBytes.data()) == 0x0123456789ABCDEF);
}

TEST(BigEndian, StoringIsLoadingBackwards) {
  std::array<uint8_t, 8> bytes{};
  store_be64(bytes.data(), 0x0123456789ABCDEF);
  EXPECT_EQ(load_be64(bytes.data()), 0x0123456789ABCDEFu);
  store_be32(bytes.data(), 0xDEADBEEF);
  EXPECT_EQ(load_be32(bytes.data()), 0xDEADBEEFu);
  store_be24(bytes.data(), 0xABCDEF);
  EXPECT_EQ(load_be24(bytes.data()), 0xABCDEFu);
  store_be16(bytes.data(), 0xBEEF);
  EXPECT_EQ(load_be16(bytes.data()), 0xBEEFu);
}

TEST(BigEndian, StoringTouchesItsWidthOnly) {
  std::array<uint8_t, 5> bytes{0xAA, 0xAA, 0xAA, 0xAA, 0xAA};
  store_be24(bytes.data() + 1, 0xFF123456);
  EXPECT_EQ(bytes, (std::array<uint8_t, 5>{0xAA, 0x12, 0x34, 0x56, 0xAA}));
}

}  // namespace
}  // namespace tidemark
