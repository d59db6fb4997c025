#include "scsi/copy_manager.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "scsi/command_table.h"
#include "scsi/copy_command.h"
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
  return {task.unit.get(), static_cast<uint32_t>(field_value(task, FieldRole::list_identifier))};
}

bool wants_descriptors(const Task& task) {
  return task.unit->settings().descriptor_sense.load(std::memory_order_relaxed);
}

/// Begins what is asked about later under the list's identifier, if it has one.
std::shared_ptr<CopyRecord> begin_record(CopyRecords& records, const Task& task,
                                         const XcopyList& list) {
  const auto record = list.usage == ListIdUsage::none
                          ? records.begin_unnamed()
                          : records.begin({task.unit.get(), list.list_id});
  record->service_action = static_cast<uint8_t>(*task.row->service_action);
  return record;
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
  const auto records = copy_records_of(task);
  if (list.usage != ListIdUsage::none) {
    const uint16_t at = list.format == XcopyFormat::lid1 ? 0 : 20;
    if (const auto wrong = identifier_refusal(*records, task, list.list_id, at))
      return task.finish(*wrong);
  }
  if (records->running() >= CopyRecords::kRunningMax) return task.finish(Status::busy);

  const Nexus& nexus = static_cast<Nexus&>(*task.nexus);
  auto plan = plan_xcopy(list, {task.nexus->units(), task.unit, nexus.name(), task.core});
  if (const auto* wrong = std::get_if<SenseData>(&plan))
    return refuse(task, *records, list, *wrong);
  std::make_shared<CopyOperation>(task, list, std::move(std::get<XcopyPlan>(plan)), records,
                                  begin_record(*records, task, list))
      ->start();
}

void extended_copy(Task& task, XcopyFormat format) {
  if (task.data_out_length == 0) return task.finish(Status::good);
  // What lies beyond the longest list that can be right is of no interest.
  std::vector<uint8_t> bytes(std::min<uint64_t>(
      {task.data_out_length, task.data_out_received, task.data_out.size(), kMaxXcopyListBytes}));
  task.data_out.copy_out(0, bytes);
  const auto list = parse_xcopy_list(bytes, format);
  if (const auto* wrong = std::get_if<SenseData>(&list)) return task.finish(*wrong);
  run(task, std::get<XcopyList>(list));
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
  const bool told =
      record->by_lid1() && record->status_read && (!record->failed() || record->details_read);
  if (told && records.find(key) == record) records.forget(key);
}

/// Answers with what `tell` makes of the record and of the bytes written so far, those of the order
/// under way included.
void with_progress(Task& task, const std::shared_ptr<CopyRecord>& record,
                   std::function<void(uint64_t bytes)> tell) {
  const uint64_t id = record->copy_id;
  if (id == 0) return tell(record->bytes);
  task.unit->copies()->report(
      id, task.core, [record, id, tell = std::move(tell)](bool found, const CopyReport& report) {
        const bool still_counts = found && record->copy_id == id;  // else the record has its bytes
        tell(record->bytes + (still_counts ? report.bytes_copied : 0));
      });
}

using EncodeLid4 = std::vector<uint8_t> (*)(const CopyRecord&, uint64_t bytes,
                                            bool descriptor_format);

void tell_lid4(Task& task, EncodeLid4 encode) {
  const auto records = copy_records_of(task);
  const auto record = asked_record(task, *records, true);
  if (!record) return;
  with_progress(task, record, [&task, record, encode](uint64_t bytes) {
    reply(task, encode(*record, bytes, wants_descriptors(task)));
  });
}

}  // namespace

void extended_copy_lid1(Task& task) {
  extended_copy(task, XcopyFormat::lid1);
}

void extended_copy_lid4(Task& task) {
  extended_copy(task, XcopyFormat::lid4);
}

void copy_operation_abort(Task& task) {
  const auto records = copy_records_of(task);
  const auto record = records->find(asked_key(task));
  if (!record || !record->running || !record->terminate)
    return task.finish(invalid_field(task, FieldRole::list_identifier));
  record->when_ended.push_back([&task] { task.finish(Status::good); });
  const auto terminate = record->terminate;
  terminate();
}

void receive_copy_status_lid1(Task& task) {
  const auto records = copy_records_of(task);
  const auto record = asked_record(task, *records, true);
  if (!record) return;
  with_progress(task, record, [&task, records, record](uint64_t bytes) {
    const auto data = encode_copy_status(*record, bytes);
    const uint64_t allocation = field_value(task, FieldRole::allocation_length);
    if (!record->running && allocation >= data.size()) record->status_read = true;
    forget_if_told(*records, task, record);
    reply(task, data);
  });
}

void receive_copy_data_lid1(Task& task) {
  const auto records = copy_records_of(task);
  if (asked_record(task, *records, false)) reply(task, encode_held_data());
}

void receive_copy_operating_parameters(Task& task) {
  reply(task, encode_operating_parameters());
}

void receive_copy_failure_details_lid1(Task& task) {
  const auto records = copy_records_of(task);
  const auto record = asked_record(task, *records, false);
  if (!record) return;
  if (!record->by_lid1()) return task.finish(invalid_field(task, FieldRole::list_identifier));
  const auto data = encode_failure_details(*record, wants_descriptors(task));
  const uint64_t allocation = field_value(task, FieldRole::allocation_length);
  if (record->failed() && (allocation == 0 || allocation >= data.size()))
    record->details_read = true;
  forget_if_told(*records, task, record);
  reply(task, data);
}

void receive_copy_status_lid4(Task& task) {
  tell_lid4(task, encode_copy_status_lid4);
}

void receive_copy_data_lid4(Task& task) {
  tell_lid4(task, encode_held_data_lid4);
}

size_t third_party_copy_page(const LogicalUnit& unit, Bytes to) {
  const auto page = encode_third_party_copy_page(unit);
  const size_t length = std::min(page.size(), to.size());
  std::copy_n(page.begin(), length, to.begin());
  return length;
}

}  // namespace tidemark::scsi
