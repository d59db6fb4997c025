// MODE SENSE, MODE SELECT and the other commands about a unit's state.
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

CdbBuilder sense6(uint8_t page, uint8_t control = 0) {
  return CdbBuilder(0x1a)
      .set(FieldRole::page_code, page)
      .set(FieldRole::page_control, control)
      .set(FieldRole::allocation_length, 255);
}
/// MODE SELECT(6) with a header of zeroes in front of `pages`.
Sent& select6(TestTarget& target, const Data& pages, ItNexus* nexus = nullptr) {
  Data list(4);
  list.insert(list.end(), pages.begin(), pages.end());
  return target.send_to(
      nexus ? *nexus : target.host(),
      CdbBuilder(0x15).set(FieldRole::pf, 1).set(FieldRole::parameter_list_length, list.size()),
      list);
}
const Data kControlDefault{0x0a, 0x0a, 0x22, 0x10, 0, 0, 0, 0, 0xff, 0xff, 0, 0};
Data control_page(uint8_t byte2, uint8_t byte4 = 0) {
  Data page = kControlDefault;
  page[2] = byte2;
  page[4] = byte4;
  return page;
}

TEST(ModeSense, SixHasHeaderDescriptorAndPage) {
  TestTarget target;
  const Data data = target.send(sense6(0x08)).data;
  ASSERT_EQ(data.size(), 4u + 8u + 20u);
  EXPECT_EQ(data[0], data.size() - 1);
  EXPECT_EQ(data[2], 0x10);
  EXPECT_EQ(data[3], 8);
  EXPECT_EQ(load_be32(&data[4]), 4096u);
  EXPECT_EQ(load_be24(&data[9]), 512u);
  EXPECT_EQ(data[12], 0x08);
  EXPECT_EQ(data[14], 0x14);
}
TEST(ModeSense, TenWithLongDescriptor) {
  TestTarget target;
  const Data data = target
                        .send(CdbBuilder(0x5a)
                                  .set(FieldRole::llbaa, 1)
                                  .set(FieldRole::page_code, 0x0a)
                                  .set(FieldRole::allocation_length, 255))
                        .data;
  ASSERT_EQ(data.size(), 8u + 16u + 12u);
  EXPECT_EQ(load_be16(&data[0]), data.size() - 2);
  EXPECT_EQ(data[4], 1);
  EXPECT_EQ(load_be16(&data[6]), 16);
  EXPECT_EQ(load_be64(&data[8]), 4096u);
  EXPECT_EQ(load_be32(&data[20]), 512u);
}
TEST(ModeSense, DbdLeavesTheDescriptorOut) {
  TestTarget target;
  const Data data = target.send(sense6(0x0a).set(FieldRole::dbd, 1)).data;
  EXPECT_EQ(data[3], 0);
  EXPECT_EQ(data.size(), 16u);
}
TEST(ModeSense, AllPagesAscend) {
  TestTarget target;
  const Data data = target.send(sense6(0x3f).set(FieldRole::dbd, 1)).data;
  Data codes;
  for (size_t at = 4; at < data.size(); at += 2u + data[at + 1]) codes.push_back(data[at]);
  EXPECT_EQ(codes, (Data{0x01, 0x02, 0x07, 0x08, 0x0a, 0x1c}));
}
TEST(ModeSense, UnknownPageIsInvalid) {
  TestTarget target;
  EXPECT_TRUE(target.send(sense6(0x33)).invalid_field(2, 5));
}
TEST(ModeSense, UnknownSubpageIsInvalid) {
  TestTarget target;
  EXPECT_TRUE(target.send(sense6(0x0a).set(FieldRole::subpage_code, 2)).invalid_field(3));
}
TEST(ModeSense, ControlExtensionIsASubpage) {
  TestTarget target;
  const Data data =
      target.send(sense6(0x0a).set(FieldRole::dbd, 1).set(FieldRole::subpage_code, 1)).data;
  ASSERT_EQ(data.size(), 4u + 4u + 28u);
  EXPECT_EQ(Data(data.begin() + 4, data.begin() + 11), (Data{0x4a, 0x01, 0, 28, 0x03, 0, 252}));
}
TEST(ModeSense, AllSubpagesAreAllThereIs) {
  TestTarget target;
  const auto size = [&](uint8_t page, uint8_t subpage) {
    return target.send(sense6(page).set(FieldRole::dbd, 1).set(FieldRole::subpage_code, subpage))
        .data.size();
  };
  EXPECT_EQ(size(0x0a, 0xff), 4u + 12u + 32u);
  EXPECT_EQ(size(0x3f, 0xff), size(0x3f, 0) + 32u);
}
TEST(ModeSense, NothingIsSaved) {
  TestTarget target;
  EXPECT_TRUE(target.send(sense6(0x08, 3)).failed(SenseKey::illegal_request, 0x3900));
}
TEST(ModeSense, ChangeableMaskIsWhatSelectTakes) {
  TestTarget target;
  const Data caching = target.send(sense6(0x08, 1).set(FieldRole::dbd, 1)).data;
  EXPECT_EQ(caching[4 + 2], 0x04);
  const Data control = target.send(sense6(0x0a, 1).set(FieldRole::dbd, 1)).data;
  EXPECT_EQ(Data(control.begin() + 4, control.end()),
            (Data{0x0a, 0x0a, 0x14, 0xfe, 0x38, 0x40, 0, 0, 0, 0, 0, 0}));
}
TEST(ModeSense, WpIsSetForReadOnlyUnits) {
  TestTarget target{UnitOptions{.read_only = true}};
  EXPECT_EQ(target.send(sense6(0x08)).data[2] & 0x80, 0x80);
}
TEST(ModeSense, WpIsSetWhileACopyProtectsTheUnit) {
  TestTarget target;
  target.gate_.protect(true, 0, [] {});
  target.settle();
  EXPECT_EQ(target.send(sense6(0x08)).data[2] & 0x80, 0x80);
}
TEST(ModeSense, WceFollowsTheVolume) {
  TestTarget target{UnitOptions{.write_cache = false}};
  EXPECT_EQ(target.send(sense6(0x08).set(FieldRole::dbd, 1)).data[6] & 0x04, 0);
}

