// EXTENDED COPY copies the source as it stood at one moment, whatever is written meanwhile.
#include "tests/in_band/live_writer.h"

namespace tidemark::in_band {
namespace {

constexpr size_t kBytes = 4 << 20;
constexpr uint16_t kSegmentBlocks = 512;

class XcopyT0 : public InBand {
 protected:
  /// The whole of it, in segments, out of order.
  XcopyBytes whole(uint32_t id, uint16_t source, uint16_t destination) {
    XcopyBytes bytes = list(id);
    constexpr uint64_t kSegments = kBytes / 512 / kSegmentBlocks;
    for (uint64_t i = 0; i < kSegments; ++i) {
      const uint64_t lba = (i * 5 % kSegments) * kSegmentBlocks;
      bytes.add_blocks(source, destination, lba, lba, kSegmentBlocks);
    }
    return bytes;
  }
  void expect_one_moment() {
    Bytes data;
    for (size_t at = 0; at < kBytes; at += 1 << 20) {
      const Bytes piece = host_.read(kCopy, at, 1 << 20);
      data.insert(data.end(), piece.begin(), piece.end());
    }
    std::string why;
    EXPECT_TRUE(of_one_moment(data, 0, why)) << why;
  }
};

TEST_F(XcopyT0, AListIsOfOneMomentUnderARacingWriter) {
  LiveWriter writer(daemon_, 0, kBytes);
  writer.await_rounds(1);
  for (uint32_t i = 0; i < 20; ++i) {
    ASSERT_TRUE(host_.extended_copy(whole(i, 0, 1).build()).good());
    expect_one_moment();
  }
  EXPECT_GT(writer.rounds(), 1u);
}

TEST_F(XcopyT0, SoIsOneInTheBackground) {
  LiveWriter writer(daemon_, 0, kBytes);
  writer.await_rounds(1);
  for (uint32_t i = 1; i <= 10; ++i) {
    ASSERT_TRUE(host_.extended_copy_lid4(whole(i, 1, 2).build_lid4(0x01)).good());
    Bytes status;
    do {
      status = host_.receive(0x05, i).data;
      ASSERT_GE(status.size(), 32u);
    } while (status[5] == 0x12);
    ASSERT_EQ(status[5], 0x01);
    expect_one_moment();
  }
}

TEST_F(XcopyT0, WhatIsWrittenAfterAcceptanceIsNotInTheCopy) {
  ASSERT_TRUE(host_.extended_copy_lid4(whole(1, 1, 2).build_lid4(0x01)).good());
  // Accepted: every write from here on is later than the begin time.
  host_.write(kSource, 0, pattern(kBytes, 2));
  Bytes status;
  do {
    status = host_.receive(0x05, 1).data;
    ASSERT_GE(status.size(), 32u);
  } while (status[5] == 0x12);
  ASSERT_EQ(status[5], 0x01);
  EXPECT_EQ(host_.read(kCopy, kBytes - (1 << 20), 1 << 20), first(kBytes - (1 << 20), 1 << 20));
  EXPECT_EQ(host_.read(kCopy, 0, 1 << 20), first(0, 1 << 20));
}

}  // namespace
}  // namespace tidemark::in_band
