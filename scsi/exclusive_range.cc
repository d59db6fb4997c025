#include "scsi/exclusive_range.h"

#include <memory>

namespace tidemark::scsi {
namespace {

struct ExclusiveRange {
  storage::Closure closure;
};

storage::Closure& closure_of(Task& task) {
  return std::static_pointer_cast<ExclusiveRange>(task.state)->closure;
}

}  // namespace

void take_exclusively(Task& task, Step then) {
  auto held = std::make_shared<ExclusiveRange>();
  storage::Closure& closure = held->closure;
  closure.extent = extent_of(task);
  closure.excludes = storage::Closure::Excludes::all;
  closure.core = task.core;
  closure.on_closed = [&task, &closure, then] {
    task.io.holder = &closure;
    then(task);
  };
  task.state = std::move(held);
  task.unit->volume().close(closure);
}

void release_and_finish(Task& task) {
  task.unit->volume().open(closure_of(task), [&task] {
    task.io.holder = nullptr;
    task.finish();
  });
}

}  // namespace tidemark::scsi
