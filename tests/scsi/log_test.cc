// LOG SENSE and LOG SELECT.
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

using storage::Errc;

CdbBuilder log_page(uint8_t code, uint8_t subpage = 0, uint16_t first = 0) {
  return CdbBuilder(0x4d)
      .set(FieldRole::page_control, 1)
      .set(FieldRole::page_code, code)
      .set(FieldRole::subpage_code, subpage)
      .set(FieldRole::parameter_pointer, first)
      .set(FieldRole::allocation_length, 255);
}
CdbBuilder clear_page(uint8_t code) {
  return CdbBuilder(0x4c)
      .set(FieldRole::pcr, 1)
      .set(FieldRole::page_control, 1)
      .set(FieldRole::page_code, code);
}
/// The value of a parameter; none if the page does not have it.
std::optional<Data> parameter(const Data& page, uint16_t code) {
  for (size_t at = 4; at + 4 <= page.size(); at += 4u + page[at + 3])
    if (load_be16(&page[at]) == code)
      return Data(page.begin() + static_cast<ptrdiff_t>(at) + 4,
                  page.begin() + static_cast<ptrdiff_t>(at) + 4 + page[at + 3]);
  return std::nullopt;
}
uint64_t counter(const Data& page, uint16_t code) {
  const auto value = parameter(page, code);
  return value ? load_be64(value->data()) : UINT64_MAX;
}

TEST(LogSense, ListsItsPages) {
  TestTarget target;
  EXPECT_EQ(target.send(log_page(0)).data,
            (Data{0, 0, 0, 7, 0x00, 0x02, 0x03, 0x05, 0x0c, 0x19, 0x2f}));
  const Data all = target.send(log_page(0, 0xff)).data;
  EXPECT_EQ(all[0], 0x40);
  EXPECT_EQ(all[1], 0xff);
  EXPECT_EQ(load_be16(&all[2]), 2 * 8);
  EXPECT_EQ(all[6], 0x00);
  EXPECT_EQ(all[7], 0xff);
}
TEST(LogSense, EveryPageListedIsThereWithItsLength) {
  TestTarget target;
  const Data list = target.send(log_page(0)).data;
  for (size_t i = 4; i < list.size(); ++i) {
    const Data page = target.send(log_page(list[i])).data;
    ASSERT_GE(page.size(), 4u) << int(list[i]);
    EXPECT_EQ(page[0] & 0x3f, list[i]);
    EXPECT_EQ(load_be16(&page[2]), page.size() - 4) << int(list[i]);
  }
}
TEST(LogSense, UnknownPagesAreInvalid) {
  TestTarget target;
  EXPECT_TRUE(target.send(log_page(0x11)).invalid_field(2, 5));
  EXPECT_TRUE(target.send(log_page(0x2f, 1)).invalid_field(3));
  EXPECT_TRUE(target.send(log_page(0, 0, 1)).invalid_field(5));
  EXPECT_TRUE(target.send(log_page(0x19).set(FieldRole::page_control, 0)).invalid_field(2, 7));
}
TEST(LogSense, SavesNothing) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x4d).set(FieldRole::sp, 1)).invalid_field(1, 0));
}
TEST(LogSense, ParametersBeginAtTheOneAskedFor) {
  TestTarget target;
  const Data page = target.send(log_page(0x02, 0, 5)).data;
  EXPECT_EQ(load_be16(&page[4]), 5);
  EXPECT_TRUE(target.send(log_page(0x02, 0, 7)).invalid_field(5));
}

