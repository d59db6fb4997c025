#include "scsi/token_list.h"

#include <algorithm>
#include <optional>

#include "base/big_endian.h"
#include "scsi/copy_sense.h"

namespace tidemark::scsi {
namespace {

constexpr size_t kRangeBytes = 16;
constexpr size_t kShortestList = 16;
constexpr size_t kPopulateRangesAt = 16;
constexpr uint16_t kPopulateLengthMin = 0x001e;
constexpr size_t kTokenAt = 16;
constexpr size_t kWriteRangesAt = 536;
constexpr uint16_t kWriteLengthMin = 0x0226;

/// Where a list has its ranges, and how many bytes of them.
struct RangeList {
  size_t at;
  uint16_t length_at;
};

/// No block may be in two of them.
bool overlap(std::vector<BlockRange> ranges) {
  std::ranges::sort(ranges, {}, &BlockRange::lba);
  for (size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].lba - ranges[i - 1].lba < ranges[i - 1].blocks) return true;
  return false;
}

std::variant<std::vector<BlockRange>, SenseData> parse_ranges(ConstBytes list, RangeList place,
                                                              const UnitBlocks& unit) {
  const uint16_t length = load_be16(&list[place.length_at]);
  if (length < kRangeBytes) return sense::invalid_field_in_list(place.length_at);
  if (length / kRangeBytes > kMaxTokenRanges)
    return copy_sense::in_list(SenseKey::illegal_request, copy_sense::kTooManySegments,
                               place.length_at);
  std::vector<BlockRange> ranges;
  // What the CDB's length cuts off is ignored, as is an incomplete last one.
  const size_t end = std::min(list.size(), place.at + length / kRangeBytes * kRangeBytes);
  for (size_t at = place.at; at + kRangeBytes <= end; at += kRangeBytes) {
    const BlockRange range{load_be64(&list[at]), load_be32(&list[at + 8])};
    if (range.lba > unit.blocks || range.blocks > unit.blocks - range.lba)
      return sense::lba_out_of_range(range.lba);
    if (range.blocks != 0) ranges.push_back(range);
  }
  if (blocks_of(ranges) * unit.block_size > kMaxTokenBytes || overlap(ranges))
    return sense::invalid_field_in_list(static_cast<uint16_t>(place.at));
  return ranges;
}

/// The type that is made for the one asked for; none if that is not for POPULATE TOKEN.
std::optional<uint32_t> type_to_make(uint32_t asked) {
  switch (asked) {
    case kPointInTimeDefault:
    case kPointInTimeVulnerable:
    case kPointInTimePersistent:
      return asked;
    case kPointInTimeAny:
      return kPointInTimePersistent;
    default:
      return std::nullopt;
  }
}

}  // namespace

uint64_t blocks_of(const std::vector<BlockRange>& ranges) {
  uint64_t sum = 0;
  for (const BlockRange& range : ranges) sum += range.blocks;
  return sum;
}

std::variant<PopulateTokenList, SenseData> parse_populate_token(ConstBytes list,
                                                                const UnitBlocks& unit,
                                                                const TokenLimits& limits) {
  if (list.size() < kShortestList) return sense::parameter_list_length_error();
  if (load_be16(&list[0]) < kPopulateLengthMin) return sense::invalid_field_in_list(0);
  PopulateTokenList result;
  result.immediate = (list[2] & 0x01) != 0;
  if ((list[2] & 0x02) != 0) {
    const auto type = type_to_make(load_be32(&list[8]));
    if (!type) return sense::invalid_field_in_list(8);
    result.type = *type;
  }
  const uint32_t inactivity = load_be32(&list[4]);
  if (inactivity > limits.inactivity_most) return sense::invalid_field_in_list(4);
  result.inactivity_seconds = inactivity != 0 ? inactivity : limits.inactivity;
  auto ranges = parse_ranges(list, {kPopulateRangesAt, 14}, unit);
  if (const auto* wrong = std::get_if<SenseData>(&ranges)) return *wrong;
  result.ranges = std::move(std::get<std::vector<BlockRange>>(ranges));
  return result;
}

std::variant<WriteUsingTokenList, SenseData> parse_write_using_token(ConstBytes list,
                                                                     const UnitBlocks& unit) {
  if (list.size() < kShortestList) return sense::parameter_list_length_error();
  if (load_be16(&list[0]) < kWriteLengthMin) return sense::invalid_field_in_list(0);
  if (list.size() < kWriteRangesAt) return sense::parameter_list_length_error();
  WriteUsingTokenList result;
  result.delete_token = (list[2] & 0x02) != 0;
  result.immediate = (list[2] & 0x01) != 0;
  result.offset = load_be64(&list[8]);
  std::copy_n(list.begin() + kTokenAt, kRodTokenBytes, result.token.begin());
  if (load_be16(&list[kTokenAt + 6]) != kRodTokenLength)
    return copy_sense::in_list(SenseKey::illegal_request, copy_sense::kInvalidTokenLength,
                               kTokenAt + 6);
  auto ranges = parse_ranges(list, {kWriteRangesAt, 534}, unit);
  if (const auto* wrong = std::get_if<SenseData>(&ranges)) return *wrong;
  result.ranges = std::move(std::get<std::vector<BlockRange>>(ranges));
  return result;
}

}  // namespace tidemark::scsi
