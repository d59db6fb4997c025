#include "scsi/vendor_layout.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "base/big_endian.h"

namespace tidemark::scsi {
namespace {

constexpr uint8_t kPerSegment = 0x01;
constexpr uint8_t kReleaseRam = 0x02;
constexpr uint8_t kFailWrite = 0x04;
constexpr uint8_t kReservedFlags = 0xf8;
constexpr uint16_t kAdditionalLength = kStartListBytes - 4;
constexpr uint32_t kGrainMin = 4 * kKiB;
constexpr uint32_t kGrainMax = 64 * kKiB;
constexpr uint64_t kSegmentMin = 64 * kKiB;
constexpr size_t kReportBytes = 84;
constexpr size_t kErrorTextMax = 255;

/// First byte of [from, to) that is not zero.
std::optional<SenseData> check_reserved(ConstBytes list, uint16_t from, uint16_t to) {
  for (uint16_t at = from; at < to; ++at)
    if (list[at] != 0) return sense::invalid_field_in_list(at);
  return std::nullopt;
}

/// The first byte that contradicts the layout, whatever its meaning.
std::optional<SenseData> check_frame(ConstBytes list) {
  if (list[0] != kVendorLayoutVersion) return sense::invalid_field_in_list(0);
  if (const uint8_t extra = list[1] & kReservedFlags; extra != 0)
    return sense::invalid_field_in_list(1, static_cast<uint8_t>(std::bit_width(extra) - 1));
  if (load_be16(&list[2]) != kAdditionalLength) return sense::invalid_field_in_list(2);
  if (list[4] > 2) return sense::invalid_field_in_list(4);
  if (list[5] != 1 && list[5] != 2) return sense::invalid_field_in_list(5);
  if (const auto wrong = check_reserved(list, 6, 8)) return wrong;
  if (list[4] == 0)
    if (const auto wrong = check_reserved(list, kStartSourceAt, kStartSourceAt + 8)) return wrong;
  return check_reserved(list, 36, 40);
}

/// The longest prefix within the limit that does not cut a UTF-8 character.
std::string_view cut_text(std::string_view text) {
  if (text.size() <= kErrorTextMax) return text;
  size_t end = kErrorTextMax;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

/// Codes of ERROR.
struct ErrorRow {
  storage::Errc error;
  uint8_t code;
};
constexpr ErrorRow kErrors[] = {
    {storage::Errc::ok, 0},
    {storage::Errc::out_of_range, 1},
    {storage::Errc::write_protected, 2},
    {storage::Errc::medium_read, 3},
    {storage::Errc::medium_write, 4},
    {storage::Errc::no_space, 5},
    {storage::Errc::gone, 6},
    {storage::Errc::cancelled, 7},
    {storage::Errc::preserve_failed, 8},
    {storage::Errc::no_resources, 9},
};

constexpr uint8_t kVerify = 0x08;
constexpr uint8_t kHold = 0x10;
constexpr uint8_t kReleaseDurable = 0x20;
constexpr uint8_t kReservedFlags2 = 0xc0;
constexpr uint8_t kForms = 4;
constexpr uint16_t kImpactAt = 6;
constexpr uint16_t kRangeCountAt = 48;
constexpr uint16_t kSourceNameAt = 52;  // its length
constexpr uint16_t kDestinationNameAt = 54;

bool grain_is_right(uint32_t grain) {
  return grain == 0 || (std::has_single_bit(grain) && grain >= kGrainMin && grain <= kGrainMax);
}

/// What version 1 and version 2 have in the same places.
StartList common_fields(ConstBytes list) {
  StartList start;
  start.per_segment = (list[1] & kPerSegment) != 0;
  start.release_ram = (list[1] & kReleaseRam) != 0;
  start.fail_write = (list[1] & kFailWrite) != 0;
  start.source = {static_cast<UnitName::Form>(list[4]), load_be64(&list[kStartSourceAt])};
  start.destination = {static_cast<UnitName::Form>(list[5]), load_be64(&list[kStartDestinationAt])};
  start.segment_size = load_be64(&list[24]);
  start.grain = load_be32(&list[32]);
  start.rate_limit = load_be64(&list[40]);
  return start;
}

std::optional<SenseData> check_frame_2(ConstBytes list) {
  if (const uint8_t extra = list[1] & kReservedFlags2; extra != 0)
    return sense::invalid_field_in_list(1, static_cast<uint8_t>(std::bit_width(extra) - 1));
  if (const auto wrong = check_reserved(list, 2, 4)) return wrong;
  if (list[4] >= kForms) return sense::invalid_field_in_list(4);
  if (list[5] == 0 || list[5] >= kForms) return sense::invalid_field_in_list(5);
  if (list[kImpactAt] > static_cast<uint8_t>(CopyImpact::max))
    return sense::invalid_field_in_list(kImpactAt);
  if (list[7] != 0) return sense::invalid_field_in_list(7);
  if (load_be32(&list[36]) > kLatencyBudgetMaxUs) return sense::invalid_field_in_list(36);
  if (load_be32(&list[kRangeCountAt]) > kVendorRangesMax)
    return sense::invalid_field_in_list(kRangeCountAt);
  for (const uint16_t at : {kSourceNameAt, kDestinationNameAt})
    if (load_be16(&list[at]) > kVendorNameMax) return sense::invalid_field_in_list(at);
  return check_reserved(list, 56, 64);
}

std::vector<CopyRange> ranges_at(ConstBytes from, size_t count) {
  std::vector<CopyRange> ranges;
  for (size_t at = 0; ranges.size() < count; at += kVendorRangeBytes)
    ranges.push_back({load_be64(&from[at]), load_be64(&from[at + 8]), load_be64(&from[at + 16])});
  return ranges;
}

void put_ranges(std::vector<uint8_t>& to, const std::vector<CopyRange>& ranges) {
  for (const CopyRange& range : ranges) {
    const size_t at = to.size();
    to.resize(at + kVendorRangeBytes);
    store_be64(&to[at], range.source_offset);
    store_be64(&to[at + 8], range.destination_offset);
    store_be64(&to[at + 16], range.length);
  }
}

std::variant<StartList, SenseData> parse_start_list_2(ConstBytes list) {
  if (list.size() < kStartListHeaderBytes) return sense::parameter_list_length_error();
  if (const auto wrong = check_frame_2(list)) return *wrong;
  const size_t ranges = load_be32(&list[kRangeCountAt]);
  const size_t source_name = load_be16(&list[kSourceNameAt]);
  const size_t destination_name = load_be16(&list[kDestinationNameAt]);
  const size_t names_at = kStartListHeaderBytes + ranges * kVendorRangeBytes;
  if (list.size() < names_at + source_name + destination_name)
    return sense::parameter_list_length_error();
  StartList start = common_fields(list);
  start.verify = (list[1] & kVerify) != 0;
  start.hold = (list[1] & kHold) != 0;
  start.release_durable = (list[1] & kReleaseDurable) != 0;
  if (start.release_durable && start.release_ram) return sense::invalid_field_in_list(1, 5);
  start.impact = static_cast<CopyImpact>(list[kImpactAt]);
  start.latency_budget_us = load_be32(&list[36]);
  start.ranges = ranges_at(list.subspan(kStartListHeaderBytes), ranges);
  const ConstBytes names = list.subspan(names_at);
  start.source.name.assign(names.begin(), names.begin() + static_cast<ptrdiff_t>(source_name));
  const ConstBytes second = names.subspan(source_name, destination_name);
  start.destination.name.assign(second.begin(), second.end());
  if (!grain_is_right(start.grain)) return sense::invalid_field_in_list(32);
  return start;
}

}  // namespace

uint8_t vendor_error_code(storage::Errc error) {
  for (const ErrorRow& row : kErrors)
    if (row.error == error) return row.code;
  return 0xff;
}

storage::Errc error_of_vendor_code(uint8_t code) {
  for (const ErrorRow& row : kErrors)
    if (row.code == code) return row.error;
  return storage::Errc::gone;  // of a device server that is newer
}

std::variant<StartList, SenseData> parse_start_list(ConstBytes list) {
  if (!list.empty() && list[0] == kVendorLayoutNewest) return parse_start_list_2(list);
  if (list.size() < kStartListBytes) return sense::parameter_list_length_error();
  if (const auto wrong = check_frame(list)) return *wrong;
  StartList start = common_fields(list);
  if (!grain_is_right(start.grain)) return sense::invalid_field_in_list(32);
  return start;
}

std::vector<uint8_t> encode_start_list(const StartList& list) {
  std::vector<uint8_t> bytes(kStartListBytes);
  bytes[0] = kVendorLayoutVersion;
  bytes[1] = static_cast<uint8_t>((list.per_segment ? kPerSegment : 0) |
                                  (list.release_ram ? kReleaseRam : 0) |
                                  (list.fail_write ? kFailWrite : 0));
  store_be16(&bytes[2], kAdditionalLength);
  bytes[4] = static_cast<uint8_t>(list.source.form);
  bytes[5] = static_cast<uint8_t>(list.destination.form);
  store_be64(&bytes[kStartSourceAt], list.source.value);
  store_be64(&bytes[kStartDestinationAt], list.destination.value);
  store_be64(&bytes[24], list.segment_size);
  store_be32(&bytes[32], list.grain);
  store_be64(&bytes[40], list.rate_limit);
  return bytes;
}

std::vector<uint8_t> encode_start_list_2(const StartList& list) {
  std::vector<uint8_t> bytes = encode_start_list(list);
  bytes.resize(kStartListHeaderBytes);
  bytes[0] = kVendorLayoutNewest;
  bytes[1] = static_cast<uint8_t>(bytes[1] | (list.verify ? kVerify : 0) | (list.hold ? kHold : 0) |
                                  (list.release_durable ? kReleaseDurable : 0));
  store_be16(&bytes[2], 0);
  bytes[kImpactAt] = static_cast<uint8_t>(list.impact);
  store_be32(&bytes[36], list.latency_budget_us);
  store_be<4>(&bytes[kRangeCountAt], list.ranges.size());
  store_be<2>(&bytes[kSourceNameAt], list.source.name.size());
  store_be<2>(&bytes[kDestinationNameAt], list.destination.name.size());
  put_ranges(bytes, list.ranges);
  for (const std::string* name : {&list.source.name, &list.destination.name})
    bytes.insert(bytes.end(), name->begin(), name->end());
  return bytes;
}

std::variant<CopyAdjustment, SenseData> parse_set_list(ConstBytes list) {
  constexpr uint8_t kKnown = 0x07;
  if (list.size() < kSetListBytes) return sense::parameter_list_length_error();
  if (list[0] != kVendorLayoutNewest) return sense::invalid_field_in_list(0);
  if ((list[1] & ~kKnown) != 0) return sense::invalid_field_in_list(1);
  if (const auto wrong = check_reserved(list, 2, 4)) return *wrong;
  if (const auto wrong = check_reserved(list, 5, 8)) return *wrong;
  if (const auto wrong = check_reserved(list, 20, 32)) return *wrong;
  CopyAdjustment adjustment;
  if ((list[1] & 0x01) != 0) adjustment.rate_limit = load_be64(&list[8]);
  if ((list[1] & 0x02) != 0) {
    if (list[4] == 0 || list[4] > static_cast<uint8_t>(CopyImpact::max))
      return sense::invalid_field_in_list(4);
    adjustment.impact = static_cast<CopyImpact>(list[4]);
  }
  if ((list[1] & 0x04) != 0) {
    if (load_be32(&list[16]) > kLatencyBudgetMaxUs) return sense::invalid_field_in_list(16);
    adjustment.latency_budget_us = load_be32(&list[16]);
  }
  return adjustment;
}

std::vector<uint8_t> encode_set_list(const CopyAdjustment& adjustment) {
  std::vector<uint8_t> list(kSetListBytes);
  list[0] = kVendorLayoutNewest;
  list[1] =
      static_cast<uint8_t>((adjustment.rate_limit ? 0x01 : 0) | (adjustment.impact ? 0x02 : 0) |
                           (adjustment.latency_budget_us ? 0x04 : 0));
  if (adjustment.impact) list[4] = static_cast<uint8_t>(*adjustment.impact);
  store_be64(&list[8], adjustment.rate_limit.value_or(0));
  store_be32(&list[16], adjustment.latency_budget_us.value_or(0));
  return list;
}

std::variant<std::vector<CopyRange>, SenseData> parse_append_list(ConstBytes list) {
  if (list.size() < kAppendListHeaderBytes) return sense::parameter_list_length_error();
  if (list[0] != kVendorLayoutNewest) return sense::invalid_field_in_list(0);
  if (const auto wrong = check_reserved(list, 1, 4)) return *wrong;
  const size_t count = load_be32(&list[4]);
  if (count == 0 || count > kVendorRangesMax) return sense::invalid_field_in_list(4);
  if (list.size() < kAppendListHeaderBytes + count * kVendorRangeBytes)
    return sense::parameter_list_length_error();
  return ranges_at(list.subspan(kAppendListHeaderBytes), count);
}

std::vector<uint8_t> encode_append_list(const std::vector<CopyRange>& ranges) {
  std::vector<uint8_t> list(kAppendListHeaderBytes);
  list[0] = kVendorLayoutNewest;
  store_be<4>(&list[4], ranges.size());
  put_ranges(list, ranges);
  return list;
}

std::vector<uint8_t> encode_vendor_limits() {
  std::vector<uint8_t> data(48);
  store_be<4>(&data[0], data.size() - 4);
  data[4] = kVendorLayoutNewest;
  store_be32(&data[8], kVendorRangesMax);
  store_be<4>(&data[12], kMapRunsMax);
  store_be32(&data[16], kGrainMin);
  store_be32(&data[20], kGrainMax);
  store_be64(&data[24], kSegmentMin);
  store_be32(&data[32], kLatencyBudgetMaxUs);
  store_be<4>(&data[36], kVendorNameMax);
  return data;
}

std::vector<uint8_t> vendor_page_body(bool permitted) {
  constexpr std::string_view kName = "TIDEMARK";
  std::vector<uint8_t> body(16);
  std::ranges::copy(kName, body.begin());
  body[8] = kVendorLayoutVersion;
  body[9] = kVendorLayoutNewest;
  body[10] = permitted ? 0x01 : 0x00;
  return body;
}

std::vector<uint8_t> encode_copy_report(const CopyReport& report) {
  const bool went_wrong = report.state == CopyState::failed || report.state == CopyState::broken;
  const std::string_view text = cut_text(report.error_text);
  std::vector<uint8_t> data(kReportBytes + text.size());
  data[4] = kVendorLayoutVersion;
  data[5] = static_cast<uint8_t>(report.state);
  data[6] = went_wrong && report.error_on_destination ? 1 : 0;
  data[7] = went_wrong ? vendor_error_code(report.error) : 0;
  store_be64(&data[8], report.id);
  store_be64(&data[16], report.t0_unix_ms);
  store_be64(&data[24], report.bytes_total);
  store_be64(&data[32], report.bytes_copied);
  store_be64(&data[40], report.bytes_preserved);
  store_be64(&data[48], report.held_now);
  store_be64(&data[56], report.held_total);
  store_be64(&data[64], report.segment_size);
  store_be32(&data[72], report.grain);
  store_be32(&data[76], went_wrong ? report.failed_range : UINT32_MAX);
  store_be<2>(&data[82], text.size());
  std::ranges::copy(text, data.begin() + kReportBytes);
  store_be<4>(&data[0], data.size() - 4);
  return data;
}

std::vector<uint8_t> encode_map_page(const MapPage& page) {
  std::vector<uint8_t> data(kMapHeaderBytes + page.runs.size() * kMapRunBytes);
  store_be<4>(&data[0], data.size() - 4);
  data[4] = kVendorLayoutVersion;
  data[5] = page.next_grain == kNoMoreGrains ? 0 : 1;
  store_be16(&data[6], kMapRunBytes);
  store_be64(&data[8], page.copy_id);
  store_be32(&data[16], page.grain);
  store_be<4>(&data[20], page.runs.size());
  store_be64(&data[24], page.first_offset);
  store_be64(&data[32], page.next_grain);
  uint8_t* to = data.data() + kMapHeaderBytes;
  for (const MapRun& run : page.runs) {
    to[0] = static_cast<uint8_t>(run.state);
    store_be64(to + 8, run.offset);
    store_be64(to + 16, run.length);
    to += kMapRunBytes;
  }
  return data;
}

}  // namespace tidemark::scsi
