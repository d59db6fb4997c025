// What hosts and their tools ask of any disk besides its blocks.
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

Data vpd(TestTarget& target, uint8_t page) {
  return target.send({0x12, 0x01, page, 0x08, 0x00, 0}).data;
}

TEST(TargetPortGroups, AreOneActiveAndOptimizedWithEveryPortOfTheUnit) {
  TestTarget target;
  target.unit_->add_port({"iqn.second"});
  const Data data = target.send(CdbBuilder(0xa3, 0x0a).set(FieldRole::allocation_length, 255)).data;
  EXPECT_EQ(data, (Data{0, 0, 0, 16, 0x00, 0x8f, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2}));
}

TEST(TargetPortGroups, ExtendedHeaderOnRequestAndNoOtherFormat) {
  TestTarget target;
  const auto with = [&](uint64_t format) -> const Sent& {
    return target.send(CdbBuilder(0xa3, 0x0a)
                           .set(FieldRole::parameter_data_format, format)
                           .set(FieldRole::allocation_length, 255));
  };
  EXPECT_EQ(with(1).data,
            (Data{0, 0, 0, 16, 0x10, 0, 0, 0, 0, 0x8f, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}));
  EXPECT_TRUE(with(2).invalid_field(1, 7));
}

TEST(TargetPortGroups, AreAnnouncedByInquiryAndDeviceIdentification) {
  TestTarget target;
  EXPECT_EQ(target.send({0x12, 0, 0, 0, 96, 0}).data[5] & 0x30, 0x30);
  const Data page = vpd(target, 0x83);
  bool found = false;
  for (size_t at = 4; at < page.size(); at += 4 + page[at + 3])
    if ((page[at + 1] & 0x3f) == 0x15) found = load_be32(&page[at + 4]) == 1;
  EXPECT_TRUE(found);
}

TEST(ScsiPorts, NamesEachPortWithItsNumber) {
  TestTarget target;
  const Data page = vpd(target, 0x88);
  EXPECT_EQ(load_be16(&page[4 + 2]), 1);
  EXPECT_EQ(load_be16(&page[4 + 6]), 0);
  EXPECT_EQ(load_be16(&page[2]), 12 + load_be16(&page[4 + 10]));
  const std::string name(page.begin() + 20, page.end());
  EXPECT_EQ(name.c_str(), target.device_.name() + ",t,0x0001");
}

TEST(ScsiPorts, MoreThanFitAreLeftOut) {
  TestTarget target;
  for (int i = 0; i < 64; ++i)
    target.unit_->add_port({std::string(200, 'a') + std::to_string(i), 1});
  const Data page = vpd(target, 0x88);
  EXPECT_LE(page.size(), 2048u);
  EXPECT_EQ(page.size(), 4u + load_be16(&page[2]));
}

TEST(ModePagePolicy, IsSharedForAllPages) {
  TestTarget target;
  EXPECT_EQ(vpd(target, 0x87), (Data{0, 0x87, 0, 4, 0x3f, 0xff, 0, 0}));
}

TEST(DefectData, IsEmptyInTheListsAndTheFormatAsked) {
  TestTarget target;
  EXPECT_EQ(target.send({0x37, 0, 0x1d, 0, 0, 0, 0, 0, 64, 0}).data, (Data{0, 0x1d, 0, 0}));
  EXPECT_EQ(target.send({0xb7, 0x0b, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0}).data,
            (Data{0, 0x0b, 0, 0, 0, 0, 0, 0}));
}

TEST(Diagnostics, DefaultSelfTestPassesAndOthersAreRefused) {
  TestTarget target;
  EXPECT_TRUE(target.send({0x1d, 0x04, 0, 0, 0, 0}).good());
  EXPECT_TRUE(target.send({0x1d, 0x20, 0, 0, 0, 0}).invalid_field(1, 7));
  EXPECT_TRUE(target.send({0x1d, 0x10, 0, 0, 4, 0}, Data(4)).invalid_field(3));
  EXPECT_EQ(target.send({0x1c, 0x01, 0, 0, 64, 0}).data, (Data{0, 0, 0, 1, 0}));
  EXPECT_TRUE(target.send({0x1c, 0x01, 0x3f, 0, 64, 0}).invalid_field(2));
}

