// START STOP UNIT, PREVENT ALLOW MEDIUM REMOVAL (SBC-4 5.31, 5.12). A removable medium is ejected
// and loaded in a manner of speaking: the volume stays where it is, hosts are kept from it.
#include "scsi/announcement.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/lun.h"
#include "scsi/medium.h"
#include "scsi/nexus.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi {
namespace {

using State = Readiness::State;

constexpr Asc kRemovalPrevented = 0x5302;
constexpr uint64_t kPreventRemoval = 1;

bool ejects(const Task& task) {
  return field_value(task, FieldRole::loej) != 0;
}

void enter(Task& task, State state) {
  Readiness& readiness = task.unit->readiness();
  const bool loaded = readiness.state() == State::no_medium && state == State::ready;
  if (!readiness.enter(state)) return task.finish(*readiness.reason());
  if (loaded) announce(task.unit, attention::kMediumMayHaveChanged, task.nexus);
  task.finish(Status::good);
}

void stop(Task& task) {
  enter(task, ejects(task) ? State::no_medium : State::stopped);
}

void stop_after_flush(Task& task) {
  if (task.io.error != storage::Errc::ok) return finish_io(task, task.io.error);
  stop(task);
}

}  // namespace

void start_stop_unit(Task& task) {
  LogicalUnit& unit = *task.unit;
  if (field_value(task, FieldRole::power_condition) != 0)
    return task.finish(invalid_field(task, FieldRole::power_condition));
  if (field_value(task, FieldRole::power_condition_modifier) != 0)
    return task.finish(invalid_field(task, FieldRole::power_condition_modifier));
  if (ejects(task) && !unit.traits().removable)
    return task.finish(invalid_field(task, FieldRole::loej));
  if (ejects(task) && unit.removal_preventions() > 0)
    return task.finish(SenseData{.key = SenseKey::illegal_request, .asc = kRemovalPrevented});
  const State now = unit.readiness().state();
  if (now == State::no_medium && !ejects(task)) return task.finish(*unit.readiness().reason());
  if (now == State::format_failed) return task.finish(Status::good);  // a format has it, not we
  if (field_value(task, FieldRole::start) != 0) return enter(task, State::ready);
  if (now != State::ready) return stop(task);
  if (field_value(task, FieldRole::no_flush) == 0)
    return start_io<stop_after_flush>(task, storage::Verb::flush, {});
  stop(task);
}

void prevent_allow_medium_removal(Task& task) {
  const uint64_t prevent = field_value(task, FieldRole::prevent);
  if (prevent > kPreventRemoval) return task.finish(invalid_field(task, FieldRole::prevent));
  // A fixed medium is where it is.
  if (task.unit->traits().removable)
    static_cast<Nexus&>(*task.nexus).prevent_removal(*task.unit, prevent == kPreventRemoval);
  task.finish(Status::good);
}

}  // namespace tidemark::scsi
