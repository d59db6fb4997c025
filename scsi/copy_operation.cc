#include "scsi/copy_operation.h"

#include <algorithm>
#include <utility>

#include "scsi/copy_sense.h"
#include "scsi/logical_unit.h"
#include "scsi/target_device.h"
#include "scsi/task.h"

namespace tidemark::scsi {

CopyOperation::CopyOperation(Task& task, XcopyPlan plan, std::shared_ptr<CopyRecords> records,
                             std::shared_ptr<CopyRecord> record)
    : task_(&task),
      plan_(std::move(plan)),
      records_(std::move(records)),
      record_(std::move(record)) {}

void CopyOperation::start() {
  task_->state = shared_from_this();
  task_->on_abort = on_abort;
  next_order();
}

void CopyOperation::on_abort(Task& task) {
  static_cast<CopyOperation*>(task.state.get())->abort();
}

void CopyOperation::abort() {
  // Before acceptance there is nothing to name; accepted() sees the abort then.
  if (record_->copy_id != 0)
    task_->unit->copies()->cancel(record_->copy_id, task_->core, [](bool) {});
}

void CopyOperation::next_order() {
  if (task_->abort_requested) return conclude(Status::task_aborted, {});
  if (order_ == plan_.orders.size()) {
    record_->segments = plan_.segments;
    return conclude(Status::good, {});
  }
  const XcopyOrder& order = plan_.orders[order_];
  record_->segments = static_cast<uint16_t>(order.segments.front() + 1);
  RangeCopyOrder request;
  request.source = order.source.unit->volume().traits().name;
  request.destination = order.destination.unit->volume().traits().name;
  request.ranges = order.ranges;
  request.initiator = task_->nexus->initiator_name();
  task_->unit->copies()->copy_ranges(
      std::move(request), task_->core,
      [self = shared_from_this()](uint64_t id, CopyRefusal why) { self->accepted(id, why); },
      [self = shared_from_this()](const CopyReport& report) { self->ended(report); });
}

void CopyOperation::accepted(uint64_t id, CopyRefusal why) {
  if (!task_) return;
  record_->copy_id = id;
  if (id == 0) {
    if (task_->abort_requested) return conclude(Status::task_aborted, {});
    return fail(copy_sense::of_refusal(why), 0);
  }
  if (task_->abort_requested) abort();
}

void CopyOperation::ended(const CopyReport& report) {
  if (!task_) return;
  const XcopyOrder& order = plan_.orders[order_];
  record_->copy_id = 0;
  if (report.state == CopyState::completed) {
    record_->bytes += order.bytes();
    ++order_;
    return next_order();
  }
  record_->bytes += report.bytes_copied;
  if (task_->abort_requested) return conclude(Status::task_aborted, {});

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

void CopyOperation::fail(SenseData sense, size_t range) {
  const uint16_t segment = plan_.orders[order_].segments[range];
  sense.segment = segment;
  record_->segments = static_cast<uint16_t>(segment + 1);
  conclude(Status::check_condition, sense);
}

void CopyOperation::conclude(Status status, const SenseData& sense) {
  const auto self = shared_from_this();
  Task& task = *std::exchange(task_, nullptr);
  record_->status = status;
  record_->sense = sense;
  records_->end(*record_, task.unit->executor().now());
  task.on_abort = nullptr;
  task.state.reset();
  task.sense = sense;
  task.finish(status);
}

}  // namespace tidemark::scsi
