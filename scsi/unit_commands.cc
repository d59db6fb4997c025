// TEST UNIT READY, REQUEST SENSE, START STOP UNIT, PREVENT ALLOW MEDIUM REMOVAL (SPC-4 6.47, 6.39;
// SBC-4 5.31, 5.12).
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/lun.h"
#include "scsi/medium.h"
#include "scsi/nexus.h"
#include "scsi/reply.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi {
namespace {

bool stopped(const Task& task) {
  return task.unit->settings().stopped.load(std::memory_order_relaxed);
}

SenseData sense_to_report(Task& task) {
  if (!task.unit) return sense::unit_not_supported();
  auto& nexus = static_cast<Nexus&>(*task.nexus);
  Nexus::Entry* entry = nexus.find(*decode_lun(task.lun_field));
  if (const auto asc = entry->attentions.take()) return sense::unit_attention(*asc);
  if (stopped(task)) return sense::not_ready(kInitializingCommandRequired);
  return sense::no_sense();
}

void stop_after_flush(Task& task) {
  if (task.io.error == storage::Errc::ok) task.unit->settings().stopped = true;
  finish_io(task, task.io.error);
}

}  // namespace

void test_unit_ready(Task& task) {
  if (stopped(task)) return task.finish(sense::not_ready(kInitializingCommandRequired));
  task.finish(Status::good);
}

// The pending unit attention is reported as parameter data, and thereby reported.
void request_sense(Task& task) {
  std::array<uint8_t, kSenseMax> data;
  const bool descriptors = field_value(task, FieldRole::desc) != 0;
  const size_t length = sense_to_report(task).encode(descriptors, data);
  reply(task, ConstBytes(data).first(length));
}

void start_stop_unit(Task& task) {
  if (field_value(task, FieldRole::power_condition) != 0)
    return task.finish(invalid_field(task, FieldRole::power_condition));
  if (field_value(task, FieldRole::loej) != 0)  // the medium is fixed
    return task.finish(invalid_field(task, FieldRole::loej));
  if (field_value(task, FieldRole::start) != 0) {
    task.unit->settings().stopped = false;
    return task.finish(Status::good);
  }
  if (field_value(task, FieldRole::no_flush) == 0)
    return start_io<stop_after_flush>(task, storage::Verb::flush, {});
  task.unit->settings().stopped = true;
  task.finish(Status::good);
}

// The medium is fixed: there is nothing to prevent.
void prevent_allow_medium_removal(Task& task) {
  task.finish(Status::good);
}

}  // namespace tidemark::scsi
