#include "scsi/xcopy_list.h"

#include <algorithm>
#include <optional>

#include "base/big_endian.h"
#include "scsi/copy_sense.h"

namespace tidemark::scsi {
namespace {

/// The header, with the lengths of what follows it.
struct Header {
  uint8_t list_id = 0;
  ListIdUsage usage = ListIdUsage::keep;
  uint32_t cscd_bytes = 0;
  uint32_t segment_bytes = 0;
};

std::variant<Header, SenseData> parse_header(ConstBytes list) {
  if (list.size() < kXcopyHeaderBytes) return sense::parameter_list_length_error();
  Header header;
  header.list_id = list[0];
  const uint8_t usage = list[1] >> 3 & 3;
  if (usage == 1) return sense::invalid_field_in_list(1, 4);
  header.usage = static_cast<ListIdUsage>(usage);
  if (header.usage == ListIdUsage::none && header.list_id != 0)
    return sense::invalid_field_in_list(0);
  header.cscd_bytes = load_be16(&list[2]);
  header.segment_bytes = load_be32(&list[8]);
  return header;
}

/// Lengths against the limits, then against each other and what has come. The order matters to
/// initiators that probe the limits: the sum of the lists first, their counts later.
std::optional<SenseData> check_lengths(const Header& header, ConstBytes list) {
  const uint64_t descriptors = uint64_t{header.cscd_bytes} + header.segment_bytes;
  const uint32_t inline_bytes = load_be32(&list[12]);
  if (descriptors > kMaxDescriptorBytes || inline_bytes != 0)
    return sense::parameter_list_length_error();
  if (header.cscd_bytes / kCscdBytes > kMaxCscds)
    return copy_sense::in_list(SenseKey::illegal_request, copy_sense::kTooManyCscds, 2);
  if (header.cscd_bytes % kCscdBytes != 0 || list.size() < kXcopyHeaderBytes + descriptors)
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

/// The value DESCRIPTOR LENGTH has for a supported type; none for the others.
std::optional<uint16_t> length_of(uint8_t type) {
  switch (type) {
    case kBlockToBlock:
      return uint16_t{0x18};
    case kBlockOffsetToBlockOffset:
      return uint16_t{0x1c};
    default:
      return std::nullopt;
  }
}

XcopySegment segment_fields(ConstBytes from, uint16_t at) {
  XcopySegment segment;
  segment.at = at;
  segment.type = from[0];
  segment.cat = (from[1] & 0x01) != 0;
  segment.source = load_be16(&from[4]);
  segment.destination = load_be16(&from[6]);
  segment.source_lba = load_be64(&from[12]);
  segment.destination_lba = load_be64(&from[20]);
  if (segment.type == kBlockToBlock) {
    segment.destination_count = (from[1] & 0x02) != 0;
    segment.count = load_be16(&from[10]);
  } else {
    segment.count = load_be32(&from[8]);
    segment.source_byte = load_be16(&from[28]);
    segment.destination_byte = load_be16(&from[30]);
  }
  return segment;
}

/// The segment at `at`, which ends no later than `end`.
std::variant<XcopySegment, SenseData> parse_segment(ConstBytes list, size_t at, size_t end) {
  const auto place = static_cast<uint16_t>(at);  // lists are far shorter than 64 KiB
  const auto field = [place](uint16_t byte) {
    return sense::invalid_field_in_list(static_cast<uint16_t>(place + byte));
  };
  if (end - at < 4) return sense::parameter_list_length_error();
  const std::optional<uint16_t> length = length_of(list[at]);
  if (!length)
    return copy_sense::in_list(SenseKey::illegal_request, copy_sense::kUnsupportedSegment, place);
  if (load_be16(&list[at + 2]) != *length) return field(2);
  if (end - at < size_t{4} + *length) return sense::parameter_list_length_error();
  const XcopySegment segment = segment_fields(list.subspan(at, size_t{4} + *length), place);
  if (segment.type == kBlockOffsetToBlockOffset && segment.count > kMaxSegmentBytes)
    return field(8);
  return segment;
}

}  // namespace

std::variant<XcopyList, SenseData> parse_xcopy_list(ConstBytes list) {
  const auto parsed = parse_header(list);
  if (const auto* wrong = std::get_if<SenseData>(&parsed)) return *wrong;
  const Header& header = std::get<Header>(parsed);
  if (const auto wrong = check_lengths(header, list)) return *wrong;

  XcopyList result;
  result.list_id = header.list_id;
  result.usage = header.usage;
  size_t at = kXcopyHeaderBytes;
  const size_t segments_at = at + header.cscd_bytes;
  for (; at < segments_at; at += kCscdBytes) {
    const auto cscd = parse_cscd(list.subspan(at, kCscdBytes), static_cast<uint16_t>(at));
    if (const auto* wrong = std::get_if<SenseData>(&cscd)) return *wrong;
    result.cscds.push_back(std::get<Cscd>(cscd));
  }
  const size_t end = segments_at + header.segment_bytes;
  while (at < end) {
    if (result.segments.size() == kMaxSegments)
      return copy_sense::in_list(SenseKey::illegal_request, copy_sense::kTooManySegments, 8);
    const auto segment = parse_segment(list, at, end);
    if (const auto* wrong = std::get_if<SenseData>(&segment)) return *wrong;
    result.segments.push_back(std::get<XcopySegment>(segment));
    at += size_t{4} + load_be16(&list[at + 2]);
  }
  return result;
}

}  // namespace tidemark::scsi
