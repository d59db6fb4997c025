// Segments between units whose blocks are of different sizes: which bytes go where, and what
// becomes of those that are left over (SPC-4 clause 5.17.7.2, tables 115 and 116).
#include "tests/scsi/xcopy_plan_fixture.h"

namespace tidemark::scsi {
namespace {

class UnlikeBlocks : public XcopyPlanTest {
 protected:
  UnlikeBlocks() {
    unit(2, "large", {.block_size = 4096});
    bytes_.add_naa(naa("large"));
  }
};

TEST_F(UnlikeBlocks, AreCopiedWhenTheCountFitsBoth) {
  bytes_.add_blocks(0, 2, 3, 5, 16);
  const XcopyPlan made = accepted();
  const CopyRange& range = made.orders.at(0).ranges.at(0);
  EXPECT_EQ(range.source_offset, 3u * 512);
  EXPECT_EQ(range.destination_offset, 5u * 4096);
  EXPECT_EQ(range.length, 2u * 4096);
}

TEST_F(UnlikeBlocks, DestinationCountIsInItsBlocks) {
  bytes_.add_blocks(0, 2, 0, 0, 3)[1] = 0x02;
  EXPECT_EQ(accepted().orders.at(0).ranges.at(0).length, 3u * 4096);
}

TEST_F(UnlikeBlocks, AnInexactSegmentIsUnexpected) {
  bytes_.add_blocks(0, 2, 0, 0, 9);
  aborted(0x260a, at(0) + 10);
}

TEST_F(UnlikeBlocks, CatOnTheLastSegmentDropsTheResidue) {
  bytes_.add_blocks(0, 2, 0, 0, 9)[1] = 0x01;
  EXPECT_EQ(accepted().orders.at(0).ranges.at(0).length, 4096u);
}

TEST_F(UnlikeBlocks, CatCarriesTheResidueOn) {
  bytes_.add_blocks(0, 2, 0, 0, 9)[1] = 0x01;
  bytes_.add_blocks(0, 2, 16, 2, 7);
  const XcopyPlan made = accepted();
  EXPECT_EQ(moves(made),
            (Moves{{0, 0, 4096}, {8 * 512, 2 * 4096, 512}, {16 * 512, 2 * 4096 + 512, 7 * 512}}));
  EXPECT_EQ(made.orders.at(0).segments, (std::vector<uint16_t>{0, 1, 1}));
  EXPECT_FALSE(made.residual);
}

TEST_F(UnlikeBlocks, WhatIsLeftOverAtTheEndIsDroppedAndTold) {
  bytes_.add_blocks(0, 2, 0, 0, 9)[1] = 0x01;
  EXPECT_TRUE(accepted().residual);
}

TEST_F(UnlikeBlocks, AResidueFromAnotherUnitIsAnotherOrder) {
  bytes_.add_blocks(0, 2, 0, 0, 4)[1] = 0x01;
  bytes_.add_blocks(1, 2, 100, 5, 4);
  const XcopyPlan made = accepted();
  ASSERT_EQ(made.orders.size(), 2u);
  EXPECT_EQ(made.orders[0].source.unit, units_->at(0));
  EXPECT_EQ(made.orders[1].source.unit, units_->at(1));
  EXPECT_EQ(moves(made), (Moves{{0, 5 * 4096, 2048}, {100 * 512, 5 * 4096 + 2048, 2048}}));
}

TEST_F(UnlikeBlocks, SourceResidueGoesBeforeWhatIsRead) {
  bytes_.add_blocks(2, 0, 0, 0, 1)[1] = 0x03;  // one block of the destination, of 8 that are read
  bytes_.add_blocks(2, 0, 5, 100, 9)[1] = 0x03;
  EXPECT_EQ(moves(accepted()),
            (Moves{{0, 0, 512}, {512, 100 * 512, 7 * 512}, {5 * 4096, 107 * 512, 2 * 512}}));
}

TEST_F(UnlikeBlocks, CountZeroWritesWhatIsLeftIfItIsABlock) {
  bytes_.add_blocks(0, 2, 0, 0, 8)[1] = 0x01;
  bytes_.segments.clear();
  bytes_.add_blocks(0, 2, 0, 0, 4)[1] = 0x01;
  bytes_.add_blocks(1, 0, 50, 60, 0)[1] = 0x01;  // of 512: four blocks of it
  EXPECT_EQ(moves(accepted()), (Moves{{0, 60 * 512, 2048}}));
}

TEST_F(UnlikeBlocks, VerifyingLeavesTheResidueAlone) {
  bytes_.add_blocks(0, 2, 0, 0, 4)[1] = 0x01;
  bytes_.add_verify(1, true);
  bytes_.add_blocks(0, 2, 4, 0, 4);
  EXPECT_EQ(moves(accepted()), (Moves{{0, 0, 2048}, {2048, 2048, 2048}}));
}

TEST_F(UnlikeBlocks, TheNullDeviceDiscardsTheResidue) {
  bytes_.cscds[0][28] = 0x04;
  bytes_.add_blocks(2, 1, 0, 0, 1)[1] = 0x03;
  bytes_.add_blocks(0, 0xc000, 0, 0, 0);
  const XcopyPlan made = accepted();
  EXPECT_EQ(moves(made), (Moves{{0, 0, 512}}));
  EXPECT_FALSE(made.residual);
}

TEST_F(UnlikeBlocks, SourcePadDropsTheResidue) {
  bytes_.cscds[0][28] = 0x04;
  bytes_.add_blocks(0, 2, 0, 0, 9);
  EXPECT_EQ(accepted().orders.at(0).ranges.at(0).length, 4096u);
}

TEST_F(UnlikeBlocks, DestinationsArePaddedWithZeroes) {
  for (const int source_pad : {0, 4}) {
    bytes_.segments.clear();
    bytes_.cscds[0][28] = static_cast<uint8_t>(source_pad);
    bytes_.cscds[2][28] = 0x04;
    bytes_.add_blocks(0, 2, 0, 3, 9);
    const XcopyPlan made = accepted();
    EXPECT_EQ(moves(made), (Moves{{0, 3 * 4096, 4096}, {4096, 4 * 4096, 512}}));
    EXPECT_EQ(made.orders.at(0).zeroes,
              (std::vector<storage::Extent>{{4 * 4096 + 512, 4096 - 512}}));
    EXPECT_EQ(made.orders.at(0).bytes(), 2u * 4096);
  }
}

TEST_F(UnlikeBlocks, PaddingBeyondTheEndIsUnreachable) {
  bytes_.cscds[2][28] = 0x04;
  bytes_.add_blocks(0, 2, 0, kUnitBytes / 4096 - 1, 9);
  aborted(0x0804, at(0) + 20);
}

TEST_F(UnlikeBlocks, PaddingDoesNotMakeUpForExactCounts) {
  bytes_.cscds[1][28] = 0x04;
  bytes_.add_blocks(0, 2, 0, 0, 7)[1] = 0x01;
  bytes_.add_blocks(0, 1, 7, 5, 1)[1] = 0x02;  // DC: one block, of seven that are left
  aborted(0x260a, at(1) + 10, 1);
}

TEST_F(UnlikeBlocks, AWriteOverWhatWasPaddedIsAnotherOrder) {
  bytes_.cscds[2][28] = 0x04;
  bytes_.add_blocks(0, 2, 0, 0, 1);
  bytes_.add_blocks(0, 2, 8, 0, 8);
  EXPECT_EQ(accepted().orders.size(), 2u);
}

TEST_F(UnlikeBlocks, PartsOfDestinationBlocksAreCopiedByBytes) {
  auto& segment = bytes_.add_bytes(0, 2, 3, 7, 1024);
  store_be16(&segment[30], 512);
  EXPECT_EQ(moves(accepted()), (Moves{{3 * 512, 7 * 4096 + 512, 1024}}));
}

TEST_F(UnlikeBlocks, AreNoImageOfEachOther) {
  bytes_.add_image(0, 2, 0, 0, 8);
  aborted(0x0d03, 16 + 64);
}

}  // namespace
}  // namespace tidemark::scsi
