// The vendor commands of version 2: START with all its fields, PAUSE, RESUME, SET, APPEND, BEGIN,
// LIST, STATUS and LIMITS, and who may not use them.
#include <random>

#include "scsi/copy_descriptor.h"
#include "scsi/vendor_layout.h"
#include "tests/scsi/copy_fixture.h"

namespace tidemark::scsi {
namespace {

class VendorOrders : public CopyFixture {
 protected:
  static constexpr uint8_t kOut = 0xc8;
  static constexpr uint8_t kIn = 0xc9;
  static constexpr uint32_t kId = 55;

  VendorOrders() {
    CopyReport& report = copies_.reports[kId];
    report.id = kId;
    report.source = "source";
    report.destination = "copy";
    report.state = CopyState::copying;
  }
  Sent& order(uint8_t service_action, const std::vector<uint8_t>& list = {}, uint32_t id = kId,
              uint16_t lun = 0) {
    auto cdb = cdb_of(kOut, service_action, static_cast<uint32_t>(list.size()));
    store_be32(&cdb[2], id);
    return send(host_, lun, cdb, list);
  }
  Sent& ask(uint8_t service_action, uint32_t id = kId, uint8_t version = 0,
            uint32_t allocation = 65536) {
    auto cdb = cdb_of(kIn, service_action, allocation);
    store_be32(&cdb[2], id);
    cdb[14] = version;
    return send(host_, 0, cdb);
  }
  static StartList by_name() {
    StartList list;
    list.source = {UnitName::Form::volume, 0, "source"};
    list.destination = {UnitName::Form::volume, 0, "copy"};
    return list;
  }
  Sent& start(const StartList& list) {
    const auto bytes = encode_start_list_2(list);
    return send(host_, 0, cdb_of(kOut, 0x01, static_cast<uint32_t>(bytes.size())), bytes);
  }
  ItNexus& host_ = attach();
};

TEST_F(VendorOrders, StartOrdersAllThatThePortCan) {
  StartList list = by_name();
  list.per_segment = list.fail_write = list.verify = list.hold = list.release_durable = true;
  list.segment_size = kMiB;
  list.grain = 8192;
  list.rate_limit = 123456789;
  list.impact = CopyImpact::low;
  list.latency_budget_us = 4000;
  list.ranges = {{0, 512, 1024}, {4096, 8192, 512}};
  start(list);
  ASSERT_EQ(copies_.snapshots.size(), 1u);
  const SnapshotCopyOrder& order = copies_.snapshots[0].order;
  EXPECT_EQ(order.source, "source");
  EXPECT_EQ(order.destination, "copy");
  EXPECT_TRUE(order.per_segment && order.fail_write && order.verify && order.hold);
  EXPECT_TRUE(order.release_durable);
  EXPECT_FALSE(order.release_ram);
  EXPECT_EQ(order.segment_size, kMiB);
  EXPECT_EQ(order.grain, 8192u);
  EXPECT_EQ(order.rate_limit, 123456789u);
  EXPECT_EQ(order.impact, CopyImpact::low);
  EXPECT_EQ(order.latency_budget_us, 4000u);
  ASSERT_EQ(order.ranges.size(), 2u);
  EXPECT_EQ(order.ranges[1].destination_offset, 8192u);
  copies_.snapshots[0].accepted(kId, CopyRefusal::none);
}

TEST_F(VendorOrders, VolumesAreNamedOnlyAsTheNexusSeesThem) {
  unit(-1, "hidden");
  StartList list = by_name();
  list.destination.name = "hidden";
  EXPECT_TRUE(start(list).failed(SenseKey::illegal_request, 0x2600, kStartDestinationAt));
  list = by_name();
  list.source.name = "no such";
  EXPECT_TRUE(start(list).failed(SenseKey::illegal_request, 0x2600, kStartSourceAt));
  EXPECT_TRUE(copies_.snapshots.empty());
}

TEST_F(VendorOrders, AUnitCanBeCopiedWithinItselfByRangesAlone) {
  StartList list = by_name();
  list.destination.name = "source";
  EXPECT_TRUE(start(list).failed(SenseKey::illegal_request, 0x2600, kStartDestinationAt));
  list.ranges = {{0, kMiB, 4096}};
  start(list);
  ASSERT_EQ(copies_.snapshots.size(), 1u);
  copies_.snapshots[0].accepted(kId, CopyRefusal::none);
}

TEST_F(VendorOrders, WrongStartListsSayWhere) {
  const auto sound = encode_start_list_2(by_name());
  const std::pair<size_t, int> wrong[] = {{1, 1},   {2, 2},   {6, 6},   {7, 7},  {36, 36},
                                          {48, 48}, {52, 52}, {54, 54}, {56, 56}};
  for (const auto& [byte, pointed] : wrong) {
    auto list = sound;
    list[byte] = 0xff;
    EXPECT_TRUE(send(host_, 0, cdb_of(kOut, 0x01, static_cast<uint32_t>(list.size())), list)
                    .failed(SenseKey::illegal_request, 0x2600, pointed))
        << byte;
  }
  for (size_t length = 1; length < sound.size(); ++length) {
    const std::vector<uint8_t> cut(sound.begin(), sound.begin() + static_cast<ptrdiff_t>(length));
    EXPECT_TRUE(send(host_, 0, cdb_of(kOut, 0x01, static_cast<uint32_t>(length)), cut)
                    .failed(SenseKey::illegal_request, 0x1a00));
  }
}

TEST_F(VendorOrders, PauseResumeAndBeginAreOrders) {
  EXPECT_TRUE(order(0x03).good());
  EXPECT_TRUE(order(0x04).good());
  EXPECT_TRUE(order(0x07).good());
  ASSERT_EQ(copies_.actions.size(), 3u);
  EXPECT_EQ(copies_.actions[0], (std::pair{uint64_t{kId}, CopyAction::pause}));
  EXPECT_EQ(copies_.actions[1].second, CopyAction::resume);
  EXPECT_EQ(copies_.actions[2].second, CopyAction::start);
}

TEST_F(VendorOrders, WhatTheStateForbidsIsASequenceError) {
  copies_.verdict = CopyRefusal::conflict;
  EXPECT_TRUE(order(0x03).failed(SenseKey::illegal_request, 0x2c00));
  copies_.verdict = CopyRefusal::not_found;
  EXPECT_TRUE(order(0x04).failed(SenseKey::illegal_request, 0x2400, 2));
  copies_.verdict = CopyRefusal::exhausted;
  EXPECT_TRUE(order(0x07).failed(SenseKey::illegal_request, 0x5503));
}

TEST_F(VendorOrders, SetChangesWhatItNames) {
  EXPECT_TRUE(order(0x05, encode_set_list({.rate_limit = 5,
                                           .impact = CopyImpact::max,
                                           .latency_budget_us = std::nullopt}))
                  .good());
  ASSERT_EQ(copies_.adjustments.size(), 1u);
  const CopyAdjustment& changed = copies_.adjustments[0].second;
  EXPECT_EQ(changed.rate_limit, 5u);
  EXPECT_EQ(changed.impact, CopyImpact::max);
  EXPECT_FALSE(changed.latency_budget_us);
}

TEST_F(VendorOrders, WrongSetListsSayWhere) {
  const auto sound =
      encode_set_list({.rate_limit = 5, .impact = CopyImpact::max, .latency_budget_us = 7});
  for (const size_t byte : {0u, 1u, 2u, 4u, 5u, 16u, 20u}) {
    auto list = sound;
    list[byte] = 0xff;
    EXPECT_TRUE(
        order(0x05, list).failed(SenseKey::illegal_request, 0x2600, static_cast<int>(byte)));
  }
  EXPECT_TRUE(order(0x05, std::vector<uint8_t>(31)).failed(SenseKey::illegal_request, 0x1a00));
}

TEST_F(VendorOrders, AppendAddsRanges) {
  EXPECT_TRUE(order(0x06, encode_append_list({{1, 2, 3}})).good());
  ASSERT_EQ(copies_.appended.size(), 1u);
  EXPECT_EQ(copies_.appended[0].second.at(0).length, 3u);
  EXPECT_TRUE(order(0x06, encode_append_list({})).failed(SenseKey::illegal_request, 0x2600, 4));
  auto list = encode_append_list({{1, 2, 3}});
  list.pop_back();
  EXPECT_TRUE(order(0x06, list).failed(SenseKey::illegal_request, 0x1a00));
}

TEST_F(VendorOrders, CopiesOfOtherUnitsAreNotThere) {
  copies_.reports[kId].source = "other";
  copies_.reports[kId].destination = "another";
  for (const uint8_t action : std::to_array<uint8_t>({0x02, 0x03, 0x04, 0x07}))
    EXPECT_TRUE(order(action).failed(SenseKey::illegal_request, 0x2400, 2));
  EXPECT_TRUE(order(0x05, encode_set_list({})).failed(SenseKey::illegal_request, 0x2400, 2));
  EXPECT_TRUE(ask(0x02, kId, 2).failed(SenseKey::illegal_request, 0x2400, 2));
  EXPECT_EQ(ask(0x01, 0).data.size(), kListHeaderBytes);
  EXPECT_TRUE(copies_.actions.empty() && copies_.adjustments.empty() && copies_.cancelled.empty());
}

TEST_F(VendorOrders, StatusOfVersionTwoIsADescriptor) {
  const auto report = decode_copy_descriptor(ask(0x02, kId, 2).data);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->id, kId);
  EXPECT_EQ(report->source, "source");
  EXPECT_EQ(ask(0x02).data.at(4), 1) << "version 1 as ever";
  EXPECT_TRUE(ask(0x02, kId, 9).failed(SenseKey::illegal_request, 0x2400, 14));
}

TEST_F(VendorOrders, ListHasTheCopiesOfTheUnitTheNewestFirst) {
  for (const uint64_t id : {56u, 57u}) {
    copies_.reports[id] = copies_.reports[kId];
    copies_.reports[id].id = id;
  }
  const auto data = ask(0x01, 0).data;
  std::vector<uint64_t> ids;
  for (ConstBytes rest = ConstBytes(data).subspan(kListHeaderBytes); !rest.empty();
       rest = rest.subspan(copy_descriptor_bytes(rest))) {
    const auto report = decode_copy_descriptor(rest);
    ASSERT_TRUE(report);
    ids.push_back(report->id);
  }
  EXPECT_EQ(ids, (std::vector<uint64_t>{57, 56, 55}));
  EXPECT_EQ(load_be32(&data[0]), data.size() - 4);
  EXPECT_EQ(data[5], 0);
}

TEST_F(VendorOrders, ListGoesOnWhereItWasCut) {
  for (uint64_t id = 56; id < 70; ++id) {
    copies_.reports[id] = copies_.reports[kId];
    copies_.reports[id].id = id;
  }
  std::vector<uint64_t> ids;
  uint32_t from = 0;
  for (int pages = 0; pages < 20; ++pages) {
    const auto data = ask(0x01, from, 0, 2000).data;
    for (ConstBytes rest = ConstBytes(data).subspan(kListHeaderBytes); !rest.empty();
         rest = rest.subspan(copy_descriptor_bytes(rest)))
      ids.push_back(decode_copy_descriptor(rest).value().id);
    if (data[5] == 0) break;
    from = static_cast<uint32_t>(load_be64(&data[8]));
  }
  ASSERT_EQ(ids.size(), 15u);
  EXPECT_EQ(ids.front(), 69u);
  EXPECT_EQ(ids.back(), 55u);
}

TEST_F(VendorOrders, LimitsAreThoseEnforced) {
  const auto data = ask(0x04, 0).data;
  ASSERT_EQ(data.size(), 48u);
  EXPECT_EQ(load_be32(&data[8]), kVendorRangesMax);
  EXPECT_EQ(load_be32(&data[16]), 4096u);
  EXPECT_EQ(load_be32(&data[20]), 65536u);
}

TEST_F(VendorOrders, AreForThoseWhoMay) {
  host_.may_command_copies = false;
  for (const uint8_t action : std::to_array<uint8_t>({0x02, 0x03, 0x04, 0x07}))
    EXPECT_TRUE(order(action).failed(SenseKey::illegal_request, 0x2002));
  EXPECT_TRUE(start(by_name()).failed(SenseKey::illegal_request, 0x2002));
  EXPECT_TRUE(order(0x05, encode_set_list({})).failed(SenseKey::illegal_request, 0x2002));
  EXPECT_TRUE(
      order(0x06, encode_append_list({{1, 2, 3}})).failed(SenseKey::illegal_request, 0x2002));
  for (const uint8_t action : std::to_array<uint8_t>({0x01, 0x02, 0x03, 0x04}))
    EXPECT_TRUE(ask(action, action == 0x04 ? 0 : kId).failed(SenseKey::illegal_request, 0x2002));
  EXPECT_EQ(send(host_, 0, {0x12, 0x01, 0xc0, 0, 64, 0}, {}, 6).data.at(14), 0);
  EXPECT_TRUE(copies_.snapshots.empty() && copies_.actions.empty());
}

TEST_F(VendorOrders, ANexusMayNotUnlessItIsTold) {
  nexuses_.push_back(device_.attach("iqn.2026-11.test:stranger", 99, units_));
  ItNexus& stranger = *nexuses_.back();
  send(stranger, 0, {0x00}, {}, 6);
  EXPECT_FALSE(stranger.may_command_copies);
  EXPECT_TRUE(send(stranger, 0, cdb_of(0xc9, 0x04, 64)).failed(SenseKey::illegal_request, 0x2002));
}

TEST_F(VendorOrders, ThePageTellsOfThem) {
  const auto page = send(host_, 0, {0x12, 0x01, 0xc0, 0, 64, 0}, {}, 6).data;
  ASSERT_EQ(page.size(), 20u);
  EXPECT_EQ(std::string(page.begin() + 4, page.begin() + 12), "TIDEMARK");
  EXPECT_EQ(page[12], 1);
  EXPECT_EQ(page[13], 2);
  EXPECT_EQ(page[14], 1);
}

TEST_F(VendorOrders, DamagedListsDoNoHarm) {
  std::mt19937 random(20261127);
  StartList whole = by_name();
  whole.ranges = {{0, 0, 4096}};
  const auto sound = encode_start_list_2(whole);
  for (int round = 0; round < 20000; ++round) {
    auto list = sound;
    for (size_t flips = random() % 4 + 1; flips > 0; --flips)
      list[random() % list.size()] = static_cast<uint8_t>(random());
    list.resize(list.size() - random() % 2 * (random() % list.size()));
    (void)parse_start_list(list);
    (void)parse_set_list(list);
    (void)parse_append_list(list);
  }
}

}  // namespace
}  // namespace tidemark::scsi
