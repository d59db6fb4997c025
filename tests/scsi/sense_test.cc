#include "scsi/sense.h"

#include <gtest/gtest.h>

#include <vector>

#include "scsi/sense_of_errc.h"
#include "scsi/unit_attentions.h"

namespace tidemark::scsi {
namespace {

std::vector<uint8_t> encode(const SenseData& sense, bool descriptors) {
  std::array<uint8_t, kSenseMax> data;
  data.fill(0xee);
  const size_t length = sense.encode(descriptors, data);
  return {data.begin(), data.begin() + static_cast<ptrdiff_t>(length)};
}
using Data = std::vector<uint8_t>;

TEST(Sense, FixedFormatIsEighteenBytes) {
  EXPECT_EQ(encode(sense::write_protected(), false),
            (Data{0x70, 0, 0x07, 0, 0, 0, 0, 0x0a, 0, 0, 0, 0, 0x27, 0, 0, 0, 0, 0}));
}
TEST(Sense, DescriptorFormatWithoutDescriptorsIsEightBytes) {
  EXPECT_EQ(encode(sense::write_protected(), true), (Data{0x72, 0x07, 0x27, 0, 0, 0, 0, 0}));
}
TEST(Sense, FieldPointerNamesByteAndBitOfTheCdb) {
  const Data fixed = encode(sense::invalid_field_in_cdb(0x0102, 5), false);
  EXPECT_EQ(Data(fixed.begin() + 15, fixed.end()), (Data{0x80 | 0x40 | 0x08 | 5, 1, 2}));
}
TEST(Sense, FieldPointerWithoutBitLeavesBpvZero) {
  const Data fixed = encode(sense::invalid_field_in_cdb(7), false);
  EXPECT_EQ(fixed[15], 0xc0);
}
TEST(Sense, FieldPointerIntoTheListHasNoCdBit) {
  EXPECT_EQ(encode(sense::invalid_field_in_list(4), false)[15], 0x80);
}
TEST(Sense, FieldPointerInDescriptorFormat) {
  EXPECT_EQ(encode(sense::invalid_field_in_cdb(2, 7), true),
            (Data{0x72, 0x05, 0x24, 0, 0, 0, 0, 8, 0x02, 0x06, 0, 0, 0xcf, 0, 2, 0}));
}
TEST(Sense, InformationIsValidInFixedFormatWhenItFits) {
  const Data fixed = encode(sense::lba_out_of_range(0x01020304), false);
  EXPECT_EQ(fixed[0], 0xf0);
  EXPECT_EQ(Data(fixed.begin() + 3, fixed.begin() + 7), (Data{1, 2, 3, 4}));
}
TEST(Sense, InformationBeyondFourBytesIsNotValidInFixedFormat) {
  const Data fixed = encode(sense::lba_out_of_range(0x100000000), false);
  EXPECT_EQ(fixed[0], 0x70);
  EXPECT_EQ(Data(fixed.begin() + 3, fixed.begin() + 7), (Data{0, 0, 0, 0}));
}
TEST(Sense, InformationOfEightBytesFitsDescriptorFormat) {
  const Data data = encode(sense::lba_out_of_range(0x0102030405060708), true);
  EXPECT_EQ(Data(data.begin() + 8, data.end()), (Data{0, 0x0a, 0x80, 0, 1, 2, 3, 4, 5, 6, 7, 8}));
}
TEST(Sense, ForwardedSenseFollowsInFixedFormat) {
  SenseData sense{.key = SenseKey::copy_aborted, .asc = 0x0d01};
  sense.segment = 3;
  sense.forwarded = SenseData::Forwarded{true, SenseKey::medium_error, 0x0c00};
  const Data data = encode(sense, false);
  ASSERT_EQ(data.size(), 37u);
  EXPECT_EQ(data[7], 29);
  EXPECT_EQ(Data(data.begin() + 8, data.begin() + 12), (Data{0, 18, 0, 3}));
  EXPECT_EQ(Data(data.begin() + 18, data.end()),
            (Data{0x02, 0x70, 0, 3, 0, 0, 0, 0, 0x0a, 0, 0, 0, 0, 0x0c, 0, 0, 0, 0, 0}));
  sense.forwarded->from_destination = false;
  EXPECT_EQ(encode(sense, false)[8], 18);
}
TEST(Sense, ForwardedSenseIsADescriptorOfItsOwn) {
  SenseData sense{.key = SenseKey::copy_aborted, .asc = 0x0d01};
  sense.forwarded = SenseData::Forwarded{false, SenseKey::medium_error, 0x1100};
  const Data data = encode(sense, true);
  EXPECT_EQ(data[7], 12);
  EXPECT_EQ(Data(data.begin() + 8, data.end()),
            (Data{0x0c, 0x0a, 1, 0x02, 0x72, 3, 0x11, 0, 0, 0, 0, 0}));
}
TEST(Sense, ProgressIsOfSixtyFiveThousand) {
  SenseData sense{.key = SenseKey::not_ready, .asc = 0x0404};
  sense.progress = 0x8000;
  const Data fixed = encode(sense, false);
  EXPECT_EQ(Data(fixed.begin() + 15, fixed.end()), (Data{0x80, 0x80, 0}));
}
TEST(Sense, FailedSegmentIsInTheLowBytesOfCommandSpecificInformation) {
  SenseData sense{.key = SenseKey::copy_aborted, .asc = 0x0d02};
  sense.segment = 0x0102;
  const Data fixed = encode(sense, false);
  EXPECT_EQ(Data(fixed.begin() + 8, fixed.begin() + 12), (Data{0, 0, 1, 2}));
}

TEST(SenseOfErrc, EachErrorHasItsSense) {
  using storage::Errc;
  const auto is = [](Errc error, SenseKey key, Asc asc) {
    const SenseData sense = sense_of_errc(error, 77);
    return sense.key == key && sense.asc == asc;
  };
  EXPECT_TRUE(is(Errc::out_of_range, SenseKey::illegal_request, 0x2100));
  EXPECT_TRUE(is(Errc::write_protected, SenseKey::data_protect, 0x2700));
  EXPECT_TRUE(is(Errc::medium_read, SenseKey::medium_error, 0x1100));
  EXPECT_TRUE(is(Errc::medium_write, SenseKey::medium_error, 0x0c00));
  EXPECT_TRUE(is(Errc::no_space, SenseKey::data_protect, 0x2707));
  EXPECT_TRUE(is(Errc::gone, SenseKey::hardware_error, 0x4400));
  EXPECT_TRUE(is(Errc::cancelled, SenseKey::aborted_command, 0x0000));
  EXPECT_TRUE(is(Errc::preserve_failed, SenseKey::aborted_command, 0x0c00));
  EXPECT_EQ(sense_of_errc(Errc::medium_read, 77).information, 77u);
}

TEST(UnitAttentions, SameCodeIsKeptOnce) {
  UnitAttentions attentions;
  attentions.add(attention::kTasksCleared);
  attentions.add(attention::kTasksCleared);
  EXPECT_EQ(attentions.take(), attention::kTasksCleared);
  EXPECT_FALSE(attentions.take());
}
TEST(UnitAttentions, ComeInOrder) {
  UnitAttentions attentions;
  attentions.add(attention::kModeParametersChanged);
  attentions.add(attention::kTasksCleared);
  EXPECT_EQ(attentions.take(), attention::kModeParametersChanged);
  EXPECT_EQ(attentions.take(), attention::kTasksCleared);
}
TEST(UnitAttentions, ResetMakesOlderOnesObsolete) {
  UnitAttentions attentions;
  attentions.add(attention::kModeParametersChanged);
  attentions.add(attention::kUnitReset);
  EXPECT_EQ(attentions.take(), attention::kUnitReset);
  EXPECT_FALSE(attentions.take());
}
TEST(UnitAttentions, TooManyBecomeOnePowerOn) {
  UnitAttentions attentions;
  for (Asc asc = 0x3f00; asc < 0x3f20; ++asc) attentions.add(asc);
  bool power_on = false;
  for (int i = 0; i < 40; ++i)
    if (const auto asc = attentions.take()) power_on |= *asc == attention::kPowerOn;
  EXPECT_TRUE(power_on);
  EXPECT_TRUE(attentions.empty());
}
TEST(UnitAttentions, ClearedOnesAreNotReported) {
  UnitAttentions attentions;
  attentions.add(attention::kLunsChanged);
  attentions.add(attention::kTasksCleared);
  attentions.clear(attention::kLunsChanged);
  EXPECT_EQ(attentions.take(), attention::kTasksCleared);
  EXPECT_TRUE(attentions.empty());
}

}  // namespace
}  // namespace tidemark::scsi