TEST(Timestamp, IsTheTimeOfDayInMilliseconds) {
  TestTarget target;
  const Data data = target.send(CdbBuilder(0xa3, 0x0f).set(FieldRole::allocation_length, 64)).data;
  ASSERT_EQ(data.size(), 12u);
  EXPECT_EQ(data[2], 0x03);
  const auto seconds = static_cast<int64_t>(load_be<6>(&data[4]) / 1000);
  EXPECT_NEAR(static_cast<double>(seconds), static_cast<double>(time(nullptr)), 5);
}

TEST(Timestamp, CanBeSetAndTheOthersAreTold) {
  TestTarget target;
  ItNexus& one = target.attach();
  ItNexus& other = target.attach();
  Data list(12);
  store_be<6>(&list[4], 1'000'000);
  CdbBuilder set(0xa4, 0x0f);
  set.set(FieldRole::parameter_list_length, 12);
  ASSERT_TRUE(target.send_to(one, set, list).good());
  EXPECT_TRUE(target.send_to(other, {0x00}).attention(attention::kTimestampChanged));
  const Data data =
      target.send_to(one, CdbBuilder(0xa3, 0x0f).set(FieldRole::allocation_length, 64)).data;
  EXPECT_EQ(data[2], 0x02);
  EXPECT_NEAR(static_cast<double>(load_be<6>(&data[4])), 1'000'000, 5'000);
  list[2] = 1;
  EXPECT_TRUE(target.send_to(one, set, list).invalid_in_list(2));
}

TEST(MediaSerialNumber, IsThatOfTheUnit) {
  TestTarget target;
  const Data data = target.send(CdbBuilder(0xab, 0x01).set(FieldRole::allocation_length, 64)).data;
  const std::string& serial = target.unit_->identity().serial;
  EXPECT_EQ(load_be32(data.data()), 16u);
  EXPECT_EQ(std::string(data.begin() + 4, data.begin() + 20), serial);
}

TEST(EchoBuffer, GivesBackWhatTheSameNexusWrote) {
  TestTarget target;
  ItNexus& one = target.attach();
  ItNexus& other = target.attach();
  const auto read =
      CdbBuilder(0x3c).set(FieldRole::buffer_mode, 0x0a).set(FieldRole::allocation_length, 255);
  EXPECT_TRUE(target.send_to(one, read).failed(SenseKey::illegal_request, 0x2c00));
  const Data bytes = pattern(100);
  const auto write = CdbBuilder(0x3b)
                         .set(FieldRole::buffer_mode, 0x0a)
                         .set(FieldRole::parameter_list_length, bytes.size());
  ASSERT_TRUE(target.send_to(one, write, bytes).good());
  EXPECT_EQ(target.send_to(one, read).data, bytes);
  EXPECT_TRUE(target.send_to(other, read).failed(SenseKey::illegal_request, 0x2c00));
}
TEST(EchoBuffer, HasTheSizeItSays) {
  TestTarget target;
  const auto mode = [](uint8_t opcode, uint8_t value) {
    return CdbBuilder(opcode).set(FieldRole::buffer_mode, value);
  };
  const Data descriptor = target.send(mode(0x3c, 0x0b).set(FieldRole::allocation_length, 4)).data;
  const uint64_t most = load_be16(&descriptor[2]);
  EXPECT_TRUE(
      target.send(mode(0x3b, 0x0a).set(FieldRole::parameter_list_length, most), Data(most)).good());
  EXPECT_TRUE(
      target.send(mode(0x3b, 0x0a).set(FieldRole::parameter_list_length, most + 1), Data(most + 1))
          .invalid_field(6));
  EXPECT_TRUE(target.send(mode(0x3c, 0x00)).invalid_field(1, 4)) << "no other buffer";
  EXPECT_TRUE(target.send(mode(0x3b, 0x05)).invalid_field(1, 4)) << "no microcode";
}

}  // namespace
}  // namespace tidemark::scsi
