// The parameter lists of third-party copy, ROD tokens and vendor commands, and the copy descriptor:
// whatever the bytes are, what is accepted keeps to the limits announced, and a plan stays inside
// its units.
//
// The first byte of an input says which list the others are.
#include "scsi/copy_descriptor.h"
#include "scsi/logical_unit.h"
#include "scsi/token_list.h"
#include "scsi/vendor_layout.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/scsi/xcopy_plan_fixture.h"

namespace tidemark::scsi {
namespace {

using fuzz::must;

class Units final : public XcopyPlanTest {
 public:
  Units() { unit(2, "large", {.block_size = 4096}); }
  void TestBody() override {}
  void plan(const XcopyList& list) const {
    const auto made = plan_xcopy(list, {*units_, units_->at(0), asker_, 0});
    if (const auto* plan = std::get_if<XcopyPlan>(&made)) check(*plan);
  }

 private:
  static void inside(const CopyEnd& end, const storage::Extent& extent) {
    must(end.unit != nullptr);
    must(extent.offset % kSegmentGranularity == 0 && extent.length % kSegmentGranularity == 0);
    must(extent.length <= kUnitBytes && extent.offset <= kUnitBytes - extent.length);
  }
  static void check(const XcopyPlan& plan) {
    for (const XcopyOrder& order : plan.orders) {
      must(!order.ranges.empty() && order.ranges.size() == order.segments.size());
      for (const CopyRange& range : order.ranges) {
        inside(order.source, {range.source_offset, range.length});
        inside(order.destination, {range.destination_offset, range.length});
      }
      for (const storage::Extent& rest : order.zeroes) inside(order.destination, rest);
    }
  }
};

void xcopy(ConstBytes bytes, XcopyFormat format) {
  static const Units units;
  const auto parsed = parse_xcopy_list(bytes, format);
  const auto* list = std::get_if<XcopyList>(&parsed);
  if (list == nullptr) return must(std::get<SenseData>(parsed).key == SenseKey::illegal_request);
  must(list->cscds.size() <= kMaxCscds && list->segments.size() <= kMaxSegments);
  units.plan(*list);
}

void check_ranges(const std::vector<BlockRange>& ranges, const UnitBlocks& unit) {
  must(ranges.size() <= kMaxTokenRanges);
  must(blocks_of(ranges) * unit.block_size <= kMaxTokenBytes);
  for (const BlockRange& range : ranges)
    must(range.blocks > 0 && range.lba <= unit.blocks && range.blocks <= unit.blocks - range.lba);
}

void populate(ConstBytes bytes) {
  constexpr UnitBlocks unit{uint64_t{1} << 20, 512};
  constexpr TokenLimits limits;
  const auto parsed = parse_populate_token(bytes, unit, limits);
  const auto* list = std::get_if<PopulateTokenList>(&parsed);
  if (list == nullptr) return;
  must(list->inactivity_seconds > 0 && list->inactivity_seconds <= limits.inactivity_most);
  check_ranges(list->ranges, unit);
}

void write_using(ConstBytes bytes) {
  constexpr UnitBlocks unit{uint64_t{1} << 20, 512};
  const auto parsed = parse_write_using_token(bytes, unit);
  if (const auto* list = std::get_if<WriteUsingTokenList>(&parsed))
    check_ranges(list->ranges, unit);
}

void start(ConstBytes bytes) {
  const auto parsed = parse_start_list(bytes);
  const auto* list = std::get_if<StartList>(&parsed);
  if (list == nullptr) return;
  must(list->ranges.size() <= kVendorRangesMax);
  must(list->source.name.size() <= kVendorNameMax);
}

void descriptor(ConstBytes bytes) {
  const auto report = decode_copy_descriptor(bytes);
  if (report) must(report->ranges.size() <= kDescriptorRangesMax);
}

}  // namespace
}  // namespace tidemark::scsi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark::scsi;
  tidemark::fuzz::Input input(data, size);
  const uint8_t kind = input.byte();
  const tidemark::ConstBytes bytes = input.bytes(size);
  switch (kind % 8) {
    case 0:
      xcopy(bytes, XcopyFormat::lid1);
      break;
    case 1:
      xcopy(bytes, XcopyFormat::lid4);
      break;
    case 2:
      populate(bytes);
      break;
    case 3:
      write_using(bytes);
      break;
    case 4:
      start(bytes);
      break;
    case 5:
      (void)parse_set_list(bytes);
      break;
    case 6:
      (void)parse_append_list(bytes);
      break;
    default:
      descriptor(bytes);
  }
  return 0;
}
