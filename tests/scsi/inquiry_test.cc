// What a unit tells of itself: INQUIRY, VPD pages, REPORT LUNS, capacity, supported commands.
#include <map>
#include <set>

#include "scsi/limits.h"
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

const Data kInquiry{0x12, 0, 0, 0, 255, 0};
Data vpd(uint8_t page) {
  return {0x12, 0x01, page, 0x08, 0, 0};
}

TEST(Inquiry, StandardData) {
  TestTarget target;
  const Data data = target.send(kInquiry).data;
  ASSERT_EQ(data.size(), 96u);
  EXPECT_EQ(data[0], 0x00);
  EXPECT_EQ(data[2], 0x06);
  EXPECT_EQ(data[3] & 0x0f, 0x02);
  EXPECT_EQ(data[4], 91);
  EXPECT_EQ(data[5], 0x30);
  EXPECT_EQ(data[7], 0x02);
  EXPECT_EQ(std::string(data.begin() + 8, data.begin() + 36), "TIDEMARKPOINT IN TIME   0001");
  EXPECT_EQ(load_be16(&data[58]), 0x00a0);
}
TEST(Inquiry, TheTransportsVersionIsTheLastAndThatOfTheNexus) {
  TestTarget target;
  EXPECT_EQ(load_be16(&target.send(kInquiry).data[66]), 0) << "none is claimed";
  target.host().version_descriptor = 0x0962;
  const Data data = target.send(kInquiry).data;
  EXPECT_EQ(load_be16(&data[64]), 0x0600);
  EXPECT_EQ(load_be16(&data[66]), 0x0962);
  EXPECT_EQ(load_be16(&data[68]), 0);
}
TEST(Inquiry, AbsentUnitIsSevenF) {
  TestTarget target;
  const Sent& sent = target.send_at(encode_lun(7), kInquiry);
  ASSERT_TRUE(sent.good());
  EXPECT_EQ(sent.data[0], 0x7f);
}
TEST(Inquiry, UndecodableLunIsSevenF) {
  TestTarget target;
  EXPECT_EQ(target.send_at(0xc201000000000000, kInquiry).data.at(0), 0x7f);
}
TEST(Inquiry, PageWithoutEvpdIsInvalid) {
  TestTarget target;
  EXPECT_TRUE(target.send({0x12, 0, 0x80, 0, 255, 0}).invalid_field(2));
}
TEST(Inquiry, UnknownPageIsInvalid) {
  TestTarget target;
  EXPECT_TRUE(target.send(vpd(0xcc)).invalid_field(2));
}
TEST(Inquiry, FlatAddressingReachesTheSameUnit) {
  TestTarget target;
  EXPECT_EQ(target.send_at(0x4000000000000000, kInquiry).data.at(0), 0x00);
}

TEST(Vpd, SupportedPagesAscendAndEachExists) {
  TestTarget target;
  const Data data = target.send(vpd(0x00)).data;
  EXPECT_EQ(Data(data.begin() + 4, data.end()),
            (Data{0x00, 0x80, 0x83, 0x86, 0x87, 0x88, 0xb0, 0xb1, 0xb2}));
  for (size_t i = 4; i < data.size(); ++i) {
    const Data page = target.send(vpd(data[i])).data;
    EXPECT_EQ(page.at(1), data[i]);
    EXPECT_EQ(load_be16(&page[2]) + 4u, page.size());
  }
}
TEST(Vpd, ThirdPartyCopyPageNeedsACopyService) {
  TestTarget target;
  EXPECT_TRUE(target.send(vpd(0x8f)).invalid_field(2));
}
TEST(Vpd, SerialNumberIsTheIdentitys) {
  TestTarget target;
  const Data data = target.send(vpd(0x80)).data;
  EXPECT_EQ(std::string(data.begin() + 4, data.end()), Identity::from_name("t/source").serial);
}

