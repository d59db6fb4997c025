// The vendor commands: snapshot copies started, watched and aborted in-band, by those whose units
// they are.
#include <gtest/gtest.h>

#include "scsi/vendor_layout.h"
#include "tests/scsi/copy_fixture.h"

namespace tidemark::scsi {
namespace {

class VendorCommands : public CopyFixture {
 protected:
  Sent& start(const StartList& list, uint16_t lun = 0) {
    const auto bytes = encode_start_list(list);
    return send(host_, lun, cdb_of(0xc8, 0x01, static_cast<uint32_t>(bytes.size())), bytes);
  }
  Sent& abort_copy(uint32_t id, uint16_t lun = 0) {
    auto cdb = cdb_of(0xc8, 0x02, 0);
    store_be32(&cdb[2], id);
    return send(host_, lun, cdb);
  }
  Sent& status(uint32_t id, uint16_t lun = 0, uint32_t allocation = 1024) {
    auto cdb = cdb_of(0xc9, 0x02, allocation);
    store_be32(&cdb[2], id);
    return send(host_, lun, cdb);
  }
  Sent& map(uint32_t id, uint32_t first_grain, uint32_t allocation) {
    auto cdb = cdb_of(0xc9, 0x03, allocation);
    store_be32(&cdb[2], id);
    store_be32(&cdb[6], first_grain);
    return send(host_, 0, cdb);
  }
  static StartList to_lun(uint16_t lun) {
    StartList list;
    list.destination = {UnitName::Form::lun, uint64_t{lun} << 48};
    return list;
  }
  static UnitName by_naa(const std::string& name) {
    return {UnitName::Form::naa, load_be64(naa(name).data())};
  }
  /// Makes a copy known to the service.
  CopyReport& known(uint64_t id, const std::string& source, const std::string& destination) {
    CopyReport& report = copies_.reports[id];
    report.id = id;
    report.state = CopyState::copying;
    report.source = source;
    report.destination = destination;
    report.grain = 4096;
    return report;
  }
  static bool no_such_copy(const Sent& sent) {
    return sent.failed(SenseKey::illegal_request, 0x2400, 2);
  }
  ItNexus& host_ = attach();
};

TEST_F(VendorCommands, StartOrdersASnapshotCopyAndEndsWhenItIsAccepted) {
  StartList list = to_lun(1);
  list.per_segment = list.release_ram = list.fail_write = true;
  list.segment_size = 8 * kMiB;
  list.grain = 8192;
  list.rate_limit = 1000000;
  const Sent& sent = start(list);
  ASSERT_EQ(copies_.snapshots.size(), 1u);
  const SnapshotCopyOrder& order = copies_.snapshots[0].order;
  EXPECT_EQ(order.source, "source");
  EXPECT_EQ(order.destination, "copy");
  EXPECT_TRUE(order.per_segment && order.release_ram && order.fail_write);
  EXPECT_EQ(order.segment_size, 8 * kMiB);
  EXPECT_EQ(order.grain, 8192u);
  EXPECT_EQ(order.rate_limit, 1000000u);
  EXPECT_EQ(order.initiator, "iqn.2026-11.test:host");
  EXPECT_FALSE(sent.done);
  copies_.snapshots[0].accepted(7, CopyRefusal::none);
  EXPECT_TRUE(sent.good());
}

TEST_F(VendorCommands, StartFindsUnitsByNaa) {
  unit(2, "third");
  StartList list;
  list.source = by_naa("copy");
  list.destination = by_naa("third");
  start(list);
  ASSERT_EQ(copies_.snapshots.size(), 1u);
  EXPECT_EQ(copies_.snapshots[0].order.source, "copy");
  EXPECT_EQ(copies_.snapshots[0].order.destination, "third");
  copies_.snapshots[0].accepted(7, CopyRefusal::none);
}

TEST_F(VendorCommands, StartResolvesOnlyThroughTheAskersLunMap) {
  const auto hidden = unit(-1, "hidden");
  for (const std::string name : {"hidden", "absent"}) {
    StartList list;
    list.destination = by_naa(name);
    EXPECT_TRUE(start(list).failed(SenseKey::illegal_request, 0x2600, 16));
    list = to_lun(1);
    list.source = by_naa(name);
    EXPECT_TRUE(start(list).failed(SenseKey::illegal_request, 0x2600, 8));
  }
  EXPECT_TRUE(start(to_lun(5)).failed(SenseKey::illegal_request, 0x2600, 16));
  EXPECT_TRUE(copies_.snapshots.empty());
}

TEST_F(VendorCommands, StartRefusesTheSourceAsDestination) {
  EXPECT_TRUE(start(to_lun(0)).failed(SenseKey::illegal_request, 0x2600, 16));
}

TEST_F(VendorCommands, StartRefusesAReadOnlyDestination) {
  unit(2, "archive", {.read_only = true});
  EXPECT_TRUE(start(to_lun(2)).failed(SenseKey::data_protect, 0x2700));
}

TEST_F(VendorCommands, StartIsRefusedByAnothersReservationOfTheDestination) {
  ForgetfulStore store;
  units_->at(1)->reservations().keep_in(store,
                                        reserved_by_another(ReservationType::write_exclusive));
  const Sent& sent = start(to_lun(1));
  EXPECT_TRUE(sent.done);
  EXPECT_EQ(sent.task.status, Status::reservation_conflict);
  EXPECT_TRUE(copies_.snapshots.empty());
}

TEST_F(VendorCommands, StartWithoutListIsGood) {
  EXPECT_TRUE(send(host_, 0, cdb_of(0xc8, 0x01, 0)).good());
  EXPECT_TRUE(copies_.snapshots.empty());
}

TEST_F(VendorCommands, StartOfACutListIsALengthError) {
  auto bytes = encode_start_list(to_lun(1));
  bytes.resize(47);
  EXPECT_TRUE(
      send(host_, 0, cdb_of(0xc8, 0x01, 47), bytes).failed(SenseKey::illegal_request, 0x1a00));
  EXPECT_TRUE(
      send(host_, 0, cdb_of(0xc8, 0x01, 48), bytes).failed(SenseKey::illegal_request, 0x1a00));
}

TEST_F(VendorCommands, StartRefusalsSayWhy) {
  const std::tuple<CopyRefusal, Asc, int> refusals[] = {{CopyRefusal::not_found, 0x2600, 16},
                                                        {CopyRefusal::conflict, 0x0016, -1},
                                                        {CopyRefusal::invalid, 0x2600, -1},
                                                        {CopyRefusal::exhausted, 0x5503, -1}};
  for (const auto& [why, asc, byte] : refusals) {
    const Sent& sent = start(to_lun(1));
    copies_.snapshots.back().accepted(0, why);
    EXPECT_TRUE(sent.failed(SenseKey::illegal_request, asc, byte));
  }
}

TEST_F(VendorCommands, AbortedStartCancelsItsCopy) {
  const Sent& sent = start(to_lun(1));
  abort(host_, sent);
  EXPECT_FALSE(sent.done);
  copies_.snapshots[0].accepted(7, CopyRefusal::none);
  EXPECT_EQ(copies_.cancelled, std::vector<uint64_t>{7});
  EXPECT_TRUE(sent.done);
  EXPECT_TRUE(sent.task.aborted);
  EXPECT_TRUE(no_such_copy(status(0)));
}

TEST_F(VendorCommands, IdentifierZeroIsTheCopyLastStartedHere) {
  EXPECT_TRUE(no_such_copy(status(0)));
  start(to_lun(1));
  known(7, "source", "copy");
  copies_.snapshots[0].accepted(7, CopyRefusal::none);
  const Sent& sent = status(0);
  ASSERT_TRUE(sent.good());
  EXPECT_EQ(load_be64(&sent.data[8]), 7u);
  EXPECT_TRUE(no_such_copy(status(0, 1)));  // on another unit
}

TEST_F(VendorCommands, IdentifierZeroBelongsToItsNexus) {
  start(to_lun(1));
  known(7, "source", "copy");
  copies_.snapshots[0].accepted(7, CopyRefusal::none);
  ItNexus& other = attach("iqn.2026-11.test:other");
  EXPECT_TRUE(no_such_copy(send(other, 0, cdb_of(0xc9, 0x02, 1024))));
}

TEST_F(VendorCommands, StatusIsToldThroughSourceAndDestination) {
  known(9, "source", "copy").bytes_total = 4711;
  for (const uint16_t lun : std::to_array<uint16_t>({0, 1})) {
    const Sent& sent = status(9, lun);
    ASSERT_TRUE(sent.good());
    EXPECT_EQ(load_be64(&sent.data[24]), 4711u);
  }
}

TEST_F(VendorCommands, CopiesOfOtherUnitsAndAbsentOnesAnswerAlike) {
  unit(2, "third");
  known(9, "third", "elsewhere");
  known(10, "", "");
  for (const uint32_t id : {9u, 10u, 11u}) {
    EXPECT_TRUE(no_such_copy(status(id)));
    EXPECT_TRUE(no_such_copy(abort_copy(id)));
    EXPECT_TRUE(no_such_copy(map(id, 0, 4096)));
  }
  EXPECT_TRUE(copies_.cancelled.empty());
}

TEST_F(VendorCommands, StatusIsCutAtTheAllocationLength) {
  known(9, "source", "copy");
  const Sent& sent = status(9, 0, 16);
  EXPECT_EQ(sent.data.size(), 16u);
  EXPECT_EQ(load_be32(&sent.data[0]), 80u);
}

TEST_F(VendorCommands, AbortCancels) {
  known(9, "source", "copy");
  EXPECT_TRUE(abort_copy(9).good());
  EXPECT_EQ(copies_.cancelled, std::vector<uint64_t>{9});
}

TEST_F(VendorCommands, MapFitsOnOnePage) {
  known(9, "source", "copy");
  copies_.runs = {{0, 8192, GrainState::copied}, {8192, 4096, GrainState::owed}};
  const Sent& sent = map(9, 0, 4096);
  ASSERT_TRUE(sent.good());
  ASSERT_EQ(sent.data.size(), 40u + 2 * 24);
  EXPECT_EQ(sent.data[5], 0);
  EXPECT_EQ(load_be32(&sent.data[20]), 2u);
  EXPECT_EQ(load_be64(&sent.data[32]), UINT64_MAX);
}

TEST_F(VendorCommands, MapGoesOnPageByPage) {
  known(9, "source", "copy");
  for (uint64_t i = 0; i < 10; ++i)
    copies_.runs.push_back({i * 4096, 4096, i % 2 ? GrainState::owed : GrainState::preserved});
  std::vector<uint64_t> seen;
  uint64_t next = 0;
  for (int pages = 0; pages < 10 && next != UINT64_MAX; ++pages) {
    const Sent& sent = map(9, static_cast<uint32_t>(next), 40 + 3 * 24 + 23);
    ASSERT_TRUE(sent.good());
    const uint32_t runs = load_be32(&sent.data[20]);
    EXPECT_LE(runs, 3u);
    EXPECT_EQ(load_be64(&sent.data[24]), next * 4096);
    for (uint32_t i = 0; i < runs; ++i) seen.push_back(load_be64(&sent.data[40 + i * 24 + 8]));
    EXPECT_EQ(sent.data[5], load_be64(&sent.data[32]) == UINT64_MAX ? 0 : 1);
    next = load_be64(&sent.data[32]);
  }
  ASSERT_EQ(seen.size(), 10u);
  EXPECT_EQ(seen.back(), 9u * 4096);
}

TEST_F(VendorCommands, MapWithoutRoomForRunsTellsWhereTheyBegin) {
  known(9, "source", "copy");
  copies_.runs = {{8192, 4096, GrainState::owed}};
  const Sent& sent = map(9, 0, 40);
  ASSERT_EQ(sent.data.size(), 40u);
  EXPECT_EQ(load_be32(&sent.data[20]), 0u);
  EXPECT_EQ(load_be64(&sent.data[32]), 2u);
}

TEST_F(VendorCommands, MapBeginsWhereItWasAskedToBegin) {
  known(9, "source", "copy");
  copies_.whole_runs = true;
  copies_.runs = {{0, 4096, GrainState::owed}, {4096, 40960, GrainState::copied}};
  const Sent& sent = map(9, 3, 4096);
  ASSERT_EQ(sent.data.size(), 40u + 24);
  EXPECT_EQ(load_be64(&sent.data[48]), 12288u);
  EXPECT_EQ(load_be64(&sent.data[56]), 32768u);
}

TEST_F(VendorCommands, MapOfRunsWithinAGrainEnds) {
  known(9, "source", "copy");
  copies_.whole_runs = true;
  for (uint64_t i = 0; i < 20; ++i) copies_.runs.push_back({i * 512, 512, GrainState::copied});
  uint64_t next = 0;
  int pages = 0;
  for (; pages < 10 && next != UINT64_MAX; ++pages)
    next = load_be64(&map(9, static_cast<uint32_t>(next), 40 + 24).data[32]);
  EXPECT_EQ(pages, 4);  // one for each grain begun, and one that is empty
}

TEST_F(VendorCommands, MapAsksForABoundedNumberOfRuns) {
  known(9, "source", "copy");
  map(9, 0, UINT32_MAX);
  EXPECT_EQ(copies_.runs_asked, kMapRunsMax + 1);
}

TEST_F(VendorCommands, MapOfACopyWithoutGrainsIsRefused) {
  known(9, "source", "copy").grain = 0;
  EXPECT_TRUE(no_such_copy(map(9, 0, 4096)));
}

}  // namespace
}  // namespace tidemark::scsi
