#include "scsi/xcopy_plan.h"

#include <optional>

#include "scsi/copy_sense.h"
#include "scsi/logical_unit.h"

namespace tidemark::scsi {
namespace {

storage::Extent source_of(const CopyRange& range) {
  return {range.source_offset, range.length};
}
storage::Extent destination_of(const CopyRange& range) {
  return {range.destination_offset, range.length};
}
bool same_volume(const UnitPointer& one, const UnitPointer& other) {
  return &one->volume() == &other->volume();
}

/// A segment with its ends known.
struct Placed {
  const XcopySegment& segment;
  uint16_t number;
  bool last;
  CopyEnd source;
  CopyEnd destination;

  SenseData wrong(Asc asc, uint16_t byte) const {
    return copy_sense::in_segment(asc, number, static_cast<uint16_t>(segment.at + byte));
  }
};

/// Bytes a 02h segment moves. What does not fill a destination block, or uses a source block in
/// part, is treated by CAT and PAD (SPC-4 table 116) where that leaves whole blocks to move;
/// residues are not carried from segment to segment and blocks are not filled up with zeroes.
std::variant<uint64_t, SenseData> whole_blocks(const Placed& placed) {
  const XcopySegment& segment = placed.segment;
  const uint64_t source_block = placed.source.unit->block_size();
  const uint64_t destination_block = placed.destination.unit->block_size();
  const uint64_t bytes =
      segment.count * (segment.destination_count ? destination_block : source_block);
  if (bytes % source_block == 0 && bytes % destination_block == 0) return bytes;
  if (!segment.cat && !placed.source.pad && !placed.destination.pad)
    return placed.wrong(copy_sense::kInexactSegment, 10);
  const bool dropped = segment.cat ? placed.last : placed.source.pad && !placed.destination.pad;
  if (dropped && !segment.destination_count) return bytes - bytes % destination_block;
  return placed.wrong(copy_sense::kSegmentGranularity, 10);
}

/// Byte-offset segments are moved in whole blocks of both ends only.
std::optional<SenseData> check_granularity(const Placed& placed) {
  const XcopySegment& segment = placed.segment;
  const uint32_t source_block = placed.source.unit->block_size();
  const uint32_t destination_block = placed.destination.unit->block_size();
  if (segment.count % source_block != 0 || segment.count % destination_block != 0)
    return placed.wrong(copy_sense::kSegmentGranularity, 8);
  if (segment.source_byte % source_block != 0)
    return placed.wrong(copy_sense::kSegmentGranularity, 28);
  if (segment.destination_byte % destination_block != 0)
    return placed.wrong(copy_sense::kSegmentGranularity, 30);
  return std::nullopt;
}

/// Offset in bytes of [lba, plus `byte`, for `length`], if all of it lies inside the unit.
std::optional<uint64_t> offset_inside(LogicalUnit& unit, uint64_t lba, uint16_t byte,
                                      uint64_t length) {
  const uint64_t size = unit.blocks() * unit.block_size();
  if (lba > unit.blocks()) return std::nullopt;
  const uint64_t offset = lba * unit.block_size() + byte;
  if (offset > size || length > size - offset) return std::nullopt;
  return offset;
}

/// Where the segment's bytes are; length 0 if there is nothing to do.
std::variant<CopyRange, SenseData> range_of(const Placed& placed) {
  const XcopySegment& segment = placed.segment;
  CopyRange range;
  if (segment.count == 0) return range;
  range.length = segment.count;
  if (segment.type == kBlockToBlock) {
    const auto bytes = whole_blocks(placed);
    if (const auto* wrong = std::get_if<SenseData>(&bytes)) return *wrong;
    range.length = std::get<uint64_t>(bytes);
  } else if (const auto wrong = check_granularity(placed)) {
    return *wrong;
  }
  const auto from =
      offset_inside(*placed.source.unit, segment.source_lba, segment.source_byte, range.length);
  if (!from) return placed.wrong(copy_sense::kUnreachableCopyTarget, 12);
  const auto to = offset_inside(*placed.destination.unit, segment.destination_lba,
                                segment.destination_byte, range.length);
  if (!to) return placed.wrong(copy_sense::kUnreachableCopyTarget, 20);
  range.source_offset = *from;
  range.destination_offset = *to;
  return range;
}

/// A unit that is not ready moves no data.
std::optional<SenseData> check_started(const Placed& placed) {
  for (const CopyEnd* end : {&placed.source, &placed.destination}) {
    if (!end->unit->readiness().ready())
      return copy_sense::in_segment(copy_sense::kThirdPartyDeviceFailure, placed.number, end->at);
  }
  return std::nullopt;
}

/// Whether others' reservations leave both ends to the asker.
std::optional<SenseData> check_reservations(const Placed& placed, const XcopyAsker& asker) {
  const auto restriction = [&](const CopyEnd& end) {
    return restriction_of(end.unit->reservations().state(asker.core), asker.nexus);
  };
  const auto conflict = [&](const CopyEnd& end) {
    return copy_sense::in_segment(copy_sense::kThirdPartyDeviceFailure, placed.number, end.at);
  };
  if (!may_read(restriction(placed.source))) return conflict(placed.source);
  if (!may_write(restriction(placed.destination))) return conflict(placed.destination);
  return std::nullopt;
}

/// Whether the destination takes the range at all.
std::optional<SenseData> check_destination(const Placed& placed, const CopyRange& range,
                                           CoreId core) {
  if (const auto refusal = placed.destination.unit->write_refusal(core))
    return copy_sense::in_segment(refusal->asc, placed.number, placed.destination.at);
  const bool onto_itself = same_volume(placed.source.unit, placed.destination.unit) &&
                           range.source_offset != range.destination_offset &&
                           source_of(range).overlaps(destination_of(range));
  if (!onto_itself) return std::nullopt;
  return sense::invalid_field_in_list(static_cast<uint16_t>(placed.segment.at + 20));
}

/// Whether a range may run beside those already in the order.
bool fits(const XcopyOrder& order, const Placed& placed, const CopyRange& range) {
  if (order.source.unit != placed.source.unit) return false;
  if (order.destination.unit != placed.destination.unit) return false;
  const bool one_volume = same_volume(order.source.unit, order.destination.unit);
  for (const CopyRange& other : order.ranges) {
    if (destination_of(range).overlaps(destination_of(other))) return false;
    if (!one_volume) continue;
    if (source_of(range).overlaps(destination_of(other))) return false;
    if (destination_of(range).overlaps(source_of(other))) return false;
  }
  return true;
}

void add(XcopyPlan& plan, const Placed& placed, const CopyRange& range) {
  if (plan.orders.empty() || !fits(plan.orders.back(), placed, range))
    plan.orders.push_back({placed.source, placed.destination, {}, {}});
  plan.orders.back().ranges.push_back(range);
  plan.orders.back().segments.push_back(placed.number);
}

}  // namespace

uint64_t XcopyOrder::bytes() const {
  uint64_t sum = 0;
  for (const CopyRange& range : ranges) sum += range.length;
  return sum;
}

std::variant<XcopyPlan, SenseData> plan_xcopy(const XcopyList& list, const XcopyAsker& asker) {
  XcopyPlan plan;
  for (const XcopySegment& segment : list.segments) {
    const uint16_t number = plan.segments++;
    const auto source = resolve_cscd(list, segment.source, static_cast<uint16_t>(segment.at + 4),
                                     number, asker.units, asker.unit);
    if (const auto* wrong = std::get_if<SenseData>(&source)) return *wrong;
    const auto destination =
        resolve_cscd(list, segment.destination, static_cast<uint16_t>(segment.at + 6), number,
                     asker.units, asker.unit);
    if (const auto* wrong = std::get_if<SenseData>(&destination)) return *wrong;

    const Placed placed{segment, number, plan.segments == list.segments.size(),
                        std::get<CopyEnd>(source), std::get<CopyEnd>(destination)};
    const auto range = range_of(placed);
    if (const auto* wrong = std::get_if<SenseData>(&range)) return *wrong;
    const CopyRange& bytes = std::get<CopyRange>(range);
    if (bytes.length == 0) continue;
    if (const auto wrong = check_started(placed)) return *wrong;
    if (const auto wrong = check_reservations(placed, asker)) return *wrong;
    if (const auto wrong = check_destination(placed, bytes, asker.core)) return *wrong;
    const bool nothing_moves = same_volume(placed.source.unit, placed.destination.unit) &&
                               bytes.source_offset == bytes.destination_offset;
    if (!nothing_moves) add(plan, placed, bytes);
  }
  return plan;
}

}  // namespace tidemark::scsi