/// Designators of page 83h by association and type, the first of each.
std::map<int, Data> designators(const Data& page) {
  std::map<int, Data> found;
  for (size_t at = 4; at + 4 <= page.size(); at += 4u + page[at + 3])
    found.try_emplace(page[at + 1] & 0x3f, page.begin() + static_cast<ptrdiff_t>(at) + 4,
                      page.begin() + static_cast<ptrdiff_t>(at) + 4 + page[at + 3]);
  return found;
}

TEST(Vpd, DeviceIdentificationNamesUnitPortAndDevice) {
  TestTarget target;
  const auto found = designators(target.send(vpd(0x83)).data);
  const Identity identity = Identity::from_name("t/source");
  EXPECT_EQ(found.at(0x03), Data(identity.naa.begin(), identity.naa.end()));
  EXPECT_EQ(found.at(0x03)[0] >> 4, 3);
  const std::string t10(found.at(0x01).begin(), found.at(0x01).end());
  EXPECT_EQ(t10, "TIDEMARK" + identity.serial);
  EXPECT_EQ(found.at(0x14), (Data{0, 0, 0, 1}));
  const std::string device(found.at(0x28).begin(), found.at(0x28).end());
  EXPECT_STREQ(device.c_str(), "iqn.2026-11.dev.tidemark:test");
  EXPECT_EQ(device.size() % 4, 0u);
  const std::string port(found.at(0x18).begin(), found.at(0x18).end());
  EXPECT_STREQ(port.c_str(), "iqn.2026-11.dev.tidemark:test,t,0x0001");
}
TEST(Identity, SameNameSameIdentity) {
  EXPECT_EQ(Identity::from_name("a").naa, Identity::from_name("a").naa);
  EXPECT_NE(Identity::from_name("a").naa, Identity::from_name("b").naa);
  EXPECT_NE(Identity::from_name("a").serial, Identity::from_name("b").serial);
}

TEST(Vpd, BlockLimitsCountInBlocksOfTheUnit) {
  for (const uint32_t block_size : {512u, 4096u}) {
    TestTarget target{UnitOptions{.block_size = block_size}};
    const Data data = target.send(vpd(0xb0)).data;
    ASSERT_EQ(data.size(), 64u);
    EXPECT_EQ(data[4] & 0x01, 1);
    EXPECT_EQ(data[5], 255);
    EXPECT_EQ(load_be32(&data[8]), kMaxTransferBytes / block_size);
    EXPECT_EQ(load_be32(&data[20]), kMaxUnmapBytes / block_size);
    EXPECT_EQ(load_be32(&data[24]), kMaxUnmapDescriptors);
    EXPECT_EQ(load_be32(&data[28]), 4096 / block_size);
    EXPECT_EQ(load_be64(&data[36]), kMaxWriteSameBytes / block_size);
  }
}
TEST(Vpd, ThickUnitHasNoUnmapLimitsAndNoProvisioning) {
  TestTarget target{UnitOptions{.thin = false}};
  const Data limits = target.send(vpd(0xb0)).data;
  EXPECT_EQ(load_be32(&limits[20]), 0u);
  EXPECT_EQ(load_be32(&limits[24]), 0u);
  const Data provisioning = target.send(vpd(0xb2)).data;
  EXPECT_EQ(provisioning[5], 0);
  const Data capacity =
      target.send(CdbBuilder(0x9e, 0x10).set(FieldRole::allocation_length, 32)).data;
  EXPECT_EQ(capacity[14], 0);
}
TEST(Vpd, ThinUnitReadsUnmappedBlocksAsZero) {
  TestTarget target;
  const Data provisioning = target.send(vpd(0xb2)).data;
  EXPECT_EQ(provisioning[5], 0x80 | 0x40 | 0x20 | 0x04);
  EXPECT_EQ(provisioning[6] & 7, 2);
}
TEST(Vpd, MediumDoesNotRotate) {
  TestTarget target;
  EXPECT_EQ(load_be16(&target.send(vpd(0xb1)).data.at(4)), 1);
}