TEST(LogStatistics, CountsCommandsAndBlocks) {
  TestTarget target;
  target.send(CdbBuilder(0x2a).range(0, 3), blocks_of(1, 3));
  target.send(CdbBuilder(0x8a).set(FieldRole::fua, 1).range(0, 2), blocks_of(1, 2));
  target.send(CdbBuilder(0x28).range(0, 4));
  target.send(CdbBuilder(0x28).range(5000, 1));  // refused
  const auto general = parameter(target.send(log_page(0x19)).data, 1);
  ASSERT_TRUE(general);
  ASSERT_EQ(general->size(), 0x40u);
  EXPECT_EQ(load_be64(&(*general)[0]), 1u);
  EXPECT_EQ(load_be64(&(*general)[8]), 2u);
  EXPECT_EQ(load_be64(&(*general)[16]), 5u);
  EXPECT_EQ(load_be64(&(*general)[24]), 4u);
  const auto fua = parameter(target.send(log_page(0x19)).data, 4);
  EXPECT_EQ(load_be64(&(*fua)[8]), 1u);
}
TEST(LogStatistics, CoresCountTogether) {
  TestTarget target{UnitOptions{.cores = 2}};
  for (const CoreId core : std::array<CoreId, 2>{0, 1})
    target.send_to(target.attach(core), CdbBuilder(0x28).range(0, 2));
  const auto general = parameter(target.send(log_page(0x19)).data, 1);
  EXPECT_EQ(load_be64(&(*general)[24]), 4u);
}
TEST(LogErrors, MediumErrorsAreCountedByWhatWasDone) {
  TestTarget target;
  target.volume_.fail_if([](const storage::VolumeIo& io) {
    return io.verb == storage::Verb::read ? Errc::medium_read : Errc::medium_write;
  });
  target.send(CdbBuilder(0x28).range(0, 1));
  target.send(CdbBuilder(0x2a).range(0, 1), blocks_of(1, 1));
  target.send(CdbBuilder(0x2f).range(0, 1));
  for (const uint8_t page : std::array<uint8_t, 3>{0x02, 0x03, 0x05})
    EXPECT_EQ(counter(target.send(log_page(page)).data, 6), 1u) << int(page);
}
TEST(LogProvisioning, TellsWhatIsUsedInUnitsTheProvisioningPageGives) {
  TestTarget target{UnitOptions{.blocks = 8192}};
  target.send(CdbBuilder(0x2a).range(0, 2049), blocks_of(1, 2049));
  const Data b2 = target.send({0x12, 1, 0xb2, 0, 64, 0}).data;
  EXPECT_EQ(uint64_t{512} << b2[4], kMiB);
  const Data page = target.send(log_page(0x0c)).data;
  const auto used = parameter(page, 2);
  ASSERT_TRUE(used);
  EXPECT_EQ(load_be32(used->data()), 2u) << "1 MiB and a block";
  EXPECT_EQ((*used)[4], 1);
  EXPECT_EQ(load_be32(parameter(page, 1)->data()), 3u);
}
TEST(LogProvisioning, ThickUnitsHaveNoSuchPage) {
  TestTarget target{UnitOptions{.thin = false}};
  EXPECT_TRUE(target.send(log_page(0x0c)).invalid_field(2, 5));
}

TEST(LogSelect, ResetsAPageOrAllAndTellsTheOthers) {
  TestTarget target;
  ItNexus& one = target.attach();
  ItNexus& other = target.attach();
  target.send_to(one, CdbBuilder(0x2a).range(0, 3), blocks_of(1, 3));
  target.send_to(one, CdbBuilder(0x2f).range(0, 2));
  ASSERT_TRUE(target.send_to(one, clear_page(0x05)).good());
  EXPECT_EQ(counter(target.send_to(one, log_page(0x05)).data, 5), 0u);
  EXPECT_EQ(counter(target.send_to(one, log_page(0x02)).data, 5), 3u * 512);
  EXPECT_TRUE(target.send_to(other, {0x00}).attention(attention::kLogParametersChanged));
  ASSERT_TRUE(target.send_to(one, clear_page(0x00)).good());
  EXPECT_EQ(counter(target.send_to(one, log_page(0x02)).data, 5), 0u);
}
TEST(LogSelect, ParametersCannotBeSet) {
  TestTarget target;
  const Data list{0x02, 0, 0, 12, 0, 5, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0};
  CdbBuilder cdb(0x4c);
  cdb.set(FieldRole::parameter_list_length, list.size());
  EXPECT_TRUE(target.send(cdb, list).invalid_in_list(0));
  EXPECT_TRUE(target.send(cdb.set(FieldRole::pcr, 1), list).invalid_field(7));
  EXPECT_TRUE(target.send(CdbBuilder(0x4c)).good());
  EXPECT_TRUE(target.send(CdbBuilder(0x4c).set(FieldRole::sp, 1)).invalid_field(1, 0));
}

}  // namespace
}  // namespace tidemark::scsi
