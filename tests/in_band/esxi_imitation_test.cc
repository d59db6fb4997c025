// Imitation of what a VMware host sends to clone a virtual disk (VAAI full copy): EXTENDED
// COPY(LID1) with one or two identification descriptors and segments 02h of 4 MiB, one list after
// the other. Made from descriptions of it; no such host was at hand.
#include <chrono>

#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

class EsxiImitation : public InBand {
 protected:
  /// As far as is known: no list identifier, a low priority.
  Bytes clone(uint64_t from, uint64_t to, uint16_t blocks, bool same_unit) {
    XcopyBytes bytes;
    bytes.list_id = 0;
    bytes.usage = 3;
    bytes.add_naa(host_.naa(kSource));
    if (!same_unit) bytes.add_naa(host_.naa(kCopy));
    bytes.add_blocks(0, same_unit ? 0 : 1, from, to, blocks);
    return bytes.build();
  }
};

TEST_F(EsxiImitation, FindsOutWhatTheUnitCan) {
  const Bytes inquiry = host_.send(kSource, {0x12, 0, 0, 0, 96, 0}, {}, 96).data;
  ASSERT_GT(inquiry.size(), 5u);
  EXPECT_TRUE((inquiry[5] & 0x08) != 0) << "3PC";
  EXPECT_TRUE(host_.receive(0x03, 0, kSource, 256).good());
}

TEST_F(EsxiImitation, ClonesInPiecesOfFourMebibytes) {
  constexpr uint16_t kBlocks = (4 << 20) / 512;
  const auto begun = std::chrono::steady_clock::now();
  for (uint64_t piece = 0; piece < 2; ++piece)
    ASSERT_TRUE(
        host_.extended_copy(clone(piece * kBlocks, piece * kBlocks, kBlocks, false)).good());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("%.0f MiB/s\n", 8 / took.count());
  EXPECT_EQ(host_.read(kCopy, 0, 1 << 20), first(0, 1 << 20));
  EXPECT_EQ(host_.read(kCopy, 7 << 20, 1 << 20), first(7 << 20, 1 << 20));
}

TEST_F(EsxiImitation, ClonesInsideADatastore) {
  constexpr uint16_t kBlocks = (4 << 20) / 512;
  ASSERT_TRUE(host_.extended_copy(clone(0, 4 * kBlocks, kBlocks, true)).good());
  EXPECT_EQ(host_.read(kSource, 16 << 20, 1 << 20), first(0, 1 << 20));
}

TEST_F(EsxiImitation, EveryErrorIsACheckCondition) {
  Bytes list = clone(0, 0, 8, false);
  list[16 + 15] ^= 1;
  EXPECT_EQ(host_.extended_copy(list).status, 0x02) << "then the host copies by itself";
}

}  // namespace
}  // namespace tidemark::in_band
