#include "scsi/vendor_commands.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/copy_descriptor.h"
#include "scsi/copy_records.h"
#include "scsi/copy_sense.h"
#include "scsi/cscd.h"
#include "scsi/logical_unit.h"
#include "scsi/nexus.h"
#include "scsi/reply.h"
#include "scsi/target_device.h"
#include "scsi/task.h"
#include "scsi/vendor_layout.h"

namespace tidemark::scsi {
namespace {

constexpr Asc kAccessDenied = 0x2002;  // NO ACCESS RIGHTS
constexpr Asc kCommandSequenceError = 0x2c00;

/// 05 24/00: no copy of that identifier for this unit.
SenseData no_such_copy(const Task& task) {
  return invalid_field(task, FieldRole::copy_identifier);
}

CopyRecords& records_of(Task& task) {
  auto& records = task.nexus->copy_records;
  if (!records) records = std::make_shared<CopyRecords>();
  return *records;
}

/// The copy the CDB means; identifier 0 is what START last began here for this nexus.
uint64_t copy_id(Task& task) {
  const uint64_t id = field_value(task, FieldRole::copy_identifier);
  return id != 0 ? id : records_of(task).last_snapshot(task.unit.get());
}

using WithReport = std::function<void(Task&, const CopyReport&)>;

/// Whether the asker may not use these commands; the task has then ended.
bool refused_to(Task& task) {
  if (task.nexus->may_command_copies) return false;
  task.finish(SenseData{.key = SenseKey::illegal_request, .asc = kAccessDenied});
  return true;
}

/// The parameter list as far as it has come.
std::vector<uint8_t> list_of(const Task& task) {
  std::vector<uint8_t> list(
      std::min<uint64_t>({task.data_out_length, task.data_out_received, task.data_out.size()}));
  task.data_out.copy_out(0, list);
  return list;
}

/// Whether the unit that got the command takes part in the copy.
bool takes_part(const Task& task, const CopyReport& report) {
  const std::string& here = task.unit->volume().traits().name;
  return report.source == here || report.destination == here;
}

/// Calls `go_on` with the copy's figures if the unit that got the command takes part in it. A copy
/// of other units and one that does not exist are answered alike.
void with_own_copy(Task& task, WithReport go_on) {
  if (refused_to(task)) return;
  const uint64_t id = copy_id(task);
  if (id == 0) return task.finish(no_such_copy(task));
  task.unit->copies()->report(id, task.core, [&task, go_on](bool found, const CopyReport& report) {
    if (found && takes_part(task, report)) return go_on(task, report);
    task.finish(no_such_copy(task));
  });
}

/// Ends a command that ordered something of a copy.
void finish_order(Task& task, CopyRefusal why) {
  switch (why) {
    case CopyRefusal::none:
      return task.finish(Status::good);
    case CopyRefusal::not_found:
      return task.finish(no_such_copy(task));
    case CopyRefusal::conflict:
      return task.finish(SenseData{.key = SenseKey::illegal_request, .asc = kCommandSequenceError});
    case CopyRefusal::exhausted:
      return task.finish(
          SenseData{.key = SenseKey::illegal_request, .asc = copy_sense::kInsufficientResources});
    case CopyRefusal::invalid:
      break;
  }
  task.finish(SenseData{.key = SenseKey::illegal_request, .asc = copy_sense::kInvalidFieldInList});
}

void act(Task& task, CopyAction action) {
  with_own_copy(task, [action](Task& asked, const CopyReport& report) {
    asked.unit->copies()->act(report.id, action, asked.core,
                              [&asked](CopyRefusal why) { finish_order(asked, why); });
  });
}

/// Copies the unit takes part in, the newest first, from the one asked for on: as many as fit.
std::vector<uint8_t> list_page(const Task& task, const std::vector<CopyReport>& all) {
  const uint64_t from = field_value(task, FieldRole::copy_identifier);
  const uint64_t room =
      std::min<uint64_t>(field_value(task, FieldRole::allocation_length), task.data_in_limit);
  std::vector<uint8_t> data(kListHeaderBytes);
  data[4] = kDescriptorVersion;
  for (const CopyReport& report : all) {
    if (!takes_part(task, report) || (from != 0 && report.id > from)) continue;
    const auto descriptor = encode_copy_descriptor(report);
    // One at least, so that paging ends; what then does not fit is cut.
    if (data.size() > kListHeaderBytes && data.size() + descriptor.size() > room) {
      data[5] = 1;
      store_be64(&data[8], report.id);
      break;
    }
    data.insert(data.end(), descriptor.begin(), descriptor.end());
  }
  store_be<4>(&data[0], data.size() - 4);
  return data;
}

/// A START whose copy is not yet accepted.
struct PendingStart {
  Task* task;
  CopyService* copies;
  void accepted(uint64_t id, CopyRefusal why);
};

SenseData of_start_refusal(CopyRefusal why) {
  switch (why) {
    case CopyRefusal::not_found:
      return sense::invalid_field_in_list(kStartDestinationAt);
    case CopyRefusal::conflict:
      return copy_sense::operation_in_progress();
    case CopyRefusal::exhausted: {
      SenseData exhausted;
      exhausted.key = SenseKey::illegal_request;
      exhausted.asc = copy_sense::kInsufficientResources;
      return exhausted;
    }
    case CopyRefusal::none:
    case CopyRefusal::invalid:
      break;
  }
  SenseData invalid;
  invalid.key = SenseKey::illegal_request;
  invalid.asc = copy_sense::kInvalidFieldInList;
  return invalid;
}

void PendingStart::accepted(uint64_t id, CopyRefusal why) {
  if (id == 0) return task->finish(of_start_refusal(why));
  // Aborted while the begin time was being set: the initiator will never learn of this copy.
  if (task->abort_requested)
    return copies->cancel(id, task->core,
                          [asked = task](bool) { asked->finish(Status::task_aborted); });
  records_of(*task).remember_snapshot(task->unit.get(), id);
  task->finish(Status::good);
}

/// By the name of its volume.
UnitPointer find_by_volume(const LunMap& units, const std::string& name) {
  const auto found = std::ranges::find_if(
      units, [&](const auto& entry) { return entry.second->volume().traits().name == name; });
  return found == units.end() ? nullptr : found->second;
}

/// The unit START names, among those this nexus sees; null if there is none.
UnitPointer resolve(Task& task, const UnitName& name) {
  const LunMap& units = task.nexus->units();
  switch (name.form) {
    case UnitName::Form::this_unit:
      return task.unit;
    case UnitName::Form::lun:
      return find_by_lun(units, name.value);
    case UnitName::Form::volume:
      return find_by_volume(units, name.name);
    case UnitName::Form::naa:
      break;
  }
  std::array<uint8_t, 8> naa{};
  store_be64(naa.data(), name.value);
  return find_by_naa(units, naa);
}

void start(Task& task, const StartList& list) {
  const UnitPointer source = resolve(task, list.source);
  if (!source) return task.finish(sense::invalid_field_in_list(kStartSourceAt));
  const UnitPointer destination = resolve(task, list.destination);
  const bool inside_one = destination && &destination->volume() == &source->volume();
  // A part of a unit can be copied to elsewhere in it.
  if (!destination || (inside_one && list.ranges.empty()))
    return task.finish(sense::invalid_field_in_list(kStartDestinationAt));
  if (const auto refusal = destination->write_refusal(task.core)) return task.finish(*refusal);
  const NexusName& asker = static_cast<Nexus&>(*task.nexus).name();
  if (!may_read(restriction_of(source->reservations().state(task.core), asker)) ||
      !may_write(restriction_of(destination->reservations().state(task.core), asker)))
    return task.finish(Status::reservation_conflict);

  SnapshotCopyOrder order;
  order.source = source->volume().traits().name;
  order.destination = destination->volume().traits().name;
  order.per_segment = list.per_segment;
  order.release_ram = list.release_ram;
  order.fail_write = list.fail_write;
  order.segment_size = list.segment_size;
  order.grain = list.grain;
  order.rate_limit = list.rate_limit;
  order.release_durable = list.release_durable;
  order.verify = list.verify;
  order.hold = list.hold;
  order.impact = list.impact;
  order.latency_budget_us = list.latency_budget_us;
  order.ranges = list.ranges;
  order.initiator = task.nexus->initiator_name();
  PendingStart pending{&task, task.unit->copies()};
  task.unit->copies()->copy_snapshot(
      std::move(order), task.core,
      [pending](uint64_t id, CopyRefusal why) mutable { pending.accepted(id, why); });
}

/// Cuts off what lies before `offset`.
void begin_at(std::vector<MapRun>& runs, uint64_t offset) {
  std::erase_if(runs, [offset](const MapRun& run) { return run.offset + run.length <= offset; });
  if (runs.empty() || runs.front().offset >= offset) return;
  runs.front().length -= offset - runs.front().offset;
  runs.front().offset = offset;
}

/// Ends SNAPSHOT MAP with the runs that were found; one more than fits tells where to go on. A page
/// with runs goes on by a grain at least, so that paging ends.
void finish_map(Task& task, MapPage page, std::vector<MapRun> runs, size_t fit) {
  begin_at(runs, page.first_offset);
  if (runs.size() > fit) {
    const uint64_t first_grain = page.first_offset / page.grain;
    page.next_grain = std::max(runs[fit].offset / page.grain, first_grain + (fit > 0 ? 1 : 0));
    runs.resize(fit);
  }
  page.runs = std::move(runs);
  reply(task, encode_map_page(page));
}

void map_of(Task& task, const CopyReport& report) {
  if (report.grain == 0) return task.finish(no_such_copy(task));
  MapPage page;
  page.copy_id = report.id;
  page.grain = report.grain;
  page.first_offset = field_value(task, FieldRole::scan_from) * report.grain;
  const uint64_t allocation = field_value(task, FieldRole::allocation_length);
  const uint64_t room = allocation > kMapHeaderBytes ? allocation - kMapHeaderBytes : 0;
  const auto fit = static_cast<size_t>(std::min<uint64_t>(room / kMapRunBytes, kMapRunsMax));
  task.unit->copies()->map(report.id, page.first_offset, fit + 1, task.core,
                           [&task, page, fit](bool found, std::vector<MapRun> runs) {
                             if (!found) return task.finish(no_such_copy(task));
                             finish_map(task, page, std::move(runs), fit);
                           });
}

}  // namespace

void vendor_start(Task& task) {
  if (refused_to(task)) return;
  if (task.data_out_length == 0) return task.finish(Status::good);
  const auto list = parse_start_list(list_of(task));
  if (const auto* wrong = std::get_if<SenseData>(&list)) return task.finish(*wrong);
  start(task, std::get<StartList>(list));
}

void vendor_pause(Task& task) {
  act(task, CopyAction::pause);
}

void vendor_resume(Task& task) {
  act(task, CopyAction::resume);
}

void vendor_begin(Task& task) {
  act(task, CopyAction::start);
}

void vendor_set(Task& task) {
  if (refused_to(task)) return;
  const auto list = parse_set_list(list_of(task));
  if (const auto* wrong = std::get_if<SenseData>(&list)) return task.finish(*wrong);
  with_own_copy(
      task, [adjustment = std::get<CopyAdjustment>(list)](Task& asked, const CopyReport& report) {
        asked.unit->copies()->set(report.id, adjustment, asked.core,
                                  [&asked](CopyRefusal why) { finish_order(asked, why); });
      });
}

void vendor_append(Task& task) {
  if (refused_to(task)) return;
  const auto list = parse_append_list(list_of(task));
  if (const auto* wrong = std::get_if<SenseData>(&list)) return task.finish(*wrong);
  with_own_copy(task, [ranges = std::get<std::vector<CopyRange>>(list)](Task& asked,
                                                                        const CopyReport& report) {
    asked.unit->copies()->append(report.id, ranges, asked.core,
                                 [&asked](CopyRefusal why) { finish_order(asked, why); });
  });
}

void vendor_list(Task& task) {
  if (refused_to(task)) return;
  task.unit->copies()->list(task.core, [&task](const std::vector<CopyReport>& all) {
    reply(task, list_page(task, all));
  });
}

void vendor_limits(Task& task) {
  if (refused_to(task)) return;
  reply(task, encode_vendor_limits());
}

void vendor_abort(Task& task) {
  with_own_copy(task, [](Task& asked, const CopyReport& report) {
    asked.unit->copies()->cancel(report.id, asked.core, [&asked](bool found) {
      if (!found) return asked.finish(no_such_copy(asked));
      asked.finish(Status::good);
    });
  });
}

void vendor_status(Task& task) {
  const uint64_t version = field_value(task, FieldRole::layout_version);
  if (version != 0 && version != kDescriptorVersion)
    return task.finish(invalid_field(task, FieldRole::layout_version));
  with_own_copy(task, [version](Task& asked, const CopyReport& report) {
    reply(asked, version == 0 ? encode_copy_report(report) : encode_copy_descriptor(report));
  });
}

void vendor_snapshot_map(Task& task) {
  with_own_copy(task, map_of);
}

}  // namespace tidemark::scsi