TEST(Capacity, TenIsLastLbaAndBlockLength) {
  TestTarget target;
  const Data data = target.send({0x25}).data;
  ASSERT_EQ(data.size(), 8u);
  EXPECT_EQ(load_be32(&data[0]), 4095u);
  EXPECT_EQ(load_be32(&data[4]), 512u);
}
TEST(Capacity, SixteenTellsProvisioningAndPhysicalBlocks) {
  TestTarget target;
  const Data data = target.send(CdbBuilder(0x9e, 0x10).set(FieldRole::allocation_length, 32)).data;
  ASSERT_EQ(data.size(), 32u);
  EXPECT_EQ(load_be64(&data[0]), 4095u);
  EXPECT_EQ(load_be32(&data[8]), 512u);
  EXPECT_EQ(data[13], 3);
  EXPECT_EQ(data[14], 0xc0);
}
TEST(Capacity, FourKnHasNoExponent) {
  TestTarget target{UnitOptions{.block_size = 4096}};
  const Data data = target.send(CdbBuilder(0x9e, 0x10).set(FieldRole::allocation_length, 32)).data;
  EXPECT_EQ(load_be32(&data[8]), 4096u);
  EXPECT_EQ(data[13], 0);
}

TEST(ReportLuns, ListsTheMapOfTheTarget) {
  TestTarget target;
  target.map(300, target.unit_);
  const Data data = target.send(CdbBuilder(0xa0).set(FieldRole::allocation_length, 255)).data;
  ASSERT_EQ(data.size(), 24u);
  EXPECT_EQ(load_be32(&data[0]), 16u);
  EXPECT_EQ(load_be64(&data[8]), 0u);
  EXPECT_EQ(load_be64(&data[16]), encode_lun(300));
}
TEST(ReportLuns, AnswersAtLunZeroWithoutUnit) {
  TestTarget target{UnitOptions{.mapped = false}};
  const Sent& sent = target.send(CdbBuilder(0xa0).set(FieldRole::allocation_length, 255));
  ASSERT_TRUE(sent.good());
  EXPECT_EQ(load_be32(&sent.data[0]), 0u);
}
TEST(ReportLuns, SelectionsAreUnitsTheWellKnownOneOrBoth) {
  TestTarget target;
  const auto select = [&](uint64_t which) {
    return target
        .send(CdbBuilder(0xa0)
                  .set(FieldRole::select_report, which)
                  .set(FieldRole::allocation_length, 255))
        .data;
  };
  EXPECT_EQ(select(0), (Data{0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(select(1), (Data{0, 0, 0, 8, 0, 0, 0, 0, 0xc1, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(select(2).size(), 8u + 2 * 8);
  for (const uint64_t subsidiary : {0x10, 0x11, 0x12}) EXPECT_EQ(select(subsidiary), Data(8));
}
TEST(WellKnownUnit, AnswersWhatItMustAndNothingElse) {
  TestTarget target;
  EXPECT_EQ(target.send_at(kReportLunsUnit, {0x12, 0, 0, 0, 96, 0}).data[0], 0x1e);
  EXPECT_TRUE(target.send_at(kReportLunsUnit, {0x00}).good());
  EXPECT_EQ(target.send_at(kReportLunsUnit, {0x03, 0, 0, 0, 18, 0}).data[2], 0);
  EXPECT_EQ(
      target.send_at(kReportLunsUnit, CdbBuilder(0xa0).set(FieldRole::allocation_length, 64)).data,
      (Data{0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_TRUE(target.send_at(kReportLunsUnit, CdbBuilder(0x28).range(0, 1))
                  .failed(SenseKey::illegal_request, 0x2000));
}
TEST(ReportLuns, UnknownSelectionIsInvalid) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0xa0).set(FieldRole::select_report, 5)).invalid_field(2));
}
TEST(ReportLuns, ClearsThatTheMapChanged) {
  TestTarget target;
  static_cast<Nexus&>(target.host()).add_attention(nullptr, attention::kLunsChanged);
  target.send(CdbBuilder(0xa0).set(FieldRole::allocation_length, 255));
  EXPECT_TRUE(target.send({0x00}).good());
}

CdbBuilder rsoc(uint8_t option, uint8_t opcode = 0, uint16_t service_action = 0) {
  return CdbBuilder(0xa3, 0x0c)
      .set(FieldRole::reporting_options, option)
      .set(FieldRole::requested_opcode, opcode)
      .set(FieldRole::requested_service_action, service_action)
      .set(FieldRole::allocation_length, 8192);
}

TEST(ReportOpcodes, AllAreTheRowsTheUnitSupports) {
  TestTarget target;
  const Data data = target.send(rsoc(0)).data;
  std::set<int> reported;
  for (size_t at = 4; at < data.size(); at += 8) reported.insert(data[at] << 8 | data[at + 3]);
  for (const CommandRow& row : command_rows())
    EXPECT_EQ(reported.count(row.opcode << 8 | row.service_action.value_or(0)),
              supports(*target.unit_, row) ? 1u : 0u)
        << row.name;
  EXPECT_EQ(load_be32(&data[0]) + 4u, data.size());
}
TEST(ReportOpcodes, AllWithTimeoutsHasTwentyByteEntries) {
  TestTarget target;
  const Data data = target.send(rsoc(0).set(FieldRole::rctd, 1)).data;
  EXPECT_EQ((data.size() - 4) % 20, 0u);
  EXPECT_EQ(data[4 + 5] & 0x02, 0x02);
  EXPECT_EQ(load_be16(&data[4 + 8]), 0x000a);
}
TEST(ReportOpcodes, OneHasItsUsageBitmap) {
  TestTarget target;
  const Data data = target.send(rsoc(1, 0x28)).data;
  EXPECT_EQ(data, (Data{0, 3, 0, 10, 0x28, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0x04}));
}
TEST(ReportOpcodes, OneWithTimeouts) {
  TestTarget target;
  const Data data = target.send(rsoc(1, 0x00).set(FieldRole::rctd, 1)).data;
  EXPECT_EQ(data.size(), 4u + 6u + 12u);
  EXPECT_EQ(data[1], 0x83);
}
TEST(ReportOpcodes, UnknownOneIsNotSupported) {
  TestTarget target;
  EXPECT_EQ(target.send(rsoc(1, 0x02)).data, (Data{0, 1, 0, 0}));
  EXPECT_EQ(target.send(rsoc(2, 0x9e, 0x1d)).data, (Data{0, 1, 0, 0}));
}
TEST(ReportOpcodes, ServiceActionIsReportedByValue) {
  TestTarget target;
  const Data data = target.send(rsoc(2, 0x9e, 0x10)).data;
  EXPECT_EQ(data[1], 3);
  EXPECT_EQ(data[5], 0x10);
}
TEST(ReportOpcodes, OptionMustFitTheOpcode) {
  TestTarget target;
  EXPECT_TRUE(target.send(rsoc(1, 0x9e)).invalid_field(2, 2));
  EXPECT_TRUE(target.send(rsoc(2, 0x28)).invalid_field(2, 2));
  EXPECT_TRUE(target.send(rsoc(5)).invalid_field(2, 2));
}
TEST(ReportOpcodes, OptionThreeTakesBoth) {
  TestTarget target;
  EXPECT_EQ(target.send(rsoc(3, 0x28)).data.at(1), 3);
  EXPECT_EQ(target.send(rsoc(3, 0x9e, 0x12)).data.at(1), 3);
  EXPECT_EQ(target.send(rsoc(3, 0x28, 1)).data.at(1), 1);
}
TEST(ReportTmfs, ShortAndExtended) {
  TestTarget target;
  EXPECT_EQ(target.send(CdbBuilder(0xa3, 0x0d).set(FieldRole::allocation_length, 64)).data,
            (Data{0xfe, 0x03, 0, 0}));
  const Data data =
      target
          .send(
              CdbBuilder(0xa3, 0x0d).set(FieldRole::repd, 1).set(FieldRole::allocation_length, 64))
          .data;
  EXPECT_EQ(data.size(), 16u);
  EXPECT_EQ(data[3], 12);
}

}  // namespace
}  // namespace tidemark::scsi