TEST(ModeSelect, DSenseChangesTheFormatOfSense) {
  TestTarget target;
  ASSERT_TRUE(select6(target, control_page(0x26)).good());
  EXPECT_EQ(target.send(sense6(0x0a).set(FieldRole::dbd, 1)).data[6], 0x26);
  Task task;
  task.unit = target.unit_;
  task.sense = sense::invalid_opcode();
  std::array<uint8_t, kSenseMax> data;
  task.encode_sense(data);
  EXPECT_EQ(data[0], 0x72);
}
TEST(ModeSelect, SwpProtectsAndShowsInWp) {
  TestTarget target;
  ASSERT_TRUE(select6(target, control_page(0x22, 0x08)).good());
  EXPECT_EQ(target.send(sense6(0x0a)).data[2] & 0x80, 0x80);
  EXPECT_TRUE(target.send(CdbBuilder(0x2a).range(0, 1)).failed(SenseKey::data_protect, 0x2702));
  ASSERT_TRUE(select6(target, kControlDefault).good());
  EXPECT_TRUE(target.send(CdbBuilder(0x2a).range(0, 1), blocks_of(1, 1)).good());
}
TEST(ModeSelect, WithoutWriteCacheEveryWriteIsDurable) {
  TestTarget target;
  Data caching(20);
  caching[0] = 0x08;
  caching[1] = 0x12;
  caching[2] = 0x10;
  ASSERT_TRUE(select6(target, caching).good());
  target.send(CdbBuilder(0x2a).range(0, 1), blocks_of(1, 1));
  EXPECT_TRUE(target.volume_.seen().back().fua);
}
TEST(ModeSelect, AVolumeWithoutWriteCacheGetsNone) {
  TestTarget target{UnitOptions{.write_cache = false}};
  EXPECT_EQ(target.send(sense6(0x08, 1).set(FieldRole::dbd, 1)).data[4 + 2], 0) << "changeable";
  Data caching(20);
  caching[0] = 0x08;
  caching[1] = 0x12;
  caching[2] = 0x14;
  EXPECT_TRUE(select6(target, caching).invalid_in_list(4 + 2));
  EXPECT_EQ(target.send(sense6(0x08).set(FieldRole::dbd, 1)).data[4 + 2], 0x10);
  caching[2] = 0x10;
  EXPECT_TRUE(select6(target, caching).good()) << "as it is";
}
TEST(ModeSelect, OthersAreToldTheOneWhoAskedIsNot) {
  TestTarget target{UnitOptions{.cores = 2}};
  ItNexus& asker = target.attach(0);
  ItNexus& here = target.attach(0);
  ItNexus& there = target.attach(1);
  ASSERT_TRUE(select6(target, control_page(0x26), &asker).good());
  EXPECT_TRUE(target.send_to(asker, {0x00}).good());
  EXPECT_TRUE(target.send_to(here, {0x00}).attention(attention::kModeParametersChanged));
  EXPECT_TRUE(target.send_to(there, {0x00}).attention(attention::kModeParametersChanged));
  EXPECT_TRUE(target.send_to(there, {0x00}).good());
}
TEST(ModeSelect, NoChangeIsToldToNobody) {
  TestTarget target;
  ItNexus& asker = target.attach();
  ItNexus& other = target.attach();
  ASSERT_TRUE(select6(target, kControlDefault, &asker).good());
  EXPECT_TRUE(target.send_to(other, {0x00}).good());
}
TEST(ModeSelect, FixedBitIsPointedAtAndNothingChanges) {
  TestTarget target;
  Data pages = control_page(0x26);
  Data second = control_page(0x22);
  second[5] = 0x80;  // ATO
  pages.insert(pages.end(), second.begin(), second.end());
  const Sent& sent = select6(target, pages);
  EXPECT_TRUE(sent.invalid_in_list(4 + 12 + 5));
  EXPECT_EQ(sent.sense.field->bit, 7);
  EXPECT_FALSE(target.unit_->settings().descriptor_sense);
}
TEST(ModeSelect, ReservedValuesOfAFieldArePointedAt) {
  TestTarget target;
  struct Wrong {
    size_t byte;
    uint8_t value;
    uint8_t bit;
  };
  for (const Wrong& wrong : {Wrong{3, 0x20, 7}, Wrong{3, 0x14, 2}, Wrong{4, 0x10, 5}}) {
    Data page = kControlDefault;
    page[wrong.byte] = wrong.value;
    const Sent& sent = select6(target, page);
    EXPECT_TRUE(sent.invalid_in_list(static_cast<int>(4 + wrong.byte)));
    EXPECT_EQ(sent.sense.field->bit, wrong.bit);
  }
}
TEST(ModeSelect, ListCutInsideAPage) {
  TestTarget target;
  Data page = kControlDefault;
  page.pop_back();
  EXPECT_TRUE(select6(target, page).failed(SenseKey::illegal_request, 0x1a00));
}
TEST(ModeSelect, WrongPageLength) {
  TestTarget target;
  Data page = kControlDefault;
  page[1] = 0x09;
  EXPECT_TRUE(select6(target, page).invalid_in_list(5));
}
TEST(ModeSelect, SubpageIsTakenAsItIsAndNotOtherwise) {
  TestTarget target;
  Data page(32);
  page[0] = 0x4a;
  page[1] = 0x01;
  page[3] = 28;
  page[4] = 0x03;
  page[6] = 252;
  EXPECT_TRUE(select6(target, page).good());
  page[4] = 0x07;
  EXPECT_TRUE(select6(target, page).invalid_in_list(4 + 4));
  page[1] = 0x02;
  EXPECT_TRUE(select6(target, page).invalid_in_list(4));
}
TEST(ModeSelect, UnknownPage) {
  TestTarget target;
  EXPECT_TRUE(select6(target, {0x33, 0x02, 0, 0}).invalid_in_list(4));
}
TEST(ModeSelect, SavingIsNotOffered) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x15).set(FieldRole::pf, 1).set(FieldRole::sp, 1))
                  .invalid_field(1, 0));
}
TEST(ModeSelect, EmptyListIsGood) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x55).set(FieldRole::pf, 1)).good());
}
TEST(ModeSelect, AnotherBlockLengthIsRefused) {
  TestTarget target;
  Data list(4 + 8);
  list[3] = 8;
  store_be24(&list[9], 4096);
  EXPECT_TRUE(
      target
          .send(CdbBuilder(0x15).set(FieldRole::pf, 1).set(FieldRole::parameter_list_length, 12),
                list)
          .invalid_in_list(9));
}
TEST(ModeSelect, TenTakesBackWhatSenseGave) {
  TestTarget target;
  Data data = target
                  .send(CdbBuilder(0x5a)
                            .set(FieldRole::page_code, 0x3f)
                            .set(FieldRole::allocation_length, 255))
                  .data;
  store_be16(&data[0], 0);
  data[3] = 0;
  EXPECT_TRUE(target
                  .send(CdbBuilder(0x55)
                            .set(FieldRole::pf, 1)
                            .set(FieldRole::parameter_list_length, data.size()),
                        data)
                  .good());
}
TEST(ModeSelect, ListNotAllReceived) {
  TestTarget target;
  EXPECT_TRUE(
      target
          .send(CdbBuilder(0x15).set(FieldRole::pf, 1).set(FieldRole::parameter_list_length, 16),
                Data(4))
          .failed(SenseKey::illegal_request, 0x1a00));
}

