// The EXTENDED COPY parameter list in both forms: what is accepted, what is refused, and what the
// sense data points at (SPC-4 clauses 5.17.7.3, 6.4.3 to 6.4.6).
#include "scsi/xcopy_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/scsi/xcopy_bytes.h"

namespace tidemark::scsi {
namespace {

constexpr std::array<uint8_t, 8> kNaa = {0x3a, 1, 2, 3, 4, 5, 6, 7};

XcopyBytes one_segment() {
  XcopyBytes bytes;
  const uint16_t id = bytes.add_naa(kNaa);
  bytes.add_blocks(id, id, 0, 100, 8);
  return bytes;
}

XcopyList accepted(const std::vector<uint8_t>& bytes) {
  const auto parsed = parse_xcopy_list(bytes);
  EXPECT_TRUE(std::holds_alternative<XcopyList>(parsed));
  return std::holds_alternative<XcopyList>(parsed) ? std::get<XcopyList>(parsed) : XcopyList{};
}

/// Expects ILLEGAL REQUEST with `asc`, pointing at `byte` of the list (none: no pointer).
void refused(const std::vector<uint8_t>& bytes, Asc asc, std::optional<uint16_t> byte,
             std::optional<uint8_t> bit = std::nullopt) {
  const auto parsed = parse_xcopy_list(bytes);
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

TEST(XcopyList, ReadsHeaderAndCscd) {
  XcopyBytes bytes = one_segment();
  bytes.list_id = 0x5a;
  bytes.usage = 2;
  bytes.cscds[0][28] = 0x04;
  store_be24(&bytes.cscds[0][29], 512);
  const XcopyList list = accepted(bytes.build());
  EXPECT_EQ(list.list_id, 0x5a);
  EXPECT_EQ(list.usage, ListIdUsage::discard);
  ASSERT_EQ(list.cscds.size(), 1u);
  const Cscd& cscd = list.cscds[0];
  EXPECT_EQ(cscd.at, 16);
  EXPECT_EQ(cscd.code_set, 1);
  EXPECT_EQ(cscd.association, 0);
  EXPECT_EQ(cscd.designator_type, 3);
  EXPECT_TRUE(std::ranges::equal(cscd.name(), kNaa));
  EXPECT_TRUE(cscd.pad);
  EXPECT_EQ(cscd.block_length, 512u);
}

TEST(XcopyList, ReadsBlockToBlockSegments) {
  XcopyBytes bytes = one_segment();
  bytes.add_blocks(0, 0xffff, 0x1122334455667788, 0x99, 0xfffe)[1] = 0x03;
  const XcopyList list = accepted(bytes.build());
  ASSERT_EQ(list.segments.size(), 2u);
  EXPECT_EQ(list.segments[0].at, 48);
  EXPECT_FALSE(list.segments[0].cat);
  EXPECT_FALSE(list.segments[0].destination_count);
  const XcopySegment& segment = list.segments[1];
  EXPECT_EQ(segment.at, 48 + 28);
  EXPECT_TRUE(segment.cat);
  EXPECT_TRUE(segment.destination_count);
  EXPECT_EQ(segment.source, 0);
  EXPECT_EQ(segment.destination, 0xffff);
  EXPECT_EQ(segment.count, 0xfffeu);
  EXPECT_EQ(segment.source_lba, 0x1122334455667788u);
  EXPECT_EQ(segment.destination_lba, 0x99u);
}

TEST(XcopyList, ReadsByteOffsetSegments) {
  XcopyBytes bytes = one_segment();
  auto& made = bytes.add_bytes(0, 0, 7, 9, 0x01020304);
  made[1] = 0x02;  // DC means nothing here
  store_be16(&made[28], 512);
  store_be16(&made[30], 1024);
  const XcopyList list = accepted(bytes.build());
  const XcopySegment& segment = list.segments.at(1);
  EXPECT_EQ(segment.type, kBlockOffsetToBlockOffset);
  EXPECT_FALSE(segment.destination_count);
  EXPECT_EQ(segment.count, 0x01020304u);
  EXPECT_EQ(segment.source_lba, 7u);
  EXPECT_EQ(segment.destination_lba, 9u);
  EXPECT_EQ(segment.source_byte, 512);
  EXPECT_EQ(segment.destination_byte, 1024);
}

TEST(XcopyList, MayHaveNoDescriptors) {
  const XcopyList list = accepted(XcopyBytes{}.build());
  EXPECT_TRUE(list.cscds.empty());
  EXPECT_TRUE(list.segments.empty());
}

TEST(XcopyList, ShorterThanItsHeaderIsALengthError) {
  const auto bytes = one_segment().build();
  for (size_t length = 0; length < kXcopyHeaderBytes; ++length)
    refused({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length)}, 0x1a00, std::nullopt);
}

TEST(XcopyList, ShorterThanItsListsIsALengthError) {
  const auto bytes = one_segment().build();
  for (size_t length = kXcopyHeaderBytes; length < bytes.size(); ++length)
    refused({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length)}, 0x1a00, std::nullopt);
}

TEST(XcopyList, IgnoresWhatFollowsItsLists) {
  auto bytes = one_segment().build();
  bytes.insert(bytes.end(), 500, 0xff);
  EXPECT_EQ(accepted(bytes).segments.size(), 1u);
}

TEST(XcopyList, RefusesTheReservedListIdUsage) {
  XcopyBytes bytes = one_segment();
  bytes.usage = 1;
  refused(bytes.build(), 0x2600, 1, 4);
}

TEST(XcopyList, UsageWithoutIdentifierNeedsIdentifierZero) {
  XcopyBytes bytes = one_segment();
  bytes.usage = 3;
  refused(bytes.build(), 0x2600, 0);
  bytes.list_id = 0;
  EXPECT_EQ(accepted(bytes.build()).usage, ListIdUsage::none);
}

TEST(XcopyList, TakesAsManyCscdsAsAnnounced) {
  XcopyBytes bytes;
  for (size_t i = 0; i < kMaxCscds; ++i) bytes.add_naa(kNaa);
  EXPECT_EQ(accepted(bytes.build()).cscds.size(), kMaxCscds);
}

TEST(XcopyList, RefusesMoreCscdsThanAnnounced) {
  XcopyBytes bytes;
  for (size_t i = 0; i <= kMaxCscds; ++i) bytes.add_naa(kNaa);
  bytes.add_blocks(0, 0, 0, 0, 0);
  refused(bytes.build(), 0x2606, 2);
}

TEST(XcopyList, TakesAsManySegmentsAsAnnounced) {
  XcopyBytes bytes;
  for (size_t i = 0; i < kMaxCscds; ++i) bytes.add_naa(kNaa);
  for (size_t i = 0; i < kMaxSegments; ++i) bytes.add_bytes(0, 0, 0, 0, 512);
  EXPECT_EQ(accepted(bytes.build()).segments.size(), kMaxSegments);
}

TEST(XcopyList, RefusesMoreSegmentsThanAnnounced) {
  XcopyBytes bytes;
  bytes.add_naa(kNaa);
  for (size_t i = 0; i <= kMaxSegments; ++i) bytes.add_blocks(0, 0, 0, 0, 0);
  refused(bytes.build(), 0x2608, 8);
}

TEST(XcopyList, LongerDescriptorListThanAnnouncedIsALengthError) {
  XcopyBytes bytes;
  for (size_t i = 0; i <= kMaxCscds; ++i) bytes.add_naa(kNaa);
  while (bytes.cscds.size() * 32 + bytes.segments.size() * 28 <= kMaxDescriptorBytes)
    bytes.add_blocks(0, 0, 0, 0, 0);
  refused(bytes.build(), 0x1a00, std::nullopt);
}

TEST(XcopyList, InlineDataIsALengthError) {
  XcopyBytes bytes = one_segment();
  bytes.inline_length = 4;
  auto list = bytes.build();
  list.resize(list.size() + 4);
  refused(list, 0x1a00, std::nullopt);
}

TEST(XcopyList, RefusesEveryOtherCscdType) {
  for (int type = 0; type <= 0xff; ++type) {
    if (type == kIdentificationCscd) continue;
    XcopyBytes bytes = one_segment();
    bytes.add_naa(kNaa);
    bytes.cscds[1][0] = static_cast<uint8_t>(type);
    refused(bytes.build(), 0x2607, 16 + 32);
  }
}

TEST(XcopyList, RefusesEveryOtherSegmentType) {
  for (int type = 0; type <= 0xff; ++type) {
    if (std::ranges::count(supported_descriptor_types(), type) != 0 && type < 0xc0) continue;
    XcopyBytes bytes = one_segment();
    bytes.add_blocks(0, 0, 0, 0, 0)[0] = static_cast<uint8_t>(type);
    refused(bytes.build(), 0x2609, 16 + 32 + 28);
  }
}

TEST(XcopyList, IgnoresLuIdTypeAndNul) {
  for (const int bits : {0x20, 0x40, 0x80, 0xc0}) {
    XcopyBytes bytes = one_segment();
    bytes.cscds[0][1] = static_cast<uint8_t>(bits);
    EXPECT_EQ(accepted(bytes.build()).cscds.at(0).peripheral_type, 0);
  }
}

TEST(XcopyList, RefusesDesignatorsTooLongForTheirField) {
  XcopyBytes bytes = one_segment();
  bytes.cscds[0][7] = 20;
  EXPECT_EQ(accepted(bytes.build()).cscds.at(0).name().size(), 20u);
  bytes.cscds[0][7] = 21;
  refused(bytes.build(), 0x2600, 16 + 7);
}

TEST(XcopyList, CscdListOfPartDescriptorsIsALengthError) {
  auto bytes = one_segment().build();
  store_be16(&bytes[2], 33);
  refused(bytes, 0x1a00, std::nullopt);
}

TEST(XcopyList, SegmentOfTheWrongLengthIsAnInvalidField) {
  XcopyBytes bytes = one_segment();
  for (const int length : {0, 0x17, 0x19, 0x1c, 0xffff}) {
    store_be<2>(&bytes.segments[0][2], static_cast<uint64_t>(length));
    refused(bytes.build(), 0x2600, 48 + 2);
  }
}

TEST(XcopyList, SegmentListThatCutsASegmentIsALengthError) {
  XcopyBytes bytes = one_segment();
  for (size_t rest = 1; rest < 28; ++rest) {
    auto& cut = bytes.add_blocks(0, 0, 0, 0, 0);
    cut.resize(rest);
    refused(bytes.build(), 0x1a00, std::nullopt);
    bytes.segments.pop_back();
  }
}

TEST(XcopyList, SegmentLengthHasTheAnnouncedLimit) {
  XcopyBytes bytes = one_segment();
  bytes.add_bytes(0, 0, 0, 0, kMaxSegmentBytes);
  EXPECT_EQ(accepted(bytes.build()).segments.at(1).count, kMaxSegmentBytes);
  bytes.add_bytes(0, 0, 0, 0, kMaxSegmentBytes + 1);
  refused(bytes.build(), 0x2600, 48 + 28 + 32 + 8);
}

/// What must hold of whatever the parser accepts.
void check_bounds(ConstBytes bytes, XcopyFormat format = XcopyFormat::lid1) {
  const auto parsed = parse_xcopy_list(bytes, format);
  const auto* list = std::get_if<XcopyList>(&parsed);
  if (!list) {
    const auto& sense = std::get<SenseData>(parsed);
    EXPECT_EQ(sense.key, SenseKey::illegal_request);
    if (sense.field) {
      EXPECT_LT(sense.field->byte, bytes.size());
    }
    return;
  }
  EXPECT_LE(list->cscds.size(), kMaxCscds);
  EXPECT_LE(list->segments.size(), kMaxSegments);
  for (const Cscd& cscd : list->cscds) EXPECT_LE(cscd.name().size(), 20u);
  for (const XcopySegment& segment : list->segments) {
    if (segment.type == kBlockImage) continue;  // blocks; bounded by the units
    EXPECT_LE(segment.count, kMaxSegmentBytes);
  }
}

TEST(XcopyList, SurvivesRandomBytes) {
  const uint32_t seed = 20261123;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint8_t> bytes(random() % 600);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    if (bytes.size() > 12 && round % 2 == 0) {  // lengths that may be right
      store_be<2>(&bytes[2], random() % 4 * 32);
      store_be<4>(&bytes[8], random() % 600);
      if (bytes.size() > 16) store_be32(&bytes[12], 0);
    }
    check_bounds(bytes);
    check_bounds(bytes, XcopyFormat::lid4);
  }
}

