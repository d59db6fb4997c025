// What a unit keeps through a restart: saved mode parameters, identifying information.
#include "tests/scsi/device_fixture.h"
#include "tests/scsi/memory_unit_store.h"

namespace tidemark::scsi {
namespace {

const Data kSwpPage{0x0a, 0x0a, 0x22, 0x10, 0x08, 0, 0, 0, 0xff, 0xff, 0, 0};

class Kept : public ::testing::Test {
 protected:
  Kept() { target_.unit_->keep_in(store_, {}); }

  const std::string& serial() const { return target_.unit_->identity().serial; }
  Sent& select(const Data& pages, bool saves, TestTarget* target = nullptr) {
    Data list(4);
    list.insert(list.end(), pages.begin(), pages.end());
    return (target ? *target : target_)
        .send(CdbBuilder(0x15)
                  .set(FieldRole::pf, 1)
                  .set(FieldRole::sp, saves)
                  .set(FieldRole::parameter_list_length, list.size()),
              list);
  }
  Data control_page(TestTarget& target, uint8_t page_control) {
    return target
        .send(CdbBuilder(0x1a)
                  .set(FieldRole::dbd, 1)
                  .set(FieldRole::page_code, 0x0a)
                  .set(FieldRole::page_control, page_control)
                  .set(FieldRole::allocation_length, 255))
        .data;
  }

  MemoryUnitStore store_;
  TestTarget target_;
};

TEST_F(Kept, SelectWithSpSavesAndWithoutDoesNot) {
  ASSERT_TRUE(select(kSwpPage, false).good());
  EXPECT_EQ(store_.saves, 0u);
  EXPECT_EQ(control_page(target_, 3)[4 + 4], 0x00);
  ASSERT_TRUE(select(kSwpPage, true).good());
  EXPECT_EQ(store_.records[serial()].modes.at("software_write_protect"), 1);
  EXPECT_EQ(control_page(target_, 3)[4 + 4], 0x08);
  EXPECT_EQ(control_page(target_, 2)[4 + 4], 0x00) << "defaults stay";
}

TEST_F(Kept, PagesThatCanBeSavedSaySo) {
  EXPECT_EQ(control_page(target_, 0)[4], 0x8a);
  TestTarget without;
  EXPECT_EQ(control_page(without, 0)[4], 0x0a);
}

TEST_F(Kept, SavedModesAreCurrentAfterARestartAndAfterAReset) {
  ASSERT_TRUE(select(kSwpPage, true).good());
  TestTarget again;
  again.unit_->keep_in(store_, store_.records[serial()]);
  EXPECT_EQ(control_page(again, 0)[4 + 4], 0x08);
  again.unit_->settings().software_write_protect = 0;
  again.unit_->reset();
  EXPECT_EQ(control_page(again, 0)[4 + 4], 0x08);
}

TEST_F(Kept, WhatCannotBeKeptIsNotSaved) {
  store_.fails = true;
  EXPECT_TRUE(select(kSwpPage, true).failed(SenseKey::hardware_error, 0x4400));
  EXPECT_EQ(control_page(target_, 3)[4 + 4], 0x00);
}

TEST_F(Kept, SavedValuesThatCannotBeAreIgnored) {
  TestTarget again;
  again.unit_->keep_in(store_, {.modes = {{"descriptor_sense", 7}, {"unheard_of", 1}}});
  EXPECT_FALSE(again.unit_->settings().descriptor_sense);
}

TEST_F(Kept, ASavedWriteCacheIsIgnoredOnceTheVolumeHasNone) {
  TestTarget again{UnitOptions{.write_cache = false}};
  again.unit_->keep_in(store_, {.modes = {{"write_cache", 1}}});
  EXPECT_FALSE(again.unit_->settings().write_cache);
  EXPECT_FALSE(again.unit_->saved_settings().write_cache);
}

TEST_F(Kept, ChangesAreMadeOneAfterTheOther) {
  store_.holds = true;
  std::vector<int> order;
  KeptState& kept = target_.unit_->kept();
  target_.executor_.as(0, [&] {
    kept.change([](UnitRecord& record) { record.text_information = "a"; }, 0,
                [&](bool) { order.push_back(1); });
    kept.change([](UnitRecord& record) { record.text_information += "b"; }, 0,
                [&](bool) { order.push_back(2); });
  });
  target_.settle();
  EXPECT_EQ(store_.saves, 1u);
  store_.let_go();
  target_.settle();
  EXPECT_EQ(store_.saves, 2u);
  store_.let_go();
  target_.settle();
  EXPECT_EQ(order, (std::vector{1, 2}));
  EXPECT_EQ(store_.records[serial()].text_information, "ab");
}

CdbBuilder identify(uint8_t opcode, uint8_t type, uint64_t length) {
  return CdbBuilder(opcode, opcode == 0xa3 ? 0x05 : 0x06)
      .set(FieldRole::information_type, type)
      .set(opcode == 0xa3 ? FieldRole::allocation_length : FieldRole::parameter_list_length,
           length);
}

TEST_F(Kept, IdentifyingInformationComesBack) {
  const Data bytes{1, 0, 2, 0xff};
  ASSERT_TRUE(target_.send(identify(0xa4, 0, 4), bytes).good());
  EXPECT_EQ(target_.send(identify(0xa3, 0, 255)).data, (Data{0, 0, 0, 4, 1, 0, 2, 0xff}));
  ASSERT_TRUE(target_.send(identify(0xa4, 2, 3), {'h', 'i', 0}).good());
  EXPECT_EQ(target_.send(identify(0xa3, 2, 255)).data, (Data{0, 0, 0, 3, 'h', 'i', 0}));
  ASSERT_TRUE(target_.send(identify(0xa4, 2, 0)).good());
  EXPECT_EQ(target_.send(identify(0xa3, 2, 255)).data, (Data{0, 0, 0, 0}));
}
TEST_F(Kept, IdentifyingInformationTypesAreListed) {
  EXPECT_EQ(target_.send(identify(0xa3, 0x7f, 255)).data,
            (Data{0, 0, 0, 8, 0x00, 0, 2, 0, 0x02, 0, 1, 0}));
  EXPECT_TRUE(target_.send(identify(0xa3, 1, 255)).invalid_field(10, 7));
}
TEST_F(Kept, IdentifyingInformationHasItsLimits) {
  EXPECT_TRUE(target_.send(identify(0xa4, 0, 513), Data(513)).invalid_field(6));
  EXPECT_TRUE(target_.send(identify(0xa4, 2, 2), {'h', 'i'}).invalid_in_list(2));
  EXPECT_TRUE(target_.send(identify(0xa4, 2, 3), {'h', 0, 'i'}).invalid_in_list(1));
}
TEST_F(Kept, OthersAreToldOfNewIdentifyingInformation) {
  ItNexus& other = target_.attach(0);
  ASSERT_TRUE(target_.send_to(target_.attach(0), identify(0xa4, 0, 1), {7}).good());
  EXPECT_TRUE(target_.send_to(other, {0x00}).attention(attention::kIdentifierChanged));
}
TEST(KeptNot, WithoutAStoreThereIsNothingToSetAndNothingToSave) {
  TestTarget target;
  EXPECT_TRUE(target.send(identify(0xa4, 0, 0)).invalid_field(1, 4));
  EXPECT_TRUE(target.send(CdbBuilder(0x15).set(FieldRole::sp, 1)).invalid_field(1, 0));
}

}  // namespace
}  // namespace tidemark::scsi
