// The parameter lists of EXTENDED COPY, both forms: whatever the bytes are, what is accepted keeps
// to the limits announced, and a plan stays inside its units.
//
// The first byte of an input says which form the others have.
#include "scsi/logical_unit.h"
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

}  // namespace
}  // namespace tidemark::scsi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark::scsi;
  tidemark::fuzz::Input input(data, size);
  const auto form = input.byte() % 2 == 0 ? XcopyFormat::lid1 : XcopyFormat::lid4;
  xcopy(input.bytes(size), form);
  return 0;
}
