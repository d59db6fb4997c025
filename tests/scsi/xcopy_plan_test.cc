// From an EXTENDED COPY list to orders: which units its descriptors mean, which segments are
// carried out, what is refused and with which sense data (SPC-4 clauses 5.17.7, 6.4.5, 6.4.6).
#include "scsi/xcopy_plan.h"

#include "scsi/copy_sense.h"
#include "scsi/cscd.h"
#include "tests/scsi/xcopy_plan_fixture.h"

namespace tidemark::scsi {
namespace {

TEST_F(XcopyPlanTest, CountsAndAddressesAreInBlocks) {
  bytes_.add_blocks(0, 1, 10, 20, 8);
  const XcopyPlan made = accepted();
  ASSERT_EQ(made.orders.size(), 1u);
  const XcopyOrder& order = made.orders[0];
  EXPECT_EQ(order.source.unit, units_->at(0));
  EXPECT_EQ(order.destination.unit, units_->at(1));
  ASSERT_EQ(order.ranges.size(), 1u);
  EXPECT_EQ(order.ranges[0].source_offset, 10u * 512);
  EXPECT_EQ(order.ranges[0].destination_offset, 20u * 512);
  EXPECT_EQ(order.ranges[0].length, 8u * 512);
}

TEST_F(XcopyPlanTest, SegmentsOfOnePairAreOneOrder) {
  for (uint16_t i = 0; i < 5; ++i) bytes_.add_blocks(0, 1, i * 100u, i * 200u, 100);
  const XcopyPlan made = accepted();
  ASSERT_EQ(made.orders.size(), 1u);
  EXPECT_EQ(made.orders[0].ranges.size(), 5u);
  EXPECT_EQ(made.orders[0].segments, (std::vector<uint16_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(made.segments, 5);
}

TEST_F(XcopyPlanTest, AnotherPairIsAnotherOrder) {
  bytes_.add_blocks(0, 1, 0, 0, 8);
  bytes_.add_blocks(1, 0, 0, 100, 8);
  bytes_.add_blocks(0, 1, 200, 200, 8);
  const XcopyPlan made = accepted();
  ASSERT_EQ(made.orders.size(), 3u);
  EXPECT_EQ(made.orders[1].source.unit, units_->at(1));
  EXPECT_EQ(made.orders[2].segments, std::vector<uint16_t>{2});
}

TEST_F(XcopyPlanTest, ALaterSegmentOverAnEarlierOneIsAnotherOrder) {
  bytes_.add_blocks(0, 1, 0, 100, 8);
  bytes_.add_blocks(0, 1, 50, 104, 8);
  EXPECT_EQ(accepted().orders.size(), 2u);
}

TEST_F(XcopyPlanTest, ReadingWhatAnEarlierSegmentWroteIsAnotherOrder) {
  bytes_.add_blocks(0, 0, 0, 100, 8);
  bytes_.add_blocks(0, 0, 100, 200, 8);
  EXPECT_EQ(accepted().orders.size(), 2u);
}

TEST_F(XcopyPlanTest, WritingWhatAnEarlierSegmentReadIsAnotherOrder) {
  bytes_.add_blocks(0, 0, 100, 200, 8);
  bytes_.add_blocks(0, 0, 0, 100, 8);
  EXPECT_EQ(accepted().orders.size(), 2u);
}

TEST_F(XcopyPlanTest, CountZeroIsNoError) {
  bytes_.add_blocks(0, 1, UINT64_MAX, UINT64_MAX, 0);
  bytes_.add_bytes(0, 1, 0, 0, 0);
  const XcopyPlan made = accepted();
  EXPECT_TRUE(made.orders.empty());
  EXPECT_EQ(made.segments, 2);
}

TEST_F(XcopyPlanTest, CopyingARangeOntoItselfMovesNothing) {
  bytes_.add_blocks(0, 0, 64, 64, 8);
  EXPECT_TRUE(accepted().orders.empty());
}

TEST_F(XcopyPlanTest, ASegmentOverItsOwnSourceIsRefused) {
  bytes_.add_blocks(0, 0, 64, 65, 8);
  refused(SenseKey::illegal_request, 0x2600, at(0) + 20, std::nullopt);
}

TEST_F(XcopyPlanTest, IdFfffIsTheUnitThatGotTheCommand) {
  bytes_.add_blocks(0xffff, 1, 0, 0, 8);
  EXPECT_EQ(accepted().orders.at(0).source.unit, units_->at(0));
}

TEST_F(XcopyPlanTest, UnusableIdsAreUnreachable) {
  for (const uint16_t id : std::to_array<uint16_t>({2, 0x7ff, 0x800, 0xc000, 0xc001, 0xf800})) {
    bytes_.segments.clear();
    bytes_.add_blocks(0, 1, 0, 0, 8);
    bytes_.add_blocks(id, 1, 0, 0, 8);
    aborted(0x0804, at(1) + 4, 1);
    bytes_.segments.clear();
    bytes_.add_blocks(0, id, 0, 0, 8);
    aborted(0x0804, at(0) + 6);
  }
}

TEST_F(XcopyPlanTest, UnknownDesignatorIsNotReachable) {
  bytes_.cscds[1][15] ^= 1;
  bytes_.add_blocks(0, 1, 0, 0, 8);
  aborted(0x0d02, kSecondCscd);
}

TEST_F(XcopyPlanTest, UnreferencedDescriptorsNeedNotResolve) {
  bytes_.cscds[1][15] ^= 1;
  bytes_.add_blocks(0, 0, 0, 8, 8);
  EXPECT_EQ(accepted().orders.size(), 1u);
}

TEST_F(XcopyPlanTest, DesignatorsOfPortsAndDevicesNameNoUnit) {
  bytes_.add_blocks(0, 1, 0, 0, 8);
  for (const int association : {0x10, 0x20, 0x30}) {
    bytes_.cscds[0][5] = static_cast<uint8_t>(association | 0x03);
    aborted(0x0d02, kFirstCscd);
  }
}

TEST_F(XcopyPlanTest, AllOfADesignatorMustMatch) {
  bytes_.add_blocks(0, 1, 0, 0, 8);
  bytes_.cscds[0][7] = 7;  // shorter
  aborted(0x0d02, kFirstCscd);
  bytes_.cscds[0][7] = 9;  // longer
  aborted(0x0d02, kFirstCscd);
  bytes_.cscds[0][7] = 8;
  bytes_.cscds[0][4] = 2;  // another code set
  aborted(0x0d02, kFirstCscd);
}

TEST_F(XcopyPlanTest, OtherDeviceTypesAreIncorrect) {
  bytes_.add_blocks(0, 1, 0, 0, 8);
  for (const int type : {1, 3, 5, 0x0e, 0x1f}) {
    bytes_.cscds[1][1] = static_cast<uint8_t>(type);
    aborted(0x0d03, kSecondCscd);
  }
}

TEST_F(XcopyPlanTest, BlockLengthIsTheUnitsOrZero) {
  bytes_.add_blocks(0, 1, 0, 0, 8);
  store_be24(&bytes_.cscds[0][29], 512);
  EXPECT_EQ(accepted().orders.size(), 1u);
  store_be24(&bytes_.cscds[0][29], 4096);
  aborted(0x0d03, kFirstCscd);
}

TEST_F(XcopyPlanTest, SourceBeyondItsEndIsUnreachable) {
  bytes_.add_blocks(0, 1, kBlocks - 7, 0, 8);
  aborted(0x0804, at(0) + 12);
  store_be64(&bytes_.segments[0][12], UINT64_MAX);
  aborted(0x0804, at(0) + 12);
  store_be64(&bytes_.segments[0][12], kBlocks - 8);
  EXPECT_EQ(accepted().orders.size(), 1u);
}

TEST_F(XcopyPlanTest, DestinationBeyondItsEndIsUnreachable) {
  bytes_.add_blocks(0, 1, 0, 0, 8);
  bytes_.add_blocks(0, 1, 0, kBlocks - 7, 8);
  aborted(0x0804, at(1) + 20, 1);
  store_be64(&bytes_.segments[1][20], uint64_t{1} << 55);  // times 512 is 0 in 64 bits
  aborted(0x0804, at(1) + 20, 1);
}

TEST_F(XcopyPlanTest, ReadOnlyDestinationIsWriteProtected) {
  unit(2, "archive", {.read_only = true});
  bytes_.add_naa(naa("archive"));
  bytes_.add_blocks(0, 2, 0, 0, 8);
  aborted(0x2700, 16 + 64);
  bytes_.segments.clear();
  bytes_.add_blocks(2, 1, 0, 0, 8);
  EXPECT_EQ(accepted().orders.size(), 1u);
}

TEST_F(XcopyPlanTest, DestinationOfARunningCopyIsWriteProtected) {
  gates_[1]->protect(true, 0, [] {});
  executor_.run(TimePoint::max());
  bytes_.add_blocks(0, 1, 0, 0, 8);
  aborted(0x2700, kSecondCscd);
}

TEST_F(XcopyPlanTest, SoftwareWriteProtectedDestinationSaysSo) {
  units_->at(1)->settings().software_write_protect = true;
  bytes_.add_blocks(0, 1, 0, 0, 8);
  aborted(0x2702, kSecondCscd);
}

TEST_F(XcopyPlanTest, AStoppedUnitIsAFailedThirdParty) {
  units_->at(0)->readiness().set(Readiness::State::stopped);
  bytes_.add_blocks(0, 1, 0, 0, 8);
  aborted(0x0d01, kFirstCscd);
}

TEST_F(XcopyPlanTest, TwoLunsOfOneVolumeAreOnePlace) {
  (*units_)[2] = std::make_shared<LogicalUnit>(executor_, *gates_[0],
                                               Identity::from_name("second face"), &copies_);
  bytes_.add_naa(naa("second face"));
  bytes_.add_blocks(0, 2, 64, 65, 8);
  refused(SenseKey::illegal_request, 0x2600, at(0) + 20, std::nullopt);
}

TEST_F(XcopyPlanTest, ABlockImageEndsWithTheShorterUnit) {
  unit(2, "small", {.bytes = kMiB});
  bytes_.add_naa(naa("small"));
  bytes_.add_image(0, 2, 100, 48, 0);
  EXPECT_EQ(moves(accepted()), (Moves{{100 * 512, 48 * 512, kMiB - 48 * 512}}));
  bytes_.segments.clear();
  bytes_.add_image(0, 2, 100, 48, 16);
  EXPECT_EQ(moves(accepted()), (Moves{{100 * 512, 48 * 512, 16 * 512}}));
  bytes_.segments.clear();
  bytes_.add_image(0, 2, kBlocks, UINT64_MAX, 16);
  EXPECT_TRUE(accepted().orders.empty());
}

TEST_F(XcopyPlanTest, VerifyFindsOutWhetherTheUnitIsThere) {
  bytes_.add_verify(0, false);
  EXPECT_TRUE(accepted().orders.empty());
  bytes_.cscds[0][15] ^= 1;
  aborted(0x0d02, kFirstCscd);
}

TEST_F(XcopyPlanTest, VerifyMayAskWhetherTheUnitIsReady) {
  units_->at(0)->readiness().set(Readiness::State::stopped);
  bytes_.add_verify(0, false);
  EXPECT_TRUE(accepted().orders.empty());
  bytes_.add_verify(0, true);
  aborted(0x0d01, kFirstCscd, 1);
}

TEST_F(XcopyPlanTest, WhatTheUnitSaysIsPassedOn) {
  units_->at(1)->readiness().set(Readiness::State::stopped);
  bytes_.add_blocks(0, 1, 0, 0, 8);
  const auto made = plan();
  const auto& sense = std::get<SenseData>(made);
  ASSERT_TRUE(sense.forwarded);
  EXPECT_TRUE(sense.forwarded->from_destination);
  EXPECT_EQ(sense.forwarded->key, SenseKey::not_ready);
  EXPECT_EQ(sense.forwarded->asc, kInitializingCommandRequired);
}

TEST_F(XcopyPlanTest, Lid4CountsItsDescriptorsFromOne) {
  bytes_.add_blocks(1, 2, 10, 20, 8);
  const auto parsed = parse_xcopy_list(bytes_.build_lid4(), XcopyFormat::lid4);
  const auto made = plan_xcopy(std::get<XcopyList>(parsed), {*units_, units_->at(0), asker_, 0});
  ASSERT_TRUE(std::holds_alternative<XcopyPlan>(made));
  EXPECT_EQ(std::get<XcopyPlan>(made).orders.at(0).destination.unit, units_->at(1));
  bytes_.segments.clear();
  bytes_.add_blocks(0, 1, 10, 20, 8);
  const auto header = parse_xcopy_list(bytes_.build_lid4(), XcopyFormat::lid4);
  const auto refused = plan_xcopy(std::get<XcopyList>(header), {*units_, units_->at(0), asker_, 0});
  EXPECT_EQ(std::get<SenseData>(refused).asc, 0x0804);
}

TEST_F(XcopyPlanTest, ByteOffsetsAreAddedToTheAddresses) {
  auto& segment = bytes_.add_bytes(0, 1, 10, 20, 4096);
  store_be16(&segment[28], 512);
  store_be16(&segment[30], 1024);
  const XcopyPlan made = accepted();
  const CopyRange& range = made.orders.at(0).ranges.at(0);
  EXPECT_EQ(range.source_offset, 11u * 512);
  EXPECT_EQ(range.destination_offset, 22u * 512);
  EXPECT_EQ(range.length, 4096u);
}

TEST_F(XcopyPlanTest, PartsOfBlocksViolateTheGranularity) {
  bytes_.add_bytes(0, 1, 0, 0, 4095);
  aborted(0x260d, at(0) + 8);
  store_be32(&bytes_.segments[0][8], 4096);
  store_be16(&bytes_.segments[0][28], 1);
  aborted(0x260d, at(0) + 28);
  store_be16(&bytes_.segments[0][28], 0);
  store_be16(&bytes_.segments[0][30], 511);
  aborted(0x260d, at(0) + 30);
}

TEST_F(XcopyPlanTest, ByteOffsetsMayNotPassTheEnd) {
  auto& segment = bytes_.add_bytes(0, 1, kBlocks - 8, 0, 4096);
  EXPECT_EQ(accepted().orders.size(), 1u);
  store_be16(&segment[28], 512);
  aborted(0x0804, at(0) + 12);
}

TEST_F(XcopyPlanTest, UnitsAreNamedByT10VendorIdWhereItFits) {
  unit(2, "named", {.serial = "SN0042"});
  XcopyBytes::Block cscd(32);
  cscd[0] = 0xe4;
  cscd[4] = 0x02;
  cscd[5] = 0x01;
  const std::string name = "TIDEMARKSN0042";
  cscd[7] = static_cast<uint8_t>(name.size());
  std::copy(name.begin(), name.end(), cscd.begin() + 8);
  bytes_.cscds[1] = cscd;
  bytes_.add_blocks(0, 1, 0, 0, 8);
  EXPECT_EQ(accepted().orders.at(0).destination.unit, units_->at(2));
}

TEST_F(XcopyPlanTest, ReservationsOfOthersHoldForTheDestination) {
  bytes_.add_blocks(0, 1, 0, 0, 8);
  for (const auto type : {ReservationType::write_exclusive, ReservationType::exclusive_access}) {
    units_->at(1)->reservations().keep_in(store_, reserved_by_another(type));
    aborted(copy_sense::kThirdPartyDeviceFailure, kSecondCscd);
  }
}

TEST_F(XcopyPlanTest, AWriteExclusiveReservationLeavesTheSourceReadable) {
  bytes_.add_blocks(0, 1, 0, 0, 8);
  Reservations& source = units_->at(0)->reservations();
  source.keep_in(store_, reserved_by_another(ReservationType::write_exclusive));
  EXPECT_EQ(accepted().orders.size(), 1u);
  source.keep_in(store_, reserved_by_another(ReservationType::exclusive_access));
  aborted(copy_sense::kThirdPartyDeviceFailure, kFirstCscd);
}

TEST_F(XcopyPlanTest, LunsAreFoundInEitherForm) {
  const LunMap& units = *units_;
  EXPECT_EQ(find_by_lun(units, uint64_t{1} << 48), units.at(1));
  EXPECT_EQ(find_by_lun(units, uint64_t{0x4001} << 48), units.at(1));
  EXPECT_EQ(find_by_lun(units, uint64_t{2} << 48), nullptr);
  EXPECT_EQ(find_by_lun(units, 1), nullptr);
}

}  // namespace
}  // namespace tidemark::scsi
