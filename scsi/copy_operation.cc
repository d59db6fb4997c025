#include "scsi/copy_operation.h"

#include <algorithm>
#include <utility>

#include "scsi/copy_sense.h"
#include "scsi/logical_unit.h"
#include "scsi/target_device.h"
#include "scsi/task.h"

namespace tidemark::scsi {
namespace {

uint64_t copied_by(const XcopyOrder& order) {
  uint64_t sum = 0;
  for (const CopyRange& range : order.ranges) sum += range.length;
  return sum;
}

/// How far the segment has come that an order ended in.
struct Standing {
  uint16_t segment = 0;
  uint64_t done = 0;  // bytes of it
  uint64_t left = 0;
};

/// Ranges are copied one after the other, each whole before the next begins; within one the blocks
/// may have been written in any order.
Standing standing_of(const XcopyOrder& order, uint64_t done) {
  size_t range = 0;
  uint64_t before = 0;
  while (range + 1 < order.ranges.size() && before + order.ranges[range].length <= done)
    before += order.ranges[range++].length;
  Standing standing{.segment = order.segments[range]};
  before = 0;
  for (size_t i = 0; i < order.ranges.size(); ++i) {
    const uint64_t length = order.ranges[i].length;
    const uint64_t of_range = std::min(length, done - std::min(done, before));
    before += length;
    if (order.segments[i] != standing.segment) continue;
    standing.done += of_range;
    standing.left += length - of_range;
  }
  return standing;
}

}  // namespace

CopyOperation::CopyOperation(Task& task, const XcopyList& list, XcopyPlan plan,
                             std::shared_ptr<CopyRecords> records,
                             std::shared_ptr<CopyRecord> record)
    : CopyCommand(task, list.immediate, std::move(records), std::move(record)),
      tells_count_(list.tells_count),
      plan_(std::move(plan)) {}

std::shared_ptr<CopyOperation> CopyOperation::self() {
  return std::static_pointer_cast<CopyOperation>(shared_from_this());
}

void CopyOperation::start() {
  begin();
  next_order();
}

void CopyOperation::stop() {
  // Before acceptance there is nothing to name; accepted() sees it then.
  if (record().copy_id != 0) copies().cancel(record().copy_id, core(), [](bool) {});
}

void CopyOperation::next_order() {
  if (stopped()) return conclude_stopped();
  if (order_ == plan_.orders.size()) {
    record().segments = plan_.segments;
    if (plan_.residual) record().completion = CopyCompletion::residual;
    return conclude(Status::good,
                    tells_count_ ? copy_sense::information(plan_.segments) : SenseData{});
  }
  const XcopyOrder& order = plan_.orders[order_];
  record().segments = static_cast<uint16_t>(order.segments.front() + 1);
  RangeCopyOrder request;
  request.source = order.source.unit->volume().traits().name;
  request.destination = order.destination.unit->volume().traits().name;
  request.ranges = order.ranges;
  request.initiator = initiator();
  request.may_be_gathered = !immediate();
  copies().copy_ranges(
      std::move(request), core(),
      [self = self()](uint64_t id, CopyRefusal why) { self->accepted(id, why); },
      [self = self()](const CopyReport& report) { self->ended(report); });
}

void CopyOperation::accepted(uint64_t id, CopyRefusal why) {
  if (over()) return;
  record().copy_id = id;
  if (id == 0) return stopped() ? conclude_stopped() : fail(copy_sense::of_refusal(why), 0);
  if (stopped()) return stop();
  accept();
}

void CopyOperation::ended(const CopyReport& report) {
  if (over()) return;
  record().copy_id = 0;
  if (report.state != CopyState::completed) return failed(report);
  record().bytes += copied_by(plan_.orders[order_]);
  filled_ = 0;
  fill_up();
}

void CopyOperation::failed(const CopyReport& report) {
  const XcopyOrder& order = plan_.orders[order_];
  record().bytes += report.bytes_copied;
  record().segments = static_cast<uint16_t>(standing_of(order, report.bytes_copied).segment + 1);
  if (stopped()) return conclude_stopped();
  SenseData sense = copy_sense::of_outcome(report);
  if (report.state == CopyState::failed) {
    const CopyEnd& end = report.error_on_destination ? order.destination : order.source;
    sense.field = SenseData::FieldPointer{false, end.at, std::nullopt};
  }
  fail(std::move(sense), report.bytes_copied);
}

/// Zeroes up to the ends of blocks, where the destination was to be padded. They are the asker's
/// writes like any other, and there are few.
void CopyOperation::fill_up() {
  const XcopyOrder& order = plan_.orders[order_];
  if (filled_ == order.zeroes.size()) return order_done();
  LogicalUnit& unit = *order.destination.unit;
  io_ = {};
  io_.verb = storage::Verb::write_zeroes;
  io_.extent = order.zeroes[filled_];
  io_.core = core();
  io_.fua = !unit.settings().write_cache.load(std::memory_order_relaxed);
  io_.done = on_filled;
  io_.owner = this;
  io_holds_ = self();
  unit.volume().submit(io_);
}

void CopyOperation::on_filled(storage::VolumeIo& io) noexcept {
  const auto self = std::exchange(static_cast<CopyOperation*>(io.owner)->io_holds_, nullptr);
  if (io.error != storage::Errc::ok) {
    const XcopyOrder& order = self->plan_.orders[self->order_];
    SenseData sense = copy_sense::of_end(io.error, true);
    sense.field = SenseData::FieldPointer{false, order.destination.at, std::nullopt};
    // The block that was to be filled up is not whole.
    return self->fail(std::move(sense), copied_by(order) - 1);
  }
  self->record().bytes += io.extent.length;
  ++self->filled_;
  self->fill_up();
}

void CopyOperation::order_done() {
  ++order_;
  next_order();
}

void CopyOperation::fail(SenseData sense, uint64_t done) {
  const XcopyOrder& order = plan_.orders[order_];
  const Standing standing = standing_of(order, done);
  sense.segment = standing.segment;
  // Blocks that are not whole are not processed. INFORMATION is valid only if some are.
  const uint64_t block = order.destination.unit->block_size();
  if (standing.done != 0) sense.information = (standing.left + block - 1) / block;
  record().segments = static_cast<uint16_t>(standing.segment + 1);
  conclude(Status::check_condition, std::move(sense));
}

}  // namespace tidemark::scsi
