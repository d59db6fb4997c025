#include "scsi/copy_operation.h"

#include <algorithm>
#include <utility>

#include "scsi/copy_sense.h"
#include "scsi/logical_unit.h"
#include "scsi/target_device.h"
#include "scsi/task.h"

namespace tidemark::scsi {

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
  for (const CopyRange& range : plan_.orders[order_].ranges) record().bytes += range.length;
  filled_ = 0;
  fill_up();
}

void CopyOperation::failed(const CopyReport& report) {
  record().bytes += report.bytes_copied;
  if (stopped()) return conclude_stopped();
  const XcopyOrder& order = plan_.orders[order_];
  const size_t range = std::min<size_t>(report.failed_range, order.ranges.size() - 1);
  SenseData sense = copy_sense::of_outcome(report);
  if (report.state == CopyState::failed) {
    const CopyEnd& end = report.error_on_destination ? order.destination : order.source;
    sense.field = SenseData::FieldPointer{false, end.at, std::nullopt};
  }
  // Which blocks of the segment were written is not known, so none of them counts as done.
  if (report.bytes_copied != 0)
    sense.information = order.ranges[range].length / order.destination.unit->block_size();
  fail(std::move(sense), range);
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
    return self->fail(std::move(sense), order.ranges.size() - 1);
  }
  self->record().bytes += io.extent.length;
  ++self->filled_;
  self->fill_up();
}

void CopyOperation::order_done() {
  ++order_;
  next_order();
}

void CopyOperation::fail(SenseData sense, size_t range) {
  const uint16_t segment = plan_.orders[order_].segments[range];
  sense.segment = segment;
  record().segments = static_cast<uint16_t>(segment + 1);
  conclude(Status::check_condition, std::move(sense));
}

}  // namespace tidemark::scsi
