// EXTENDED COPY moves what its segments say (SPC-4 6.4.6).
#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

class Xcopy : public InBand {};

TEST_F(Xcopy, CopiesBlocks) {
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 1, 16, 32, 100);
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kCopy, 32 * 512, 100 * 512), first(16 * 512, 100 * 512));
  EXPECT_EQ(host_.read(kCopy, 31 * 512, 512), Bytes(512));
  EXPECT_EQ(host_.read(kCopy, 132 * 512, 512), Bytes(512));
}

TEST_F(Xcopy, CopiesWithListsOfTheOtherForm) {
  XcopyBytes bytes = list(0xdeadbeef);
  bytes.add_blocks(1, 2, 16, 32, 100);  // descriptors are counted from 1
  ASSERT_TRUE(host_.extended_copy_lid4(bytes.build_lid4()).good());
  EXPECT_EQ(host_.read(kCopy, 32 * 512, 100 * 512), first(16 * 512, 100 * 512));
}

TEST_F(Xcopy, CopiesThroughTheDestination) {
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 0xffff, 0, 8, 8);
  ASSERT_TRUE(host_.extended_copy(bytes.build(), kCopy).good());
  EXPECT_EQ(host_.read(kCopy, 8 * 512, 4096), first(0, 4096));
}

TEST_F(Xcopy, CopiesAsManySegmentsAsAnnounced) {
  XcopyBytes bytes = list();
  for (uint64_t i = 0; i < 256; ++i) bytes.add_blocks(0, 1, i * 4, (255 - i) * 4, 4);
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  const Bytes copied = host_.read(kCopy, 0, 256 * 2048);
  for (uint64_t i = 0; i < 256; ++i) {
    const auto from = copied.begin() + static_cast<ptrdiff_t>((255 - i) * 2048);
    ASSERT_EQ(Bytes(from, from + 2048), first(i * 2048, 2048)) << i;
  }
}

TEST_F(Xcopy, SegmentsCountInOrder) {
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 1, 0, 0, 8);
  bytes.add_blocks(1, 1, 0, 8, 8);    // what the first has written
  bytes.add_blocks(0, 1, 100, 0, 8);  // over it
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kCopy, 0, 4096), first(100 * 512, 4096));
  EXPECT_EQ(host_.read(kCopy, 4096, 4096), first(0, 4096));
}

TEST_F(Xcopy, CopiesInsideOneUnit) {
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 0, 0, 50000, 2048);
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kSource, 50000 * 512, 1 << 20), first(0, 1 << 20));
}

TEST_F(Xcopy, ByteOffsetsAreAdded) {
  XcopyBytes bytes = list();
  auto& segment = bytes.add_bytes(0, 1, 10, 20, 2048);
  store_be16(&segment[28], 1024);
  store_be16(&segment[30], 512);
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kCopy, 21 * 512, 2048), first(12 * 512, 2048));
}

TEST_F(Xcopy, ABlockImageGoesToTheEnd) {
  XcopyBytes bytes = list();
  bytes.add_image(0, 1, 0, 16, 0);
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  EXPECT_EQ(host_.read(kCopy, 16 * 512, 1 << 20), first(0, 1 << 20));
  EXPECT_EQ(host_.read(kCopy, kUnitBytes - (1 << 20), 1 << 20),
            host_.read(kSource, kUnitBytes - (1 << 20) - 16 * 512, 1 << 20));
}

TEST_F(Xcopy, VerifyMovesNothing) {
  XcopyBytes bytes = list();
  bytes.add_verify(1, true);
  EXPECT_TRUE(host_.extended_copy(bytes.build()).good());
}

TEST_F(Xcopy, NothingIsGood) {
  EXPECT_TRUE(host_.send(kSource, {0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).good());
  EXPECT_TRUE(host_.extended_copy(list().build()).good());
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 1, UINT64_MAX, UINT64_MAX, 0);
  EXPECT_TRUE(host_.extended_copy(bytes.build()).good());
}

TEST_F(Xcopy, ShowsUpAmongTheCopies) {
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 1, 0, 0, 8);
  bytes.add_blocks(0, 1, 100, 100, 8);
  ASSERT_TRUE(host_.extended_copy(bytes.build()).good());
  const auto copies = mgmt::cli::read_copies(daemon_.api().copies().body);
  ASSERT_TRUE(copies);
  ASSERT_EQ(copies.value().size(), 1u) << "one list is one copy";
  EXPECT_EQ(copies.value()[0].origin, "xcopy");
  EXPECT_EQ(copies.value()[0].bytes_total, 2u * 4096);
}

TEST_F(Xcopy, TakesListAfterList) {
  for (uint32_t id = 0; id < 40; ++id) {
    XcopyBytes bytes = list(id);
    bytes.add_blocks(0, 1, id * 8, id * 8, 8);
    ASSERT_TRUE(host_.extended_copy(bytes.build()).good()) << id;
  }
}

}  // namespace
}  // namespace tidemark::in_band
