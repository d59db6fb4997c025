// Test vectors of RFC 7143 appendix A.4. On the wire a digest is the value's least significant byte
// first.
#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <vector>

namespace tidemark {
namespace {

std::array<uint8_t, 4> on_the_wire(uint32_t crc) {
  return {static_cast<uint8_t>(crc), static_cast<uint8_t>(crc >> 8),
          static_cast<uint8_t>(crc >> 16), static_cast<uint8_t>(crc >> 24)};
}

using Wire = std::array<uint8_t, 4>;

TEST(Crc32c, VectorsOfTheRfc) {
  std::vector<uint8_t> data(32, 0x00);
  EXPECT_EQ(on_the_wire(crc32c(data)), (Wire{0xAA, 0x36, 0x91, 0x8A}));
  data.assign(32, 0xFF);
  EXPECT_EQ(on_the_wire(crc32c(data)), (Wire{0x43, 0xAB, 0xA8, 0x62}));
  std::iota(data.begin(), data.end(), uint8_t{0});
  EXPECT_EQ(on_the_wire(crc32c(data)), (Wire{0x4E, 0x79, 0xDD, 0x46}));
  std::iota(data.rbegin(), data.rend(), uint8_t{0});
  EXPECT_EQ(on_the_wire(crc32c(data)), (Wire{0x5C, 0xDB, 0x3F, 0x11}));
}

TEST(Crc32c, APduOfTheRfc) {
  // A READ (10) SCSI Command PDU header.
  const std::vector<uint8_t> header{0x01, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00,
                                    0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00,
                                    0x00, 0x18, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                    0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
  EXPECT_EQ(on_the_wire(crc32c(header)), (Wire{0x56, 0x3A, 0x96, 0xD9}));
}

TEST(Crc32c, PiecesChainToTheWhole) {
  std::vector<uint8_t> data(1000);
  std::iota(data.begin(), data.end(), uint8_t{7});
  const ConstBytes all(data);
  for (const size_t cut : {0u, 1u, 500u, 999u, 1000u})
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all));
}

TEST(Crc32c, NothingIsZero) {
  EXPECT_EQ(crc32c({}), 0u);
}

}  // namespace
}  // namespace tidemark
