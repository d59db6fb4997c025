// EXTENDED COPY between blocks of 512 and of 4096 bytes, and what becomes of what is left over
// (SPC-4 5.17.7.2, tables 115 and 116).
#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

constexpr uint8_t kCat = 0x01;
constexpr uint8_t kDestinationCount = 0x02;
constexpr uint8_t kPad = 0x04;

class XcopyUnlikeBlocks : public InBand {
 protected:
  /// A list whose descriptors have PAD as said.
  XcopyBytes padded(bool source, bool destination) {
    XcopyBytes bytes = list();
    if (source) bytes.cscds[0][28] = kPad;
    if (destination) bytes.cscds[2][28] = kPad;
    return bytes;
  }
  static Bytes joined(Bytes one, const Bytes& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
  }
};

TEST_F(XcopyUnlikeBlocks, SmallToLarge) {
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 2, 3, 5, 16);
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kLarge, 5 * 4096, 8192), first(3 * 512, 8192));
}

TEST_F(XcopyUnlikeBlocks, LargeToSmall) {
  host_.write(kLarge, 0, pattern(64 << 10, 7));
  XcopyBytes bytes = list();
  bytes.add_blocks(2, 1, 3, 5, 4);
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kCopy, 5 * 512, 4 * 4096), pattern(4 * 4096, 7, 3 * 4096));
}

TEST_F(XcopyUnlikeBlocks, CountsOfTheDestination) {
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 2, 0, 0, 3)[1] = kDestinationCount;
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kLarge, 0, 3 * 4096), first(0, 3 * 4096));
  EXPECT_EQ(host_.read(kLarge, 3 * 4096, 4096), Bytes(4096));
}

TEST_F(XcopyUnlikeBlocks, InexactSegmentsAreUnexpected) {
  XcopyBytes bytes = padded(false, false);
  bytes.add_blocks(0, 2, 0, 0, 9);
  expect_error(host_.extended_copy(bytes.build()), 0x0a, 0x260a, 16 + 4 * 32 + 10, 0);
  EXPECT_EQ(host_.read(kLarge, 0, 4096), Bytes(4096)) << "nothing was moved";
}

TEST_F(XcopyUnlikeBlocks, CatKeepsTheRestForTheNextSegment) {
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 2, 0, 0, 9)[1] = kCat;
  bytes.add_blocks(0, 2, 100, 1, 7);
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kLarge, 0, 4096), first(0, 4096));
  EXPECT_EQ(host_.read(kLarge, 4096, 4096), joined(first(8 * 512, 512), first(100 * 512, 7 * 512)));
}

TEST_F(XcopyUnlikeBlocks, CatAtTheEndDropsTheRest) {
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 2, 0, 0, 9)[1] = kCat;
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kLarge, 0, 8192), joined(first(0, 4096), Bytes(4096)));
}

TEST_F(XcopyUnlikeBlocks, PadOfTheDestinationFillsUpWithZeroes) {
  for (const bool source : {false, true}) {
    host_.write(kLarge, 4096, Bytes(4096, 0xee));
    XcopyBytes bytes = padded(source, true);
    bytes.add_blocks(0, 2, 0, 0, 9);
    ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
    EXPECT_EQ(host_.read(kLarge, 4096, 4096), joined(first(8 * 512, 512), Bytes(7 * 512)));
  }
}

TEST_F(XcopyUnlikeBlocks, PadOfTheSourceAloneDropsTheRest) {
  host_.write(kLarge, 4096, Bytes(4096, 0xee));
  XcopyBytes bytes = padded(true, false);
  bytes.add_blocks(0, 2, 0, 0, 9);
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kLarge, 0, 4096), first(0, 4096));
  EXPECT_EQ(host_.read(kLarge, 4096, 4096), Bytes(4096, 0xee));
}

TEST_F(XcopyUnlikeBlocks, WhatIsReadTooMuchIsKeptForTheNextSegment) {
  host_.write(kLarge, 0, pattern(64 << 10, 7));
  XcopyBytes bytes = list();
  bytes.add_blocks(2, 1, 0, 0, 1)[1] = kCat | kDestinationCount;  // 512 of 4096 bytes
  bytes.add_blocks(2, 1, 5, 1, 8)[1] = kCat | kDestinationCount;
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kCopy, 0, 4096), pattern(4096, 7));
  EXPECT_EQ(host_.read(kCopy, 4096, 512), pattern(512, 7, 5 * 4096));
}

TEST_F(XcopyUnlikeBlocks, PartsOfBlocksKeepTheirOtherBytes) {
  host_.write(kLarge, 0, Bytes(8192, 0xee));
  XcopyBytes bytes = list();
  auto& segment = bytes.add_bytes(0, 2, 4, 0, 1024);
  store_be16(&segment[30], 512);
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kLarge, 0, 4096),
            joined(joined(Bytes(512, 0xee), first(4 * 512, 1024)), Bytes(4096 - 1536, 0xee)));
}

TEST_F(XcopyUnlikeBlocks, TheStatusTellsThatDataWasLeftOver) {
  XcopyBytes bytes = list(5);
  bytes.add_blocks(1, 3, 0, 0, 9)[1] = kCat;
  ASSERT_TRUE(host_.extended_copy_lid4(bytes.build_lid4()).good());
  const Bytes status = host_.receive(0x05, 5).data;
  ASSERT_GE(status.size(), 32u);
  EXPECT_EQ(status[5], 0x04);
  EXPECT_EQ(load_be64(&status[16]), 4096u);
}

}  // namespace
}  // namespace tidemark::in_band
