// Bytes of the vendor commands, as docs/vendor-commands.md gives them.
#include "scsi/vendor_layout.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "base/big_endian.h"

namespace tidemark::scsi {
namespace {

StartList to_lun(uint64_t field) {
  StartList list;
  list.destination = {UnitName::Form::lun, field};
  return list;
}

void refused(const std::vector<uint8_t>& bytes, Asc asc, std::optional<uint16_t> byte,
             std::optional<uint8_t> bit = std::nullopt) {
  const auto parsed = parse_start_list(bytes);
  ASSERT_TRUE(std::holds_alternative<SenseData>(parsed));
  const auto& sense = std::get<SenseData>(parsed);
  EXPECT_EQ(sense.key, SenseKey::illegal_request);
  EXPECT_EQ(sense.asc, asc);
  ASSERT_EQ(sense.field.has_value(), byte.has_value());
  if (!byte) return;
  EXPECT_FALSE(sense.field->in_cdb);
  EXPECT_EQ(sense.field->byte, *byte);
  EXPECT_EQ(sense.field->bit, bit);
}

TEST(VendorStartList, ReadsBackWhatIsWritten) {
  StartList list;
  list.per_segment = true;
  list.release_ram = true;
  list.fail_write = true;
  list.source = {UnitName::Form::naa, 0x3102030405060708};
  list.destination = {UnitName::Form::lun, 0x0005000000000000};
  list.segment_size = 64 * kMiB;
  list.grain = 16384;
  list.rate_limit = 1234567890123;
  const auto bytes = encode_start_list(list);
  ASSERT_EQ(bytes.size(), 48u);
  EXPECT_EQ(load_be16(&bytes[2]), 44);
  const auto parsed = parse_start_list(bytes);
  ASSERT_TRUE(std::holds_alternative<StartList>(parsed));
  const auto& again = std::get<StartList>(parsed);
  EXPECT_TRUE(again.per_segment && again.release_ram && again.fail_write);
  EXPECT_EQ(again.source.form, UnitName::Form::naa);
  EXPECT_EQ(again.source.value, 0x3102030405060708u);
  EXPECT_EQ(again.destination.form, UnitName::Form::lun);
  EXPECT_EQ(again.destination.value, 0x0005000000000000u);
  EXPECT_EQ(again.segment_size, 64 * kMiB);
  EXPECT_EQ(again.grain, 16384u);
  EXPECT_EQ(again.rate_limit, 1234567890123u);
}

TEST(VendorStartList, CutListIsALengthError) {
  const auto bytes = encode_start_list(to_lun(0));
  for (size_t length = 0; length < bytes.size(); ++length)
    refused({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length)}, 0x1a00, std::nullopt);
}

TEST(VendorStartList, RefusesOtherVersions) {
  auto bytes = encode_start_list(to_lun(0));
  for (const int version : {0, 3, 255}) {
    bytes[0] = static_cast<uint8_t>(version);
    refused(bytes, 0x2600, 0);
  }
}

TEST(VendorStartList, PointsAtTheReservedFlagThatIsSet) {
  for (uint8_t bit = 3; bit < 8; ++bit) {
    auto bytes = encode_start_list(to_lun(0));
    bytes[1] = static_cast<uint8_t>(1u << bit);
    refused(bytes, 0x2600, 1, bit);
  }
}

TEST(VendorStartList, RefusesAWrongAdditionalLength) {
  auto bytes = encode_start_list(to_lun(0));
  store_be16(&bytes[2], 45);
  refused(bytes, 0x2600, 2);
}

TEST(VendorStartList, RefusesUnknownFormsOfNames) {
  auto bytes = encode_start_list(to_lun(0));
  bytes[4] = 3;
  refused(bytes, 0x2600, 4);
  bytes[4] = 0;
  bytes[5] = 0;  // the unit itself is no destination
  refused(bytes, 0x2600, 5);
  bytes[5] = 3;
  refused(bytes, 0x2600, 5);
}

TEST(VendorStartList, RefusesReservedBytesThatAreSet) {
  for (const uint16_t byte : std::to_array<uint16_t>({6, 7, 36, 39})) {
    auto bytes = encode_start_list(to_lun(0));
    bytes[byte] = 1;
    refused(bytes, 0x2600, byte);
  }
}

TEST(VendorStartList, SourceIsZeroWhenItIsTheUnitItself) {
  auto bytes = encode_start_list(to_lun(0));
  bytes[15] = 1;
  refused(bytes, 0x2600, 15);
}

TEST(VendorStartList, GrainIsAPowerOfTwoWithinItsLimits) {
  for (const uint32_t grain : {0u, 4096u, 8192u, 16384u, 32768u, 65536u}) {
    StartList list = to_lun(0);
    list.grain = grain;
    EXPECT_TRUE(std::holds_alternative<StartList>(parse_start_list(encode_start_list(list))));
  }
  for (const uint32_t grain : {1u, 512u, 2048u, 5000u, 12288u, 131072u, UINT32_MAX}) {
    StartList list = to_lun(0);
    list.grain = grain;
    refused(encode_start_list(list), 0x2600, 32);
  }
}

TEST(VendorStartList, SurvivesRandomBytes) {
  const uint32_t seed = 99;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20000; ++round) {
    auto bytes = encode_start_list(to_lun(0));
    bytes.resize(random() % 64);
    for (size_t changes = random() % 8; changes > 0 && !bytes.empty(); --changes)
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    const auto parsed = parse_start_list(bytes);
    if (const auto* sense = std::get_if<SenseData>(&parsed)) {
      EXPECT_EQ(sense->key, SenseKey::illegal_request);
    }
  }
}

