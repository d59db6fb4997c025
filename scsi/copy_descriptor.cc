#include "scsi/copy_descriptor.h"

#include <algorithm>
#include <string>
#include <type_traits>

#include "base/big_endian.h"
#include "scsi/vendor_layout.h"

namespace tidemark::scsi {
namespace {

// Byte 6.
constexpr uint8_t kOnDestination = 0x01;
constexpr uint8_t kPerSegment = 0x02;
constexpr uint8_t kReleaseRam = 0x04;
constexpr uint8_t kFailWrite = 0x08;
constexpr uint8_t kVerify = 0x10;
constexpr uint8_t kAtRest = 0x20;
constexpr uint8_t kEtaValid = 0x40;
constexpr uint8_t kReleaseDurable = 0x80;

struct FlagRow {
  uint8_t bit;
  bool CopyReport::*value;
};
constexpr FlagRow kFlags[] = {
    {kOnDestination, &CopyReport::error_on_destination},
    {kPerSegment, &CopyReport::per_segment},
    {kReleaseRam, &CopyReport::release_ram},
    {kFailWrite, &CopyReport::fail_write},
    {kVerify, &CopyReport::verify},
    {kAtRest, &CopyReport::at_rest},
    {kReleaseDurable, &CopyReport::release_durable},
};

/// Numbers of eight bytes, by place.
struct LongRow {
  uint16_t at;
  uint64_t CopyReport::*value;
};
constexpr LongRow kLongs[] = {
    {8, &CopyReport::id},
    {24, &CopyReport::segment_size},
    {32, &CopyReport::rate_limit},
    {48, &CopyReport::t0_unix_ns},
    {56, &CopyReport::started_unix_ns},
    {64, &CopyReport::ended_unix_ns},
    {72, &CopyReport::fence_ns},
    {80, &CopyReport::bytes_total},
    {88, &CopyReport::bytes_copied},
    {96, &CopyReport::bytes_written},
    {104, &CopyReport::bytes_zero},
    {112, &CopyReport::bytes_hole},
    {120, &CopyReport::bytes_verified},
    {128, &CopyReport::bytes_mismatched},
    {136, &CopyReport::bytes_preserved},
    {144, &CopyReport::store_bytes},
    {176, &CopyReport::held_now},
    {184, &CopyReport::held_total},
    {192, &CopyReport::writes_failed},
    {200, &CopyReport::bytes_per_second},
    {224, &CopyReport::chunk_bytes},
    {232, &CopyReport::host_latency_ns},
    {240, &CopyReport::longest_hold_ns},
};

/// Numbers of four bytes, by place.
struct ShortRow {
  uint16_t at;
  uint32_t CopyReport::*value;
};
constexpr ShortRow kShorts[] = {
    {20, &CopyReport::grain},
    {40, &CopyReport::latency_budget_us},
    {152, &CopyReport::segments_total},
    {156, &CopyReport::segments_done},
    {216, &CopyReport::chunks_under_way},
    {220, &CopyReport::copier_share_ppm},
};

/// Extents: offset and length, by place.
struct ExtentRow {
  uint16_t at;
  storage::Extent CopyReport::*value;
};
constexpr ExtentRow kExtents[] = {
    {160, &CopyReport::active_segment},
    {248, &CopyReport::error_extent},
};

/// Texts, in the order in which they follow the fixed part, with the places of their lengths.
struct TextRow {
  uint16_t length_at;
  std::string CopyReport::*value;
};
constexpr TextRow kTexts[] = {
    {520, &CopyReport::source},
    {522, &CopyReport::destination},
    {524, &CopyReport::initiator},
    {526, &CopyReport::error_text},
};

constexpr size_t kOriginAt = 16;
constexpr size_t kImpactAt = 17;
constexpr size_t kPartyAt = 18;
constexpr size_t kFailedRangeAt = 44;
constexpr size_t kEtaAt = 208;
constexpr size_t kHoldsAt = 264;
constexpr size_t kRangeCountAt = 528;
constexpr size_t kMismatchCountAt = 532;
constexpr size_t kRangeBytes = 24;
constexpr size_t kMismatchBytes = 16;
constexpr size_t kTextMax = 255;
static_assert(kHoldsAt + kHoldBuckets * 8 == kTexts[0].length_at);

void put_extent(uint8_t* to, const storage::Extent& extent) {
  store_be64(to, extent.offset);
  store_be64(to + 8, extent.length);
}

storage::Extent extent_at(const uint8_t* from) {
  return {load_be64(from), load_be64(from + 8)};
}

void put_fixed(const CopyReport& report, std::vector<uint8_t>& to) {
  to[4] = kDescriptorVersion;
  to[5] = static_cast<uint8_t>(report.state);
  for (const FlagRow& row : kFlags)
    if (report.*row.value) to[6] |= row.bit;
  to[7] = vendor_error_code(report.error);
  to[kOriginAt] = static_cast<uint8_t>(report.origin);
  to[kImpactAt] = static_cast<uint8_t>(report.impact);
  to[kPartyAt] = static_cast<uint8_t>(report.party);
  for (const LongRow& row : kLongs) store_be64(&to[row.at], report.*row.value);
  for (const ShortRow& row : kShorts) store_be32(&to[row.at], report.*row.value);
  for (const ExtentRow& row : kExtents) put_extent(&to[row.at], report.*row.value);
  store_be32(&to[kFailedRangeAt], report.range_failed ? report.failed_range : UINT32_MAX);
  if (report.eta_ms) {
    to[6] |= kEtaValid;
    store_be64(&to[kEtaAt], *report.eta_ms);
  }
  for (size_t i = 0; i < kHoldBuckets; ++i) store_be64(&to[kHoldsAt + 8 * i], report.holds[i]);
}

/// The longest prefix within the limit that does not cut a UTF-8 character.
std::string cut_text(const std::string& text) {
  if (text.size() <= kTextMax) return text;
  size_t end = kTextMax;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

void put_lists(const CopyReport& report, std::vector<uint8_t>& to) {
  const size_t ranges = std::min(report.ranges.size(), kDescriptorRangesMax);
  store_be<4>(&to[kRangeCountAt], ranges);
  for (size_t i = 0; i < ranges; ++i) {
    const size_t at = to.size();
    to.resize(at + kRangeBytes);
    store_be64(&to[at], report.ranges[i].source_offset);
    store_be64(&to[at + 8], report.ranges[i].destination_offset);
    store_be64(&to[at + 16], report.ranges[i].length);
  }
  const size_t mismatches = std::min(report.mismatches.size(), kDescriptorRangesMax);
  store_be<2>(&to[kMismatchCountAt], mismatches);
  for (size_t i = 0; i < mismatches; ++i) {
    const size_t at = to.size();
    to.resize(at + kMismatchBytes);
    put_extent(&to[at], report.mismatches[i]);
  }
}

void take_fixed(ConstBytes from, CopyReport& report) {
  report.state = static_cast<CopyState>(from[5]);
  for (const FlagRow& row : kFlags) report.*row.value = (from[6] & row.bit) != 0;
  report.error = error_of_vendor_code(from[7]);
  report.origin = static_cast<CopyOrigin>(from[kOriginAt]);
  report.impact = static_cast<CopyImpact>(from[kImpactAt]);
  report.party = static_cast<CopyParty>(from[kPartyAt]);
  for (const LongRow& row : kLongs) report.*row.value = load_be64(&from[row.at]);
  for (const ShortRow& row : kShorts) report.*row.value = load_be32(&from[row.at]);
  for (const ExtentRow& row : kExtents) report.*row.value = extent_at(&from[row.at]);
  report.failed_range = load_be32(&from[kFailedRangeAt]);
  report.range_failed = report.failed_range != UINT32_MAX;
  if ((from[6] & kEtaValid) != 0) report.eta_ms = load_be64(&from[kEtaAt]);
  for (size_t i = 0; i < kHoldBuckets; ++i) report.holds[i] = load_be64(&from[kHoldsAt + 8 * i]);
}

}  // namespace

std::vector<uint8_t> encode_copy_descriptor(const CopyReport& report) {
  std::vector<uint8_t> bytes(kDescriptorFixedBytes);
  put_fixed(report, bytes);
  for (const TextRow& row : kTexts) {
    const std::string text = cut_text(report.*row.value);
    store_be<2>(&bytes[row.length_at], text.size());
    bytes.insert(bytes.end(), text.begin(), text.end());
  }
  put_lists(report, bytes);
  bytes.resize((bytes.size() + 7) / 8 * 8);
  store_be<4>(&bytes[0], bytes.size() - 4);
  return bytes;
}

size_t copy_descriptor_bytes(ConstBytes bytes) {
  if (bytes.size() < 4) return 0;
  return size_t{4} + load_be32(&bytes[0]);
}

std::optional<CopyReport> decode_copy_descriptor(ConstBytes bytes) {
  const size_t whole = copy_descriptor_bytes(bytes);
  if (whole < kDescriptorFixedBytes || whole > bytes.size()) return std::nullopt;
  if (bytes[4] != kDescriptorVersion) return std::nullopt;
  bytes = bytes.first(whole);
  CopyReport report;
  take_fixed(bytes, report);
  size_t at = kDescriptorFixedBytes;
  for (const TextRow& row : kTexts) {
    const size_t length = load_be16(&bytes[row.length_at]);
    if (length > bytes.size() - at) return std::nullopt;
    const ConstBytes text = bytes.subspan(at, length);
    (report.*row.value).assign(text.begin(), text.end());
    at += length;
  }
  const size_t ranges = load_be32(&bytes[kRangeCountAt]);
  const size_t mismatches = load_be16(&bytes[kMismatchCountAt]);
  if (ranges > kDescriptorRangesMax || mismatches > kDescriptorRangesMax) return std::nullopt;
  if (ranges * kRangeBytes + mismatches * kMismatchBytes > bytes.size() - at) return std::nullopt;
  for (size_t i = 0; i < ranges; ++i, at += kRangeBytes)
    report.ranges.push_back(
        {load_be64(&bytes[at]), load_be64(&bytes[at + 8]), load_be64(&bytes[at + 16])});
  for (size_t i = 0; i < mismatches; ++i, at += kMismatchBytes)
    report.mismatches.push_back(extent_at(&bytes[at]));
  return report;
}

}  // namespace tidemark::scsi
