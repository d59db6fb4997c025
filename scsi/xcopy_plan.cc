#include "scsi/xcopy_plan.h"

#include <algorithm>
#include <optional>

#include "scsi/copy_sense.h"
#include "scsi/logical_unit.h"
#include "scsi/medium_bytes.h"
#include "scsi/xcopy_orders.h"

namespace tidemark::scsi {
namespace {

/// A segment with its ends known. The null unit (C000h) has none: no data may come from it or go
/// to it.
struct Placed {
  const XcopySegment& segment;
  uint16_t number;
  CopyEnd source;
  CopyEnd destination;

  SenseData wrong(Asc asc, uint16_t byte) const {
    return copy_sense::in_segment(asc, number, static_cast<uint16_t>(segment.at + byte));
  }
  /// Where the segment has its count and its addresses.
  uint16_t count_at() const { return segment.type == kBlockToBlock ? 10 : 8; }
  uint16_t source_lba_at() const { return segment.type == kBlockImage ? 8 : 12; }
  uint16_t destination_lba_at() const { return static_cast<uint16_t>(source_lba_at() + 8); }
};

uint64_t block_of(const CopyEnd& end) {
  return end.unit ? end.unit->block_size() : 0;
}

/// What a segment does with bytes (SPC-4 table 115).
struct Transfer {
  storage::Extent read;  // of the source
  uint64_t processed = 0;
  uint64_t write_at = 0;  // of the destination
  std::optional<uint64_t> written =
      std::nullopt;  // exactly; none: as many whole blocks as possible
};

uint64_t round_up(uint64_t bytes, uint64_t block) {
  return (bytes + block - 1) / block * block;
}

class Planner {
 public:
  Planner(const XcopyList& list, const XcopyAsker& asker) : list_(list), asker_(asker) {}

  std::optional<SenseData> add(const XcopySegment& segment);
  XcopyPlan take();

 private:
  using Wrong = std::optional<SenseData>;

  std::variant<CopyEnd, SenseData> resolve(uint16_t id, uint16_t id_at) const {
    return resolve_cscd(list_, id, id_at, segments_, asker_.units, asker_.unit);
  }
  Wrong verify(const XcopySegment& segment) const;
  Wrong check_granularity(const Placed& placed) const;
  Transfer transfer_of(const Placed& placed) const;
  Wrong carry_out(const Placed& placed, const Transfer& transfer);
  Wrong copy_image(const Placed& placed);
  Wrong check_source(const Placed& placed, const storage::Extent& read) const;
  Wrong check_destination(const Placed& placed, const storage::Extent& write) const;
  Wrong move(const Placed& placed, MediumBytes& from, const storage::Extent& to);
  Wrong treat_residue(const Placed& placed, const Transfer& transfer, uint64_t written_to);
  Wrong pad(const Placed& placed, uint64_t at);

