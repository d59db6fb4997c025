#include "scsi/lun.h"

#include <gtest/gtest.h>

namespace tidemark::scsi {
namespace {

TEST(Lun, PeripheralForm) {
  EXPECT_EQ(decode_lun(0x00ff000000000000), 255);
}
TEST(Lun, FlatFormAlsoForSmallNumbers) {
  EXPECT_EQ(decode_lun(0x4005000000000000), 5);
  EXPECT_EQ(decode_lun(0x7fff000000000000), kMaxLun);
}
TEST(Lun, BusOtherThanZeroIsNoUnit) {
  EXPECT_FALSE(decode_lun(0x0105000000000000));
}
TEST(Lun, OtherMethodsAreNoUnit) {
  EXPECT_FALSE(decode_lun(0x8001000000000000));
  EXPECT_FALSE(decode_lun(0xc101000000000000));
}
TEST(Lun, SecondLevelIsNoUnit) {
  EXPECT_FALSE(decode_lun(0x0000000100000000));
  EXPECT_FALSE(decode_lun(0x0000000000000001));
}
TEST(Lun, EncodingDecodesToItself) {
  for (uint16_t lun = 0; lun <= kMaxLun; ++lun) ASSERT_EQ(decode_lun(encode_lun(lun)), lun);
  EXPECT_EQ(encode_lun(255), 0x00ff000000000000u);
  EXPECT_EQ(encode_lun(256), 0x4100000000000000u);
}

}  // namespace
}  // namespace tidemark::scsi
