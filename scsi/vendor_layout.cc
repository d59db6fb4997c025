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

/// Codes of ERROR: fixed, whatever the order of our own enumeration.
uint8_t error_code(storage::Errc error) {
  using storage::Errc;
  switch (error) {
    case Errc::ok:
      return 0;
    case Errc::out_of_range:
      return 1;
    case Errc::write_protected:
      return 2;
    case Errc::medium_read:
      return 3;
    case Errc::medium_write:
      return 4;
    case Errc::no_space:
      return 5;
    case Errc::gone:
      return 6;
    case Errc::cancelled:
      return 7;
    case Errc::preserve_failed:
      return 8;
    case Errc::no_resources:
      return 9;
  }
  return 0xff;
}

/// The longest prefix within the limit that does not cut a UTF-8 character.
std::string_view cut_text(std::string_view text) {
  if (text.size() <= kErrorTextMax) return text;
  size_t end = kErrorTextMax;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::variant<StartList, SenseData> parse_start_list(ConstBytes list) {
  if (list.size() < kStartListBytes) return sense::parameter_list_length_error();
  if (const auto wrong = check_frame(list)) return *wrong;
  StartList start;
  start.per_segment = (list[1] & kPerSegment) != 0;
  start.release_ram = (list[1] & kReleaseRam) != 0;
  start.fail_write = (list[1] & kFailWrite) != 0;
  start.source = {static_cast<UnitName::Form>(list[4]), load_be64(&list[kStartSourceAt])};
  start.destination = {static_cast<UnitName::Form>(list[5]), load_be64(&list[kStartDestinationAt])};
  start.segment_size = load_be64(&list[24]);
  start.grain = load_be32(&list[32]);
  start.rate_limit = load_be64(&list[40]);
  const bool grain_ok = start.grain == 0 || (std::has_single_bit(start.grain) &&
                                             start.grain >= kGrainMin && start.grain <= kGrainMax);
  if (!grain_ok) return sense::invalid_field_in_list(32);
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

std::vector<uint8_t> encode_copy_report(const CopyReport& report) {
  const bool went_wrong = report.state == CopyState::failed || report.state == CopyState::broken;
  const std::string_view text = cut_text(report.error_text);
  std::vector<uint8_t> data(kReportBytes + text.size());
  data[4] = kVendorLayoutVersion;
  data[5] = static_cast<uint8_t>(report.state);
  data[6] = went_wrong && report.error_on_destination ? 1 : 0;
  data[7] = went_wrong ? error_code(report.error) : 0;
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
