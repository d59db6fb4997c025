// RECEIVE COPY and VPD page 8Fh: they tell the same, and what they tell is so (SPC-4 6.20 to 6.26,
// 7.8.17).
#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

class ReceiveCopy : public InBand {
 protected:
  Bytes page() { return host_.send(kSource, {0x12, 0x01, 0x8f, 0x10, 0, 0}, {}, 4096).data; }
  static Bytes descriptor(const Bytes& page, uint16_t type) {
    EXPECT_EQ(page.size(), 4u + load_be16(&page[2]));
    for (size_t at = 4; at + 4 <= page.size();) {
      const size_t length = 4u + load_be16(&page[at + 2]);
      EXPECT_LE(at + length, page.size()) << "the page is cut off";
      if (at + length > page.size()) break;
      const auto from = page.begin() + static_cast<ptrdiff_t>(at);
      if (load_be16(&page[at]) == type) return {from, from + static_cast<ptrdiff_t>(length)};
      at += length;
    }
    return {};
  }
  void copy(uint32_t id, uint64_t lba = 0) {
    XcopyBytes bytes = list(id);
    bytes.add_blocks(0, 1, lba, lba, 8);
    ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  }
};

TEST_F(ReceiveCopy, OperatingParametersAreTheLimits) {
  const Bytes data = host_.receive(0x03, 0).data;
  ASSERT_GE(data.size(), 44u);
  EXPECT_EQ(load_be32(&data[0]), data.size() - 4);
  EXPECT_EQ(data[4] & 1, 1);
  EXPECT_EQ(load_be16(&data[8]), 64);
  EXPECT_EQ(load_be16(&data[10]), 256);
  EXPECT_EQ(load_be32(&data[16]), 256u << 20);
  EXPECT_EQ(load_be32(&data[24]), 0u);
  EXPECT_EQ(data[43] + 44u, data.size());
}

TEST_F(ReceiveCopy, ThePageTellsTheSame) {
  const Bytes data = host_.receive(0x03, 0).data;
  const Bytes all = page();
  const Bytes limits = descriptor(all, 0x0004);
  ASSERT_EQ(limits.size(), 0x20u);
  EXPECT_TRUE(std::equal(limits.begin() + 8, limits.begin() + 16, data.begin() + 8));
  const Bytes types = descriptor(all, 0x0008);
  ASSERT_GT(types.size(), 5u);
  EXPECT_EQ(types[4], data[43]);
  EXPECT_TRUE(std::equal(data.begin() + 44, data.end(), types.begin() + 5));
  const Bytes general = descriptor(all, 0x8001);
  ASSERT_EQ(general.size(), 0x24u);
  EXPECT_EQ(load_be32(&general[12]), load_be32(&data[16]));
}

TEST_F(ReceiveCopy, ThePageNamesEveryCommandThatIsSupported) {
  const Bytes commands = descriptor(page(), 0x0001);
  ASSERT_GT(commands.size(), 6u);
  for (size_t at = 5; at < 5u + commands[4]; at += 2u + commands[at + 1]) {
    for (size_t i = 0; i < commands[at + 1]; ++i) {
      // REPORT SUPPORTED OPERATION CODES, of this opcode and service action.
      const Ended known = host_.send(
          kSource, {0xa3, 0x0c, 0x02, commands[at], 0, commands[at + 2 + i], 0, 0, 0, 64, 0, 0}, {},
          64);
      ASSERT_GE(known.data.size(), 2u);
      EXPECT_EQ(known.data[1] & 7, 3);
    }
  }
}

TEST_F(ReceiveCopy, ThePageHasTheLimitsOfTokens) {
  const Bytes limits = descriptor(page(), 0x0000);
  ASSERT_EQ(limits.size(), 0x24u);
  EXPECT_EQ(load_be16(&limits[10]), 64);
  EXPECT_EQ(load_be64(&limits[20]), (256u << 20) / 512);
  EXPECT_EQ(load_be64(&limits[28]), (64u << 20) / 512);
  EXPECT_FALSE(descriptor(page(), 0x0106).empty());
  EXPECT_FALSE(descriptor(page(), 0x0108).empty());
}

TEST_F(ReceiveCopy, StatusOfLid1IsToldOnce) {
  copy(9);
  const Bytes data = host_.receive(0x00, 9).data;
  ASSERT_EQ(data.size(), 12u);
  EXPECT_EQ(data[4], 1);
  EXPECT_EQ(load_be16(&data[5]), 1);
  EXPECT_EQ(load_be32(&data[8]), 4096u);
  expect_error(host_.receive(0x00, 9), 0x05, 0x2400, 2);
}

TEST_F(ReceiveCopy, StatusOfLid4IsKept) {
  XcopyBytes bytes = list(0x12345678);
  bytes.add_blocks(1, 2, 0, 0, 8);
  ASSERT_TRUE(host_.extended_copy_lid4(bytes.build_lid4()).good());
  for (int i = 0; i < 2; ++i) {
    const Bytes data = host_.receive(0x05, 0x12345678).data;
    ASSERT_EQ(data.size(), 32u);
    EXPECT_EQ(data[4], 0x01);
    EXPECT_EQ(data[5], 0x01);
    EXPECT_EQ(load_be64(&data[16]), 4096u);
    EXPECT_EQ(load_be16(&data[24]), 1);
  }
}

TEST_F(ReceiveCopy, FailureDetailsAreTheSenseData) {
  XcopyBytes bytes = list(9);
  bytes.add_blocks(0, 9, 0, 0, 8);
  const Ended failed = host_.extended_copy(bytes.build());
  const Bytes data = host_.receive(0x04, 9).data;
  ASSERT_GT(data.size(), 60u);
  EXPECT_EQ(data[56], 0x02);
  const size_t length = load_be16(&data[58]);
  EXPECT_EQ(
      Bytes(data.begin() + 60, data.end()),
      Bytes(failed.data.begin() + 2, failed.data.begin() + 2 + static_cast<ptrdiff_t>(length)));
}

TEST_F(ReceiveCopy, NoDataIsHeld) {
  copy(9);
  EXPECT_EQ(host_.receive(0x01, 9).data, Bytes(4));
  EXPECT_EQ(host_.receive(0x06, 9).data.size(), 36u);
}

TEST_F(ReceiveCopy, UnknownIdentifiersAreInvalidFields) {
  for (const auto action : std::to_array<uint8_t>({0x00, 0x01, 0x04, 0x05, 0x06, 0x07}))
    expect_error(host_.receive(action, 77), 0x05, 0x2400, 2);
}

TEST_F(ReceiveCopy, OutcomesBelongToTheirSession) {
  copy(9);
  InBandHost other(daemon_, "other");
  expect_error(other.receive(0x00, 9), 0x05, 0x2400, 2);
  EXPECT_TRUE(host_.receive(0x00, 9).good());
}

TEST_F(ReceiveCopy, ShortAllocationsCut) {
  copy(9);
  const Bytes data = host_.receive(0x05, 9, kSource, 7).data;
  EXPECT_EQ(data.size(), 7u);
  EXPECT_EQ(load_be32(&data[0]), 28u);
}

}  // namespace
}  // namespace tidemark::in_band
