#include "scsi/xcopy_list.h"

#include <algorithm>
#include <optional>

#include "base/big_endian.h"
#include "scsi/copy_sense.h"

namespace tidemark::scsi {
namespace {

/// What a supported segment descriptor has in which place (SPC-4 clauses 6.4.6.4 to 6.4.6.19);
/// 0: it has none.
struct SegmentRow {
  uint8_t type;
  uint8_t length;  // the value of DESCRIPTOR LENGTH
  uint8_t count_at;
  uint8_t count_bytes;
  uint8_t lbas_at;  // source LBA, destination LBA
  uint8_t byte_offsets_at;
  uint64_t most;  // COUNT at most
};
constexpr SegmentRow kSegments[] = {
    {kBlockToBlock, 0x18, 10, 2, 12, 0, UINT16_MAX},
    {kVerifyCscd, 0x08, 0, 0, 0, 0, 0},
    {kBlockOffsetToBlockOffset, 0x1c, 8, 4, 12, 28, kMaxSegmentBytes},
    {kBlockImage, 0x18, 24, 4, 8, 0, UINT32_MAX},
};

constexpr auto kDescriptorTypes = [] {
  std::array<uint8_t, std::size(kSegments) + 1> types{};
  for (size_t i = 0; i < std::size(kSegments); ++i) types[i] = kSegments[i].type;
  types.back() = kIdentificationCscd;
  return types;
}();
static_assert(std::is_sorted(kDescriptorTypes.begin(), kDescriptorTypes.end()));

/// The header, with the lengths of what follows it.
struct Header {
  XcopyList list;
  size_t bytes = 0;       // its own
  uint16_t id_at = 0;     // where LIST IDENTIFIER is
  uint16_t cscds_at = 0;  // where the lengths are
  uint16_t segments_at = 0;
  uint32_t cscd_bytes = 0;
  uint32_t segment_bytes = 0;
  uint32_t inline_bytes = 0;
};

Header lid1_header(ConstBytes list) {
  Header header{.list = {}, .bytes = kXcopyHeaderBytes, .cscds_at = 2, .segments_at = 8};
  header.list.list_id = list[0];
  header.cscd_bytes = load_be16(&list[2]);
  header.segment_bytes = load_be32(&list[8]);
  header.inline_bytes = load_be32(&list[12]);
  return header;
}

Header lid4_header(ConstBytes list) {
  Header header{
      .list = {}, .bytes = kXcopyLid4HeaderBytes, .id_at = 20, .cscds_at = 42, .segments_at = 44};
  header.list.format = XcopyFormat::lid4;
  header.list.first_cscd_id = 1;
  header.list.list_id = load_be32(&list[20]);
  header.list.tells_count = (list[15] & 0x02) != 0;
  header.list.immediate = (list[15] & 0x01) != 0;
  header.cscd_bytes = load_be16(&list[42]);
  header.segment_bytes = load_be16(&list[44]);
  header.inline_bytes = load_be16(&list[46]);
  return header;
}

/// What in a LID4 header is the same in all, so that who knows LID1 alone refuses it.
std::optional<SenseData> check_lid4_constants(ConstBytes list) {
  if (list[0] != 0x01) return sense::invalid_field_in_list(0);
  if (load_be16(&list[2]) != 0x0020) return sense::invalid_field_in_list(2);
  if (list[16] != 0xff) return sense::invalid_field_in_list(16);
  return std::nullopt;
}

std::variant<Header, SenseData> parse_header(ConstBytes list, XcopyFormat format) {
  const bool lid4 = format == XcopyFormat::lid4;
  if (list.size() < (lid4 ? kXcopyLid4HeaderBytes : kXcopyHeaderBytes))
    return sense::parameter_list_length_error();
  if (lid4)
    if (const auto wrong = check_lid4_constants(list)) return *wrong;
  Header header = lid4 ? lid4_header(list) : lid1_header(list);
  const uint8_t usage = list[1] >> 3 & 3;
  if (usage == 1) return sense::invalid_field_in_list(1, 4);
  header.list.usage = static_cast<ListIdUsage>(usage);
  const bool unnamed = header.list.usage == ListIdUsage::none;
  if (unnamed && header.list.list_id != 0) return sense::invalid_field_in_list(header.id_at);
  // Nobody could learn how it ended; and GOOD is sent before there is a count to tell.
  if (header.list.immediate && unnamed) return sense::invalid_field_in_list(15, 0);
  if (header.list.immediate && header.list.tells_count) return sense::invalid_field_in_list(15, 1);
  return header;
}

/// Lengths against the limits, then against each other and what has come. The order matters to
/// initiators that probe the limits: the sum of the lists first, their counts later.
std::optional<SenseData> check_lengths(const Header& header, ConstBytes list) {
  const uint64_t descriptors = uint64_t{header.cscd_bytes} + header.segment_bytes;
  if (descriptors > kMaxDescriptorBytes || header.inline_bytes != 0)
    return sense::parameter_list_length_error();
  if (header.cscd_bytes / kCscdBytes > kMaxCscds)
    return copy_sense::in_list(SenseKey::illegal_request, copy_sense::kTooManyCscds,
                               header.cscds_at);
  if (header.cscd_bytes % kCscdBytes != 0 || list.size() < header.bytes + descriptors)
    return sense::parameter_list_length_error();
  return std::nullopt;
}

std::variant<Cscd, SenseData> parse_cscd(ConstBytes from, uint16_t at) {
  if (from[0] != kIdentificationCscd)
    return copy_sense::in_list(SenseKey::illegal_request, copy_sense::kUnsupportedCscd, at);
  Cscd cscd;
  cscd.at = at;
  cscd.peripheral_type = from[1] & 0x1f;  // LU ID TYPE is ignored: SPC-4 clause 6.4.5.6
  cscd.code_set = from[4] & 0x0f;
  cscd.association = from[5] >> 4 & 3;
  cscd.designator_type = from[5] & 0x0f;
  cscd.designator_length = from[7];
  if (cscd.designator_length > cscd.designator.size())
    return sense::invalid_field_in_list(static_cast<uint16_t>(at + 7));
  std::copy_n(from.begin() + 8, cscd.designator.size(), cscd.designator.begin());
  cscd.pad = (from[28] & 0x04) != 0;
  cscd.block_length = load_be24(&from[29]);
  return cscd;
}

/// Null if segments of this type are not supported.
const SegmentRow* row_of(uint8_t type) {
  const auto* row = std::ranges::find(kSegments, type, &SegmentRow::type);
  return row == std::end(kSegments) ? nullptr : row;
}

XcopySegment segment_fields(const SegmentRow& row, ConstBytes from, uint16_t at) {
  XcopySegment segment;
  segment.at = at;
  segment.type = row.type;
  segment.cat = (from[1] & 0x01) != 0;
  segment.destination_count = row.type == kBlockToBlock && (from[1] & 0x02) != 0;
  segment.source = load_be16(&from[4]);
  segment.destination = load_be16(&from[6]);
  if (row.count_bytes == 2) segment.count = load_be16(&from[row.count_at]);
  if (row.count_bytes == 4) segment.count = load_be32(&from[row.count_at]);
  if (row.lbas_at != 0) {
    segment.source_lba = load_be64(&from[row.lbas_at]);
    segment.destination_lba = load_be64(&from[row.lbas_at + 8u]);
  }
  if (row.byte_offsets_at != 0) {
    segment.source_byte = load_be16(&from[row.byte_offsets_at]);
    segment.destination_byte = load_be16(&from[row.byte_offsets_at + 2u]);
  }
  segment.test_unit_ready = row.type == kVerifyCscd && (from[8] & 0x01) != 0;
  return segment;
}

/// The segment at `at`, which ends no later than `end`.
std::variant<XcopySegment, SenseData> parse_segment(ConstBytes list, size_t at, size_t end) {
  const auto place = static_cast<uint16_t>(at);  // lists are far shorter than 64 KiB
  const auto field = [place](uint16_t byte) {
    return sense::invalid_field_in_list(static_cast<uint16_t>(place + byte));
  };
  if (end - at < 4) return sense::parameter_list_length_error();
  const SegmentRow* row = row_of(list[at]);
  if (row == nullptr)
    return copy_sense::in_list(SenseKey::illegal_request, copy_sense::kUnsupportedSegment, place);
  if (load_be16(&list[at + 2]) != row->length) return field(2);
  if (end - at < size_t{4} + row->length) return sense::parameter_list_length_error();
  const XcopySegment segment =
      segment_fields(*row, list.subspan(at, size_t{4} + row->length), place);
  if (segment.count > row->most) return field(row->count_at);
  return segment;
}

}  // namespace

std::span<const uint8_t> supported_descriptor_types() {
  return kDescriptorTypes;
}

std::variant<XcopyList, SenseData> parse_xcopy_list(ConstBytes list, XcopyFormat format) {
  const auto parsed = parse_header(list, format);
  if (const auto* wrong = std::get_if<SenseData>(&parsed)) return *wrong;
  const Header& header = std::get<Header>(parsed);
  if (const auto wrong = check_lengths(header, list)) return *wrong;

  XcopyList result = header.list;
  size_t at = header.bytes;
  const size_t segments_at = at + header.cscd_bytes;
  for (; at < segments_at; at += kCscdBytes) {
    const auto cscd = parse_cscd(list.subspan(at, kCscdBytes), static_cast<uint16_t>(at));
    if (const auto* wrong = std::get_if<SenseData>(&cscd)) return *wrong;
    result.cscds.push_back(std::get<Cscd>(cscd));
  }
  const size_t end = segments_at + header.segment_bytes;
  while (at < end) {
    if (result.segments.size() == kMaxSegments)
      return copy_sense::in_list(SenseKey::illegal_request, copy_sense::kTooManySegments,
                                 header.segments_at);
    const auto segment = parse_segment(list, at, end);
    if (const auto* wrong = std::get_if<SenseData>(&segment)) return *wrong;
    result.segments.push_back(std::get<XcopySegment>(segment));
    at += size_t{4} + load_be16(&list[at + 2]);
  }
  return result;
}

}  // namespace tidemark::scsi
