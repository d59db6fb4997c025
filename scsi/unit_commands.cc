// TEST UNIT READY, REQUEST SENSE (SPC-4 6.47, 6.39).
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/logical_unit.h"
#include "scsi/lun.h"
#include "scsi/nexus.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

SenseData sense_to_report(Task& task) {
  if (task.lun_field == kReportLunsUnit) return sense::no_sense();
  if (!task.unit) return sense::unit_not_supported();
  auto& nexus = static_cast<Nexus&>(*task.nexus);
  Nexus::Entry* entry = nexus.find(*decode_lun(task.lun_field));
  if (const auto asc = entry->attentions.take()) return sense::unit_attention(*asc);
  return task.unit->readiness().reason().value_or(sense::no_sense());
}

}  // namespace

void test_unit_ready(Task& task) {
  if (!task.unit) return task.finish(Status::good);  // the well known unit
  if (const auto reason = task.unit->readiness().reason()) return task.finish(*reason);
  task.finish(Status::good);
}

// The pending unit attention is reported as parameter data, and thereby reported.
void request_sense(Task& task) {
  std::array<uint8_t, kSenseMax> data;
  const bool descriptors = field_value(task, FieldRole::desc) != 0;
  const size_t length = sense_to_report(task).encode(descriptors, data);
  reply(task, ConstBytes(data).first(length));
}

}  // namespace tidemark::scsi