TEST(VendorReport, HasItsFieldsInPlace) {
  CopyReport report;
  report.id = 0x0102030405060708;
  report.state = CopyState::copying;
  report.t0_unix_ms = 1700000000123;
  report.bytes_total = 1000;
  report.bytes_copied = 600;
  report.bytes_preserved = 64;
  report.held_now = 2;
  report.held_total = 7;
  report.segment_size = kMiB;
  report.grain = 16384;
  const auto data = encode_copy_report(report);
  ASSERT_EQ(data.size(), 84u);
  EXPECT_EQ(load_be32(&data[0]), 80u);
  EXPECT_EQ(data[4], 1);
  EXPECT_EQ(data[5], 2);
  EXPECT_EQ(data[6], 0);
  EXPECT_EQ(data[7], 0);
  EXPECT_EQ(load_be64(&data[8]), report.id);
  EXPECT_EQ(load_be64(&data[16]), report.t0_unix_ms);
  EXPECT_EQ(load_be64(&data[24]), 1000u);
  EXPECT_EQ(load_be64(&data[32]), 600u);
  EXPECT_EQ(load_be64(&data[40]), 64u);
  EXPECT_EQ(load_be64(&data[48]), 2u);
  EXPECT_EQ(load_be64(&data[56]), 7u);
  EXPECT_EQ(load_be64(&data[64]), kMiB);
  EXPECT_EQ(load_be32(&data[72]), 16384u);
  EXPECT_EQ(load_be32(&data[76]), UINT32_MAX);
  EXPECT_EQ(load_be16(&data[82]), 0);
}

TEST(VendorReport, NamesStatesByFixedCodes) {
  const std::pair<CopyState, uint8_t> codes[] = {
      {CopyState::preparing, 1}, {CopyState::copying, 2},   {CopyState::paused, 3},
      {CopyState::draining, 4},  {CopyState::completed, 5}, {CopyState::failed, 6},
      {CopyState::cancelled, 7}, {CopyState::broken, 8},    {CopyState::collecting, 9}};
  for (const auto& [state, code] : codes) {
    CopyReport report;
    report.state = state;
    EXPECT_EQ(encode_copy_report(report)[5], code);
  }
}

TEST(VendorReport, TellsAnErrorOnlyOfACopyThatHasOne) {
  CopyReport report;
  report.error = storage::Errc::no_space;
  report.error_on_destination = true;
  report.failed_range = 3;
  report.error_text = "no space left";
  report.state = CopyState::failed;
  const auto data = encode_copy_report(report);
  EXPECT_EQ(data[6], 1);
  EXPECT_EQ(data[7], 5);
  EXPECT_EQ(load_be32(&data[76]), 3u);
  EXPECT_EQ(load_be16(&data[82]), 13);
  EXPECT_EQ(std::string(data.begin() + 84, data.end()), "no space left");
  EXPECT_EQ(load_be32(&data[0]), data.size() - 4);
  report.state = CopyState::copying;
  EXPECT_EQ(encode_copy_report(report)[7], 0);
}

TEST(VendorReport, CutsLongTextBetweenCharacters) {
  CopyReport report;
  report.state = CopyState::failed;
  for (int i = 0; i < 200; ++i) report.error_text += "\xc3\xa4";
  const auto data = encode_copy_report(report);
  EXPECT_EQ(load_be16(&data[82]), 254);
  EXPECT_EQ(data.size(), 84u + 254);
}

TEST(VendorMap, HasRunsAfterItsHeader) {
  MapPage page;
  page.copy_id = 9;
  page.grain = 4096;
  page.first_offset = 8192;
  page.next_grain = 77;
  page.runs = {{8192, 4096, GrainState::preserved}, {12288, 65536, GrainState::owed}};
  const auto data = encode_map_page(page);
  ASSERT_EQ(data.size(), 40u + 2 * 24);
  EXPECT_EQ(load_be32(&data[0]), data.size() - 4);
  EXPECT_EQ(data[4], 1);
  EXPECT_EQ(data[5], 1);
  EXPECT_EQ(load_be16(&data[6]), 24);
  EXPECT_EQ(load_be64(&data[8]), 9u);
  EXPECT_EQ(load_be32(&data[16]), 4096u);
  EXPECT_EQ(load_be32(&data[20]), 2u);
  EXPECT_EQ(load_be64(&data[24]), 8192u);
  EXPECT_EQ(load_be64(&data[32]), 77u);
  EXPECT_EQ(data[40], 2);
  EXPECT_EQ(load_be64(&data[48]), 8192u);
  EXPECT_EQ(load_be64(&data[56]), 4096u);
  EXPECT_EQ(data[64], 0);
  EXPECT_EQ(load_be64(&data[80]), 65536u);
}

TEST(VendorMap, LastPageSaysSo) {
  const auto data = encode_map_page(MapPage{.copy_id = 1, .grain = 4096, .runs = {}});
  EXPECT_EQ(data[5], 0);
  EXPECT_EQ(load_be64(&data[32]), UINT64_MAX);
}

}  // namespace
}  // namespace tidemark::scsi