  const XcopyList& list_;
  const XcopyAsker& asker_;
  uint16_t segments_ = 0;
  XcopyOrders orders_;
  MediumBytes source_data_;
  MediumBytes destination_data_;
};

std::optional<SenseData> Planner::add(const XcopySegment& segment) {
  std::optional<SenseData> wrong;
  if (segment.type == kVerifyCscd) {
    wrong = verify(segment);
  } else {
    auto source = resolve(segment.source, static_cast<uint16_t>(segment.at + 4));
    if (const auto* bad = std::get_if<SenseData>(&source)) return *bad;
    auto destination = resolve(segment.destination, static_cast<uint16_t>(segment.at + 6));
    if (const auto* bad = std::get_if<SenseData>(&destination)) return *bad;
    const Placed placed{segment, segments_, std::get<CopyEnd>(source),
                        std::get<CopyEnd>(destination)};
    if (segment.type == kBlockImage) {
      wrong = copy_image(placed);
    } else {
      wrong = check_granularity(placed);
      if (!wrong) wrong = carry_out(placed, transfer_of(placed));
    }
  }
  ++segments_;
  return wrong;
}

XcopyPlan Planner::take() {
  return {orders_.take(), segments_, !source_data_.empty() || !destination_data_.empty()};
}

/// SPC-4 clause 6.4.6.9; data that is left over stays so.
Planner::Wrong Planner::verify(const XcopySegment& segment) const {
  const auto source = resolve(segment.source, static_cast<uint16_t>(segment.at + 4));
  if (const auto* bad = std::get_if<SenseData>(&source)) return *bad;
  const CopyEnd& end = std::get<CopyEnd>(source);
  if (!end.unit)
    return copy_sense::in_segment(copy_sense::kUnreachableCopyTarget, segments_, end.at);
  if (segment.test_unit_ready && !end.unit->readiness().ready())
    return copy_sense::not_ready(*end.unit, false, segments_, end.at);
  return std::nullopt;
}

/// Parts of blocks are copied, parts of sectors are not.
Planner::Wrong Planner::check_granularity(const Placed& placed) const {
  const XcopySegment& segment = placed.segment;
  if (segment.type != kBlockOffsetToBlockOffset) return std::nullopt;
  if (segment.count % kSegmentGranularity != 0)
    return placed.wrong(copy_sense::kSegmentGranularity, 8);
  if (segment.source_byte % kSegmentGranularity != 0)
    return placed.wrong(copy_sense::kSegmentGranularity, 28);
  if (segment.destination_byte % kSegmentGranularity != 0)
    return placed.wrong(copy_sense::kSegmentGranularity, 30);
  return std::nullopt;
}

Transfer Planner::transfer_of(const Placed& placed) const {
  const XcopySegment& segment = placed.segment;
  const uint64_t source_block = block_of(placed.source);
  Transfer transfer;
  transfer.read.offset = segment.source_lba * source_block + segment.source_byte;
  transfer.write_at =
      segment.destination_lba * block_of(placed.destination) + segment.destination_byte;
  if (segment.type == kBlockOffsetToBlockOffset) {
    transfer.read.length = transfer.processed = segment.count;
    transfer.written = segment.count;
    return transfer;
  }
  if (segment.destination_count) {
    transfer.written = segment.count * block_of(placed.destination);
    transfer.processed = *transfer.written - std::min(*transfer.written, destination_data_.size());
  } else {
    transfer.processed = segment.count * source_block;
  }
  const uint64_t wanting = transfer.processed - std::min(transfer.processed, source_data_.size());
  if (source_block != 0) transfer.read.length = round_up(wanting, source_block);
  return transfer;
}

Planner::Wrong Planner::carry_out(const Placed& placed, const Transfer& transfer) {
  const XcopySegment& segment = placed.segment;
  if (segment.count != 0 && !placed.source.unit)
    return placed.wrong(copy_sense::kUnreachableCopyTarget, 4);
  if (segment.count != 0 && !placed.destination.unit)
    return placed.wrong(copy_sense::kUnreachableCopyTarget, 6);
  if (transfer.read.length != 0) {
    if (auto wrong = check_source(placed, transfer.read)) return wrong;
    source_data_.append({placed.source, transfer.read.offset, transfer.read.length});
  }
  for (auto& piece : source_data_.take(transfer.processed))
    destination_data_.append(std::move(piece));
  const uint64_t block = block_of(placed.destination);
  const uint64_t whole = block == 0 ? 0 : destination_data_.size() / block * block;
  const storage::Extent write{transfer.write_at, transfer.written.value_or(whole)};
  if (auto wrong = move(placed, destination_data_, write)) return wrong;
  return treat_residue(placed, transfer, write.end());
}

/// All blocks there are from both addresses on, or fewer; neither end's end is an error (SPC-4
/// clause 6.4.6.19).
Planner::Wrong Planner::copy_image(const Placed& placed) {
  const XcopySegment& segment = placed.segment;
  if (!placed.source.unit) return placed.wrong(copy_sense::kUnreachableCopyTarget, 4);
  if (!placed.destination.unit) return placed.wrong(copy_sense::kUnreachableCopyTarget, 6);
  const uint64_t block = block_of(placed.source);
  if (block != block_of(placed.destination))
    return copy_sense::in_segment(copy_sense::kIncorrectCopyTarget, placed.number,
                                  placed.destination.at);
  const auto blocks_from = [](const LogicalUnit& unit, uint64_t lba) {
    return unit.blocks() - std::min(unit.blocks(), lba);
  };
  uint64_t blocks = std::min(blocks_from(*placed.source.unit, segment.source_lba),
                             blocks_from(*placed.destination.unit, segment.destination_lba));
  if (segment.count != 0) blocks = std::min<uint64_t>(blocks, segment.count);
  if (blocks == 0) return std::nullopt;
  const storage::Extent read{segment.source_lba * block, blocks * block};
  if (auto wrong = check_source(placed, read)) return wrong;
  MediumBytes image;
  image.append({placed.source, read.offset, read.length});
  return move(placed, image, {segment.destination_lba * block, read.length});
}

/// Whether [lba, plus what `extent` is behind it] lies inside the unit.
bool inside(LogicalUnit& unit, uint64_t lba, const storage::Extent& extent) {
  if (lba > unit.blocks()) return false;  // and its offset in bytes may have wrapped
  const uint64_t size = unit.blocks() * unit.block_size();
  return extent.offset <= size && extent.length <= size - extent.offset;
}

Planner::Wrong Planner::check_source(const Placed& placed, const storage::Extent& read) const {
  LogicalUnit& unit = *placed.source.unit;
  if (!inside(unit, placed.segment.source_lba, read))
    return placed.wrong(copy_sense::kUnreachableCopyTarget, placed.source_lba_at());
  if (!unit.readiness().ready())
    return copy_sense::not_ready(unit, false, placed.number, placed.source.at);
  const auto restriction = restriction_of(unit.reservations().state(asker_.core), asker_.nexus);
  if (!may_read(restriction))
    return copy_sense::in_segment(copy_sense::kThirdPartyDeviceFailure, placed.number,
                                  placed.source.at);
  return std::nullopt;
}

Planner::Wrong Planner::check_destination(const Placed& placed,
                                          const storage::Extent& write) const {
  LogicalUnit& unit = *placed.destination.unit;
  if (!inside(unit, placed.segment.destination_lba, write))
    return placed.wrong(copy_sense::kUnreachableCopyTarget, placed.destination_lba_at());
  if (!unit.readiness().ready())
    return copy_sense::not_ready(unit, true, placed.number, placed.destination.at);
  const auto restriction = restriction_of(unit.reservations().state(asker_.core), asker_.nexus);
  if (!may_write(restriction))
    return copy_sense::in_segment(copy_sense::kThirdPartyDeviceFailure, placed.number,
                                  placed.destination.at);
  if (const auto refusal = unit.write_refusal(asker_.core)) {
    SenseData sense = copy_sense::in_segment(refusal->asc, placed.number, placed.destination.at);
    sense.forwarded = SenseData::Forwarded{true, refusal->key, refusal->asc};
    return sense;
  }
  return std::nullopt;
}

/// Has the first bytes of `from` written to `to`.
Planner::Wrong Planner::move(const Placed& placed, MediumBytes& from, const storage::Extent& to) {
  if (to.empty()) return std::nullopt;
  if (auto wrong = check_destination(placed, to)) return wrong;
  uint64_t at = to.offset;
  for (const auto& piece : from.take(to.length)) {
    const CopyRange range{piece.offset, at, piece.length};
    at += piece.length;
    const bool one_volume = same_volume(piece.from.unit, placed.destination.unit);
    if (one_volume && range.source_offset == range.destination_offset) continue;
    const storage::Extent source{range.source_offset, range.length};
    if (one_volume && source.overlaps({range.destination_offset, range.length}))
      return sense::invalid_field_in_list(
          static_cast<uint16_t>(placed.segment.at + placed.destination_lba_at()));
    orders_.add(piece.from, placed.destination, range, placed.number);
  }
  return std::nullopt;
}

/// SPC-4 table 116, row by row.
Planner::Wrong Planner::treat_residue(const Placed& placed, const Transfer& transfer,
                                      uint64_t written_to) {
  if (placed.segment.cat) return std::nullopt;
  const bool source_pad = placed.source.pad;
  const bool destination_pad = placed.destination.pad;
  if (!source_pad && !destination_pad) {
    if (source_data_.empty() && destination_data_.empty()) return std::nullopt;
    return placed.wrong(copy_sense::kInexactSegment, placed.count_at());
  }
  if (source_pad) source_data_.clear();
  if (destination_pad) {
    if (destination_data_.empty()) return std::nullopt;
    if (transfer.written) return placed.wrong(copy_sense::kInexactSegment, placed.count_at());
    return pad(placed, written_to);
  }
  destination_data_.clear();
  return std::nullopt;
}

/// Writes what is left of the destination data at `at`, and zeroes up to the end of the block.
Planner::Wrong Planner::pad(const Placed& placed, uint64_t at) {
  const uint64_t rest = destination_data_.size();
  const uint64_t block = block_of(placed.destination);
  if (block == 0) return placed.wrong(copy_sense::kUnreachableCopyTarget, 6);
  if (auto wrong = check_destination(placed, {at, block})) return wrong;
  if (auto wrong = move(placed, destination_data_, {at, rest})) return wrong;
  // Unless the rest lay there already, which nothing but the oddest of lists brings about.
  if (!orders_.fill(placed.destination, {at + rest, block - rest}))
    return placed.wrong(copy_sense::kInexactSegment, placed.count_at());
  return std::nullopt;
}

}  // namespace

uint64_t XcopyOrder::bytes() const {
  uint64_t sum = 0;
  for (const CopyRange& range : ranges) sum += range.length;
  for (const storage::Extent& rest : zeroes) sum += rest.length;
  return sum;
}

std::variant<XcopyPlan, SenseData> plan_xcopy(const XcopyList& list, const XcopyAsker& asker) {
  Planner planner(list, asker);
  for (const XcopySegment& segment : list.segments)
    if (const auto wrong = planner.add(segment)) return *wrong;
  return planner.take();
}

}  // namespace tidemark::scsi
