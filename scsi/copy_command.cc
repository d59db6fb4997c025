#include "scsi/copy_command.h"

#include <utility>

#include "scsi/copy_sense.h"
#include "scsi/logical_unit.h"
#include "scsi/nexus.h"
#include "scsi/task.h"

namespace tidemark::scsi {

std::shared_ptr<CopyRecords> copy_records_of(Task& task) {
  auto& records = task.nexus->copy_records;
  if (!records) records = std::make_shared<CopyRecords>();
  records->sweep(task.unit->executor().now());
  return records;
}

std::optional<SenseData> identifier_refusal(const CopyRecords& records, const Task& task,
                                            uint32_t identifier, uint16_t at) {
  const auto same = records.find({task.unit.get(), identifier});
  if (!same || !same->running) return std::nullopt;
  const bool by_lid1 = task.cdb[1] == 0x00;
  if (same->by_lid1() == by_lid1) return copy_sense::operation_in_progress();
  return sense::invalid_field_in_list(at);
}

CopyCommand::CopyCommand(Task& task, bool immediate, std::shared_ptr<CopyRecords> records,
                         std::shared_ptr<CopyRecord> record)
    : task_(&task),
      unit_(task.unit),
      asker_(static_cast<const Nexus&>(*task.nexus).name()),
      core_(task.core),
      immediate_(immediate),
      records_(std::move(records)),
      record_(std::move(record)) {}

CopyService& CopyCommand::copies() const {
  return *unit_->copies();
}

void CopyCommand::begin() {
  task_->state = shared_from_this();
  task_->on_abort = on_abort;
  record_->terminate = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->terminate();
  };
}

void CopyCommand::on_abort(Task& task) {
  std::static_pointer_cast<CopyCommand>(task.state)->stop();
}

void CopyCommand::terminate() {
  terminated_ = true;
  stop();
}

bool CopyCommand::stopped() const {
  return terminated_ || (task_ != nullptr && task_->abort_requested);
}

void CopyCommand::accept() {
  if (!immediate_ || task_ == nullptr) return;
  record_->background = true;
  unit_->background_copies(core_).add(asker_, record_);
  answer(Status::good, {});
}

void CopyCommand::conclude_stopped() {
  const bool foreground = task_ != nullptr;
  if (!foreground || task_->abort_requested) return conclude(Status::task_aborted, {});
  conclude(Status::check_condition, copy_sense::terminated());
}

void CopyCommand::conclude(Status status, const SenseData& sense) {
  const auto self = shared_from_this();
  over_ = true;
  record_->status = status;
  record_->sense = sense;
  if (record_->background) unit_->background_copies(core_).remove(*record_);
  records_->end(*record_, unit_->executor().now());
  if (task_ != nullptr) answer(status, sense);
}

void CopyCommand::answer(Status status, const SenseData& sense) {
  const auto self = shared_from_this();
  Task& task = *std::exchange(task_, nullptr);
  task.on_abort = nullptr;
  task.state.reset();
  task.sense = sense;
  task.finish(status);
}

}  // namespace tidemark::scsi