const Data kRequestSense{0x03, 0, 0, 0, 252, 0};

TEST(RequestSense, NothingToTell) {
  TestTarget target;
  const Data data = target.send(kRequestSense).data;
  EXPECT_EQ(data.size(), 18u);
  EXPECT_EQ(data[2], 0);
}
TEST(RequestSense, AttentionIsToldAsDataAndThereby) {
  TestTarget target;
  ItNexus& fresh = target.attach(0, true);
  const Data data = target.send_to(fresh, kRequestSense).data;
  EXPECT_EQ(data[2], 0x06);
  EXPECT_EQ(load_be16(&data[12]), attention::kPowerOn);
  EXPECT_TRUE(target.send_to(fresh, {0x00}).good());
}
TEST(RequestSense, DescBitChoosesTheFormat) {
  TestTarget target;
  EXPECT_EQ(target.send({0x03, 1, 0, 0, 252, 0}).data.at(0), 0x72);
}
TEST(RequestSense, AbsentUnitIsToldAsData) {
  TestTarget target;
  const Sent& sent = target.send_at(encode_lun(4), kRequestSense);
  ASSERT_TRUE(sent.good());
  EXPECT_EQ(load_be16(&sent.data[12]), 0x2500);
}
TEST(RequestSense, StoppedUnitIsToldAsData) {
  TestTarget target;
  target.unit_->readiness().set(Readiness::State::stopped);
  EXPECT_EQ(load_be16(&target.send(kRequestSense).data[12]), 0x0402);
}
TEST(Inquiry, LeavesTheAttentionPending) {
  TestTarget target;
  ItNexus& fresh = target.attach(0, true);
  EXPECT_TRUE(target.send_to(fresh, {0x12, 0, 0, 0, 96, 0}).good());
  EXPECT_TRUE(target.send_to(fresh, {0x00}).attention(attention::kPowerOn));
}

