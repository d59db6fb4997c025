#include "scsi/copy_manager.h"

#include <algorithm>
#include <vector>

#include "scsi/command_table.h"
#include "scsi/copy_operation.h"
#include "scsi/copy_results.h"
#include "scsi/copy_sense.h"
#include "scsi/logical_unit.h"
#include "scsi/nexus.h"
#include "scsi/reply.h"
#include "scsi/target_device.h"
#include "scsi/task.h"
#include "scsi/xcopy_list.h"
#include "scsi/xcopy_plan.h"

namespace tidemark::scsi {
namespace {

/// What a RECEIVE COPY command asks about.
CopyRecords::Key asked_key(const Task& task) {
  return {task.unit.get(), static_cast<uint8_t>(field_value(task, FieldRole::list_identifier))};
}

/// The records of the asking nexus, without what is out of date.
std::shared_ptr<CopyRecords> records_of(Task& task) {
  auto& records = task.nexus->copy_records;
  if (!records) records = std::make_shared<CopyRecords>();
  records->sweep(task.unit->executor().now());
  return records;
}

/// Begins what is asked about later under the list's identifier, if it has one.
std::shared_ptr<CopyRecord> begin_record(CopyRecords& records, const Task& task,
                                         const XcopyList& list) {
  if (list.usage == ListIdUsage::none) return records.begin_unnamed();
  return records.begin({task.unit.get(), list.list_id});
}

/// Ends a copy that failed before it moved anything; a segment's failure can be asked for.
void refuse(Task& task, CopyRecords& records, const XcopyList& list, const SenseData& sense) {
  if (sense.key == SenseKey::copy_aborted) {
    const auto record = begin_record(records, task, list);
    record->status = Status::check_condition;
    record->sense = sense;
    records.end(*record, task.unit->executor().now());
  }
  task.finish(sense);
}

void run(Task& task, const XcopyList& list) {
  const auto records = records_of(task);
  if (list.usage != ListIdUsage::none) {
    const auto same = records->find({task.unit.get(), list.list_id});
    if (same && same->running) return task.finish(copy_sense::operation_in_progress());
  }
  if (records->running() >= CopyRecords::kRunningMax) return task.finish(Status::busy);

  const Nexus& nexus = static_cast<Nexus&>(*task.nexus);
  auto plan = plan_xcopy(list, {task.nexus->units(), task.unit, nexus.name(), task.core});
  if (const auto* wrong = std::get_if<SenseData>(&plan))
    return refuse(task, *records, list, *wrong);
  std::make_shared<CopyOperation>(task, std::move(std::get<XcopyPlan>(plan)), records,
                                  begin_record(*records, task, list))
      ->start();
}

/// The record a RECEIVE COPY command is about; null, and the task ended, if there is none.
std::shared_ptr<CopyRecord> asked_record(Task& task, CopyRecords& records, bool may_run) {
  auto record = records.find(asked_key(task));
  if (record && (may_run ? !record->status_read : !record->running)) return record;
  task.finish(invalid_field(task, FieldRole::list_identifier));
  return nullptr;
}

/// Drops a record about which all has been told, unless its identifier is in use again.
void forget_if_told(CopyRecords& records, const Task& task,
                    const std::shared_ptr<CopyRecord>& record) {
  const CopyRecords::Key key = asked_key(task);
  const bool told = record->status_read && (!record->failed() || record->details_read);
  if (told && records.find(key) == record) records.forget(key);
}

void tell_status(Task& task, CopyRecords& records, const std::shared_ptr<CopyRecord>& record,
                 uint64_t under_way) {
  const auto data = encode_copy_status(*record, record->bytes + (record->running ? under_way : 0));
  const uint64_t allocation = field_value(task, FieldRole::allocation_length);
  if (!record->running && allocation >= data.size()) record->status_read = true;
  forget_if_told(records, task, record);
  reply(task, data);
}

}  // namespace

void extended_copy_lid1(Task& task) {
  if (task.data_out_length == 0) return task.finish(Status::good);
  // What lies beyond the longest list that can be right is of no interest.
  std::vector<uint8_t> bytes(std::min<uint64_t>(
      {task.data_out_length, task.data_out_received, task.data_out.size(), kMaxXcopyListBytes}));
  task.data_out.copy_out(0, bytes);
  const auto list = parse_xcopy_list(bytes);
  if (const auto* wrong = std::get_if<SenseData>(&list)) return task.finish(*wrong);
  run(task, std::get<XcopyList>(list));
}

void receive_copy_status_lid1(Task& task) {
  const auto records = records_of(task);
  const auto record = asked_record(task, *records, true);
  if (!record) return;
  const uint64_t id = record->copy_id;
  if (id == 0) return tell_status(task, *records, record, 0);
  task.unit->copies()->report(
      id, task.core, [&task, records, record, id](bool found, const CopyReport& report) {
        const bool still_counts = found && record->copy_id == id;  // else the record has its bytes
        tell_status(task, *records, record, still_counts ? report.bytes_copied : 0);
      });
}

void receive_copy_operating_parameters(Task& task) {
  reply(task, encode_operating_parameters());
}

void receive_copy_failure_details_lid1(Task& task) {
  const auto records = records_of(task);
  const auto record = asked_record(task, *records, false);
  if (!record) return;
  const bool descriptors = task.unit->settings().descriptor_sense.load(std::memory_order_relaxed);
  const auto data = encode_failure_details(*record, descriptors);
  const uint64_t allocation = field_value(task, FieldRole::allocation_length);
  if (record->failed() && (allocation == 0 || allocation >= data.size()))
    record->details_read = true;
  forget_if_told(*records, task, record);
  reply(task, data);
}

size_t third_party_copy_page(Bytes to) {
  const auto page = encode_third_party_copy_page();
  const size_t length = std::min(page.size(), to.size());
  std::copy_n(page.begin(), length, to.begin());
  return length;
}

}  // namespace tidemark::scsi
