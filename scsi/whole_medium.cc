#include "scsi/whole_medium.h"

#include <memory>
#include <utility>

#include "scsi/logical_unit.h"

namespace tidemark::scsi {
namespace {

/// The task an operation answers; null once it has ended.
struct Asker {
  Task* task;
};

void leave(Task& task) {
  std::static_pointer_cast<Asker>(task.state)->task = nullptr;
  task.finish();
}

void answer(Asker& asker, bool succeeded) {
  if (asker.task == nullptr) return;
  Task& task = *std::exchange(asker.task, nullptr);
  task.on_abort = nullptr;
  if (succeeded) return task.finish(Status::good);
  const auto reason = task.unit->readiness().reason();
  // Not even begun: what must be kept could not be.
  task.finish(reason ? *reason : SenseData{.key = SenseKey::hardware_error, .asc = 0x4400});
}

}  // namespace

void operate_on_medium(Task& task, Readiness::State state, MediumOrder order, bool immediately) {
  Readiness& readiness = task.unit->readiness();
  const Readiness::State before = readiness.state();
  if (!readiness.enter(state)) return task.finish(*readiness.reason());
  const auto asker = std::make_shared<Asker>(Asker{&task});
  task.state = asker;
  task.on_abort = leave;
  task.unit->operation().start({.unit = task.unit,
                                .order = std::move(order),
                                .before = before,
                                .core = task.core,
                                .accepted =
                                    [asker, immediately] {
                                      if (immediately) answer(*asker, true);
                                    },
                                .ended = [asker](bool succeeded) { answer(*asker, succeeded); }});
}

}  // namespace tidemark::scsi