TEST(StartStop, StopFlushesThenUnitIsNotReadyUntilStarted) {
  TestTarget target;
  EXPECT_TRUE(target.send({0x1b, 0, 0, 0, 0, 0}).good());
  EXPECT_EQ(target.volume_.count(storage::Verb::flush), 1u);
  EXPECT_TRUE(target.send({0x00}).failed(SenseKey::not_ready, 0x0402));
  EXPECT_TRUE(target.send({0x1b, 0, 0, 0, 1, 0}).good());
  EXPECT_TRUE(target.send({0x00}).good());
}
TEST(StartStop, NoFlushDoesNotFlush) {
  TestTarget target;
  EXPECT_TRUE(target.send({0x1b, 0, 0, 0, 4, 0}).good());
  EXPECT_EQ(target.volume_.count(storage::Verb::flush), 0u);
}
TEST(StartStop, FailedFlushLeavesTheUnitRunning) {
  TestTarget target;
  target.volume_.fail_if([](const storage::VolumeIo&) { return storage::Errc::medium_write; });
  EXPECT_TRUE(target.send({0x1b, 0, 0, 0, 0, 0}).failed(SenseKey::medium_error, 0x0c00));
  EXPECT_TRUE(target.send({0x00}).good());
}
TEST(StartStop, PowerConditionsAndEjectionAreRefused) {
  TestTarget target;
  EXPECT_TRUE(target.send({0x1b, 0, 0, 0, 0x10, 0}).invalid_field(4, 7));
  EXPECT_TRUE(target.send({0x1b, 0, 0, 0, 0x02, 0}).invalid_field(4, 1));
}
TEST(PreventAllow, IsAccepted) {
  TestTarget target;
  EXPECT_TRUE(target.send({0x1e, 0, 0, 0, 1, 0}).good());
}

}  // namespace
}  // namespace tidemark::scsi
