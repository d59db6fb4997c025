#include "scsi/target_device.h"

#include <utility>

#include "scsi/command_admission.h"
#include "scsi/logical_unit.h"
#include "scsi/lun.h"
#include "scsi/nexus.h"
#include "scsi/task_outcome.h"

namespace tidemark::scsi {

TargetDevice::TargetDevice(Executor& executor, std::string name)
    : executor_(executor), name_(std::move(name)) {}

TargetDevice::~TargetDevice() = default;

std::unique_ptr<ItNexus> TargetDevice::attach(const std::string& initiator_name, uint64_t isid,
                                              std::shared_ptr<const LunMap> units,
                                              uint16_t portal_group) {
  return std::make_unique<Nexus>(*this, NexusName{initiator_name, isid, {name_, portal_group}},
                                 std::move(units), executor_.current_core());
}

bool TargetDevice::extend(ItNexus& nexus, std::shared_ptr<const LunMap> units) {
  return static_cast<Nexus&>(nexus).extend(std::move(units));
}

void TargetDevice::detach(ItNexus& it_nexus, std::function<void()> detached) {
  auto& nexus = static_cast<Nexus&>(it_nexus);
  nexus.withdraw();
  nexus.release_legacy();
  nexus.tasks().abort({}, [] {});
  // Posted, not called: the nexus may be in use further up the stack, and `detached` destroys it.
  nexus.when_quiet([this, core = nexus.core(), detached = std::move(detached)]() mutable {
    executor_.post(core, std::move(detached));
  });
}

bool TargetDevice::begin(Task& task) {
  auto& nexus = static_cast<Nexus&>(*task.nexus);
  const auto lun = decode_lun(task.lun_field);
  Nexus::Entry* entry = lun ? nexus.find(*lun) : nullptr;
  if (entry) task.unit = entry->unit;
  if (auto refusal = admit(task, entry)) {
    task.status = refusal->status;
    task.sense = refusal->sense;
    after_bad_status(task);
    return false;
  }
  nexus.tasks().enter(task);
  return true;
}

void TargetDevice::execute(Task& task) {
  task.set->run(task);
}

}  // namespace tidemark::scsi
