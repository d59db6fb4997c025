// Vendor commands over real sessions: a snapshot copy is started, watched, steered and mapped
// through its own LUN.
#include "scsi/copy_descriptor.h"
#include "scsi/vendor_layout.h"
#include "tests/in_band/live_writer.h"

namespace tidemark::in_band {
namespace {

using scsi::CopyState;

class Vendor : public InBand {
 protected:
  Ended order(uint8_t action, uint32_t id, const Bytes& list = {}, int lun = kSource) {
    Bytes cdb(16);
    cdb[0] = 0xc8;
    cdb[1] = action;
    store_be32(&cdb[2], id);
    store_be<4>(&cdb[10], list.size());
    return host_.send(lun, cdb, list);
  }
  Ended ask(uint8_t action, uint32_t id = 0, uint8_t version = 0, int lun = kSource) {
    Bytes cdb(16);
    cdb[0] = 0xc9;
    cdb[1] = action;
    store_be32(&cdb[2], id);
    store_be32(&cdb[10], 65536);
    cdb[14] = version;
    return host_.send(lun, cdb, {}, 65536);
  }
  static scsi::StartList source_to_copy() {
    scsi::StartList list;
    list.source = {scsi::UnitName::Form::volume, 0, "source"};
    list.destination = {scsi::UnitName::Form::volume, 0, "copy"};
    return list;
  }
  uint32_t start(const scsi::StartList& list) {
    EXPECT_TRUE(order(0x01, 0, encode_start_list_2(list)).good());
    return static_cast<uint32_t>(status(0).id);
  }
  scsi::CopyReport status(uint32_t id) {
    const auto report = scsi::decode_copy_descriptor(ask(0x02, id, 2).data);
    EXPECT_TRUE(report);
    return report.value_or(scsi::CopyReport{});
  }
  scsi::CopyReport await_end(uint32_t id) {
    for (;;) {
      const scsi::CopyReport report = status(id);
      const bool over = report.state >= CopyState::completed && report.state <= CopyState::broken;
      if (over || report.id == 0) return report;
    }
  }
};

TEST_F(Vendor, StartsACopyThatIsOfOneMoment) {
  LiveWriter writer(daemon_, 0, 4 << 20);
  writer.await_rounds(1);
  const uint32_t id = start(source_to_copy());
  EXPECT_EQ(await_end(id).state, CopyState::completed);
  writer.stop();
  Bytes data;
  for (size_t at = 0; at < 4 << 20; at += 1 << 20) {
    const Bytes piece = host_.read(kCopy, at, 1 << 20);
    data.insert(data.end(), piece.begin(), piece.end());
  }
  std::string why;
  EXPECT_TRUE(of_one_moment(data, 0, why)) << why;
}

TEST_F(Vendor, CopiesRangesAndVerifies) {
  scsi::StartList list = source_to_copy();
  list.verify = true;
  list.ranges = {{0, 8192, 4096}, {1 << 20, 0, 8192}};
  const scsi::CopyReport report = await_end(start(list));
  EXPECT_EQ(report.state, CopyState::completed);
  EXPECT_EQ(report.bytes_total, 12288u);
  EXPECT_EQ(report.bytes_verified, 12288u);
  EXPECT_EQ(host_.read(kCopy, 8192, 4096), first(0, 4096));
  EXPECT_EQ(host_.read(kCopy, 0, 8192), first(1 << 20, 8192));
}

TEST_F(Vendor, IsPausedChangedAndResumed) {
  scsi::StartList list = source_to_copy();
  list.rate_limit = 1 << 20;
  const uint32_t id = start(list);
  ASSERT_TRUE(order(0x03, id).good());
  EXPECT_EQ(status(id).state, CopyState::paused);
  EXPECT_EQ(order(0x07, id).asc, 0x2c00) << "it has begun";
  ASSERT_TRUE(order(0x05, id,
                    scsi::encode_set_list({.rate_limit = 0,
                                           .impact = scsi::CopyImpact::max,
                                           .latency_budget_us = std::nullopt}))
                  .good());
  EXPECT_EQ(status(id).impact, scsi::CopyImpact::max);
  ASSERT_TRUE(order(0x04, id).good());
  EXPECT_EQ(await_end(id).state, CopyState::completed);
}

TEST_F(Vendor, IsHeldBackWhileRangesAreAdded) {
  scsi::StartList list = source_to_copy();
  list.hold = true;
  list.ranges = {{0, 0, 4096}};
  const uint32_t id = start(list);
  EXPECT_EQ(status(id).state, CopyState::collecting);
  ASSERT_TRUE(order(0x06, id, scsi::encode_append_list({{8192, 8192, 4096}})).good());
  ASSERT_TRUE(order(0x07, id).good());
  EXPECT_EQ(await_end(id).state, CopyState::completed);
  EXPECT_EQ(host_.read(kCopy, 8192, 4096), first(8192, 4096));
  EXPECT_EQ(host_.read(kCopy, 4096, 4096), Bytes(4096));
}

TEST_F(Vendor, IsAborted) {
  scsi::StartList list = source_to_copy();
  list.rate_limit = 1;
  const uint32_t id = start(list);
  ASSERT_TRUE(order(0x02, id).good());
  EXPECT_EQ(await_end(id).state, CopyState::cancelled);
}

TEST_F(Vendor, IsListedThroughItsOwnUnitsAlone) {
  const uint32_t id = start(source_to_copy());
  await_end(id);
  for (const int lun : {kSource, kCopy}) {
    const Bytes data = ask(0x01, 0, 0, lun).data;
    const auto report =
        scsi::decode_copy_descriptor(ConstBytes(data).subspan(scsi::kListHeaderBytes));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->id, id);
  }
  EXPECT_EQ(ask(0x01, 0, 0, kLarge).data.size(), scsi::kListHeaderBytes);
  expect_error(ask(0x02, id, 2, kLarge), 0x05, 0x2400, 2);
}

TEST_F(Vendor, MapsWhatIsCopied) {
  const uint32_t id = start(source_to_copy());
  await_end(id);
  const Bytes map = ask(0x03, id).data;
  ASSERT_EQ(map.size(), scsi::kMapHeaderBytes + scsi::kMapRunBytes);
  EXPECT_EQ(map[scsi::kMapHeaderBytes], 3);
  EXPECT_EQ(load_be64(&map[scsi::kMapHeaderBytes + 16]), kUnitBytes);
}

TEST_F(Vendor, HiddenVolumesCannotBeNamed) {
  scsi::StartList list = source_to_copy();
  list.destination.name = "hidden";
  expect_error(order(0x01, 0, encode_start_list_2(list)), 0x05, 0x2600, 16);
  list.destination.name = "archive";  // read-only
  expect_error(order(0x01, 0, encode_start_list_2(list)), 0x07, 0x2700);
}

TEST_F(Vendor, TellsOfItself) {
  const Bytes page = host_.send(kSource, {0x12, 0x01, 0xc0, 0, 64, 0}, {}, 64).data;
  ASSERT_EQ(page.size(), 20u);
  EXPECT_EQ(std::string(page.begin() + 4, page.begin() + 12), "TIDEMARK");
  EXPECT_EQ(ask(0x04).data.size(), 48u);
  for (const auto& [opcode, actions] : {std::pair{0xc8, 7}, std::pair{0xc9, 4}}) {
    for (int action = 1; action <= actions; ++action) {
      const Ended known = host_.send(kSource,
                                     {0xa3, 0x0c, 0x02, static_cast<uint8_t>(opcode), 0,
                                      static_cast<uint8_t>(action), 0, 0, 0, 64, 0, 0},
                                     {}, 64);
      ASSERT_GE(known.data.size(), 2u);
      EXPECT_EQ(known.data[1] & 7, 5) << opcode << "/" << action;
    }
  }
}

}  // namespace
}  // namespace tidemark::in_band
