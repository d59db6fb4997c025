// The 32-byte forms do what their shorter ones do.
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

constexpr uint8_t kVariable = 0x7f;

class ThirtyTwo : public ::testing::Test {
 protected:
  CdbBuilder cdb(uint16_t service_action) { return CdbBuilder(kVariable, service_action); }
  Data read(uint64_t lba, uint64_t blocks) {
    return target_.send(CdbBuilder(0x28).range(lba, blocks)).data;
  }
  TestTarget target_;
};

TEST_F(ThirtyTwo, WriteThenRead) {
  const Data bytes = pattern(3 * 512);
  ASSERT_TRUE(target_.send(cdb(0x0b).set(FieldRole::fua, 1).range(4093, 3), bytes).good());
  EXPECT_TRUE(target_.volume_.seen().back().fua);
  EXPECT_EQ(target_.send(cdb(0x09).range(4093, 3)).data, bytes);
  EXPECT_EQ(read(4093, 3), bytes);
}
TEST_F(ThirtyTwo, TagsMeanNothingWithoutProtectionInformation) {
  EXPECT_TRUE(target_
                  .send(cdb(0x09)
                            .set(FieldRole::reference_tag, 77)
                            .set(FieldRole::application_tag, 7)
                            .range(0, 1))
                  .good());
  EXPECT_TRUE(target_.send(cdb(0x09).set(FieldRole::protect, 1).range(0, 1)).invalid_field(10, 7));
}
TEST_F(ThirtyTwo, VerifyComparesAndWriteAndVerifyWrites) {
  const Data bytes = pattern(512);
  ASSERT_TRUE(target_.send(cdb(0x0c).set(FieldRole::bytchk, 1).range(5, 1), bytes).good());
  EXPECT_TRUE(target_.send(cdb(0x0a).set(FieldRole::bytchk, 1).range(5, 1), bytes).good());
  EXPECT_TRUE(target_.send(cdb(0x0a).set(FieldRole::bytchk, 1).range(6, 1), bytes)
                  .failed(SenseKey::miscompare, 0x1d00));
}
TEST_F(ThirtyTwo, WriteSame) {
  ASSERT_TRUE(target_.send(cdb(0x0d).range(8, 4), blocks_of(0x5a, 1)).good());
  EXPECT_EQ(read(8, 4), blocks_of(0x5a, 4));
  ASSERT_TRUE(
      target_.send(cdb(0x0d).set(FieldRole::unmap, 1).set(FieldRole::ndob, 1).range(8, 4)).good());
  EXPECT_FALSE(target_.volume_.mapped(8));
}
TEST_F(ThirtyTwo, OrwriteOrsAndKnowsNoGenerations) {
  target_.send(CdbBuilder(0x2a).range(0, 1), blocks_of(0x0f, 1));
  ASSERT_TRUE(target_.send(cdb(0x0e).range(0, 1), blocks_of(0xf0, 1)).good());
  EXPECT_EQ(read(0, 1), blocks_of(0xff, 1));
  EXPECT_TRUE(
      target_.send(cdb(0x0e).set(FieldRole::bitmap_operation, 1).range(0, 1), blocks_of(0, 1))
          .invalid_field(2, 2));
  EXPECT_TRUE(
      target_.send(cdb(0x0e).set(FieldRole::expected_generation, 1).range(0, 1), blocks_of(0, 1))
          .invalid_field(20));
}
TEST_F(ThirtyTwo, GetLbaStatusScansAsFarAsItIsTold) {
  target_.send(CdbBuilder(0x2a).range(4, 2), blocks_of(1, 2));
  const auto status = [&](uint64_t length, uint64_t type) {
    return target_
        .send(cdb(0x12)
                  .set(FieldRole::report_type, type)
                  .set(FieldRole::scan_length, length)
                  .set(FieldRole::allocation_length, 255))
        .data;
  };
  EXPECT_EQ(status(0, 0).size(), 8u + 3 * 16);
  EXPECT_EQ(status(5, 0).size(), 8u + 2 * 16);
  EXPECT_EQ(load_be32(&status(5, 0)[8 + 16 + 8]), 1u) << "cut at the scan's end";
  const Data mapped = status(0, 2);
  ASSERT_EQ(mapped.size(), 8u + 16);
  EXPECT_EQ(load_be64(&mapped[8]), 4u);
  EXPECT_EQ(status(0, 3).size(), 8u + 2 * 16);
  EXPECT_EQ(status(0, 4).size(), 8u) << "nothing is ever anchored";
  EXPECT_TRUE(target_.send(cdb(0x12).set(FieldRole::report_type, 5)).invalid_field(10));
  EXPECT_TRUE(target_.send(cdb(0x12).set(FieldRole::element_identifier, 1)).invalid_field(24));
}

TEST(WriteAtomic, HappensWhollyBeforeOrAfterAReadOfTheSameBlocks) {
  TestTarget target;
  target.volume_.hold();
  Sent& write = target.begin(target.host(), CdbBuilder(0x9c).range(0, 8));
  target.execute(write, blocks_of(0x11, 8));
  target.settle();
  Sent& read = target.begin(target.host(), CdbBuilder(0x28).range(4, 8));
  target.execute(read);
  target.settle();
  EXPECT_EQ(target.volume_.held(), 1u) << "the read waits at the gate";
  target.volume_.let_go();
  target.settle();
  ASSERT_TRUE(write.good());
  EXPECT_EQ(Data(read.data.begin(), read.data.begin() + 4 * 512), blocks_of(0x11, 4));
}
TEST(WriteAtomic, PartOfTheDataIsNotWritten) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x9c).range(0, 2), blocks_of(1, 1)).invalid_field(12));
  EXPECT_TRUE(target.volume_.seen().empty());
  EXPECT_TRUE(target.send(CdbBuilder(0x9c).range(0, 0)).good());
}

}  // namespace
}  // namespace tidemark::scsi