TEST(XcopyList, SurvivesDamagedLists) {
  const uint32_t seed = 4711;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  XcopyBytes whole = one_segment();
  whole.add_naa(kNaa);
  for (int i = 0; i < 6; ++i) whole.add_bytes(0, 1, 0, 0, 4096);
  const auto sound = whole.build();
  for (int round = 0; round < 20000; ++round) {
    auto bytes = sound;
    for (size_t flips = random() % 4 + 1; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    bytes.resize(bytes.size() - random() % 3 * (random() % 40));
    check_bounds(bytes);
  }
}

TEST(XcopyListLid4, SurvivesDamagedLists) {
  const uint32_t seed = 4712;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  XcopyBytes whole = one_segment();
  for (int i = 0; i < 6; ++i) whole.add_bytes(1, 1, 0, 0, 4096);
  const auto sound = whole.build_lid4();
  for (int round = 0; round < 20000; ++round) {
    auto bytes = sound;
    for (size_t flips = random() % 4 + 1; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    bytes.resize(bytes.size() - random() % 3 * (random() % 40));
    check_bounds(bytes, XcopyFormat::lid4);
  }
}

std::variant<XcopyList, SenseData> parse_lid4(const std::vector<uint8_t>& bytes) {
  return parse_xcopy_list(bytes, XcopyFormat::lid4);
}
void refused_lid4(const std::vector<uint8_t>& bytes, Asc asc, int byte) {
  const auto parsed = parse_lid4(bytes);
  ASSERT_TRUE(std::holds_alternative<SenseData>(parsed));
  const auto& sense = std::get<SenseData>(parsed);
  EXPECT_EQ(sense.key, SenseKey::illegal_request);
  EXPECT_EQ(sense.asc, asc);
  EXPECT_EQ(sense.field ? sense.field->byte : -1, byte);
}

TEST(XcopyListLid4, ReadsItsHeader) {
  XcopyBytes bytes = one_segment();
  bytes.list_id = 0x01020304;
  bytes.usage = 2;
  const auto parsed = parse_lid4(bytes.build_lid4(0x02));
  ASSERT_TRUE(std::holds_alternative<XcopyList>(parsed));
  const auto& list = std::get<XcopyList>(parsed);
  EXPECT_EQ(list.format, XcopyFormat::lid4);
  EXPECT_EQ(list.list_id, 0x01020304u);
  EXPECT_EQ(list.usage, ListIdUsage::discard);
  EXPECT_TRUE(list.tells_count);
  EXPECT_FALSE(list.immediate);
  EXPECT_EQ(list.first_cscd_id, 1);
  EXPECT_EQ(list.cscds.at(0).at, 48);
  EXPECT_EQ(list.segments.at(0).at, 80);
}

TEST(XcopyListLid4, WhatIsTheSameInAllHeadersMustBe) {
  const auto sound = one_segment().build_lid4();
  for (const int byte : {0, 2, 16}) {
    auto bytes = sound;
    bytes[static_cast<size_t>(byte)] ^= 0x03;
    refused_lid4(bytes, 0x2600, byte);
  }
}

TEST(XcopyListLid4, AListOfTheOtherFormIsRefused) {
  refused_lid4(one_segment().build(), 0x2600, 16);
  refused(one_segment().build_lid4(), 0x2607, 16);
}

TEST(XcopyListLid4, ShorterThanItsHeaderIsALengthError) {
  const auto bytes = one_segment().build_lid4();
  for (size_t length = 0; length < bytes.size(); ++length)
    refused_lid4({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length)}, 0x1a00, -1);
}

TEST(XcopyListLid4, ACopyInTheBackgroundHasAnIdentifierAndTellsNoCount) {
  XcopyBytes bytes = one_segment();
  refused_lid4(bytes.build_lid4(0x03), 0x2600, 15);
  bytes.usage = 3;
  bytes.list_id = 0;
  refused_lid4(bytes.build_lid4(0x01), 0x2600, 15);
  EXPECT_TRUE(std::holds_alternative<XcopyList>(parse_lid4(bytes.build_lid4())));
  bytes.list_id = 9;
  refused_lid4(bytes.build_lid4(), 0x2600, 20);
}

TEST(XcopyListLid4, LimitsPointAtItsOwnLengths) {
  XcopyBytes bytes;
  for (size_t i = 0; i <= kMaxCscds; ++i) bytes.add_naa(kNaa);
  refused_lid4(bytes.build_lid4(), 0x2606, 42);
  bytes.cscds.resize(1);
  for (size_t i = 0; i <= kMaxSegments; ++i) bytes.add_blocks(0, 0, 0, 0, 0);
  refused_lid4(bytes.build_lid4(), 0x2608, 44);
}

TEST(XcopyList, ReadsVerifySegments) {
  XcopyBytes bytes = one_segment();
  bytes.add_verify(3, true);
  const XcopySegment segment = accepted(bytes.build()).segments.at(1);
  EXPECT_EQ(segment.type, kVerifyCscd);
  EXPECT_EQ(segment.source, 3);
  EXPECT_TRUE(segment.test_unit_ready);
  EXPECT_EQ(segment.count, 0u);
}

TEST(XcopyList, ReadsBlockImageSegments) {
  XcopyBytes bytes = one_segment();
  bytes.add_image(1, 2, 0x0102030405060708, 9, 0xfffffffe);
  const XcopySegment segment = accepted(bytes.build()).segments.at(1);
  EXPECT_EQ(segment.type, kBlockImage);
  EXPECT_EQ(segment.source_lba, 0x0102030405060708u);
  EXPECT_EQ(segment.destination_lba, 9u);
  EXPECT_EQ(segment.count, 0xfffffffeu);
}

}  // namespace
}  // namespace tidemark::scsi
