#include "scsi/task_set.h"

#include <utility>

#include "base/invariant.h"
#include "scsi/command_table.h"
#include "scsi/logical_unit.h"

namespace tidemark::scsi {

TaskSet::~TaskSet() {
  INVARIANT(first_ == nullptr);
}

void TaskSet::enter(Task& task) {
  task.set = this;
  task.serial = ++last_serial_;
  task.previous = last_;
  task.next = nullptr;
  (last_ ? last_->next : first_) = &task;
  last_ = &task;
  if (task.attribute == TaskAttribute::ordered) ++ordered_;
}

bool TaskSet::may_run(const Task& task) const {
  if (ordered_ == 0 || task.attribute == TaskAttribute::head_of_queue) return true;
  const bool ordered = task.attribute == TaskAttribute::ordered;
  for (const Task* older = task.previous; older; older = older->previous)
    if (older->unit == task.unit && (ordered || older->attribute == TaskAttribute::ordered))
      return false;
  return true;
}

void TaskSet::run(Task& task) {
  if (!may_run(task)) {
    task.queued = true;
    ++queued_;
    return;
  }
  task.executing = true;
  task.row->handler(task);
}

void TaskSet::leave(Task& task) {
  (task.previous ? task.previous->next : first_) = task.next;
  (task.next ? task.next->previous : last_) = task.previous;
  task.next = task.previous = nullptr;
  task.set = nullptr;
  if (task.attribute == TaskAttribute::ordered) --ordered_;
  if (std::exchange(task.queued, false)) --queued_;
}

void TaskSet::settle() {
  // Whatever is called from here may end tasks and come back here: look again after each call.
  while (queued_ > 0) {
    Task* ready = first_;
    while (ready && !(ready->queued && may_run(*ready))) ready = ready->next;
    if (!ready) break;
    ready->queued = false;
    --queued_;
    run(*ready);
  }
  for (size_t i = 0; i < waits_.size();) {
    if (still_waits(waits_[i])) {
      ++i;
      continue;
    }
    const auto ended = std::move(waits_[i].ended);
    waits_.erase(waits_.begin() + static_cast<std::ptrdiff_t>(i));
    ended();
    i = 0;
  }
}

bool TaskSet::selects(const Selection& selection, const Task& task) {
  if (&task == selection.except) return false;
  if (selection.unit && task.unit.get() != selection.unit) return false;
  return !selection.tag || task.tag == *selection.tag;
}

bool TaskSet::contains(const Selection& selection) const {
  for (const Task* task = first_; task; task = task->next)
    if (selects(selection, *task)) return true;
  return false;
}

bool TaskSet::still_waits(const Wait& wait) const {
  for (const Task* task = first_; task && task->serial <= wait.last_serial; task = task->next)
    if (selects(wait.selection, *task) && (!wait.aborted_only || task->abort_requested))
      return true;
  return false;
}

void TaskSet::abort_one(Task& task) {
  if (std::exchange(task.abort_requested, true)) return;
  if (!task.executing) return task.finish();
  if (task.io_active) return task.unit->volume().cancel(task.io);
  if (auto* hook = std::exchange(task.on_abort, nullptr)) hook(task);
}

size_t TaskSet::abort(const Selection& selection, std::function<void()> ended) {
  // Youngest first, lest the end of one let a younger one start. Ending one may end others, so
  // each is looked for anew, by serial.
  const uint64_t last = last_serial_;
  size_t found = 0;
  for (uint64_t before = last + 1;;) {
    Task* task = last_;
    while (task && (task->serial >= before || !selects(selection, *task))) task = task->previous;
    if (!task) break;
    before = task->serial;
    ++found;
    abort_one(*task);
  }
  Wait wait{selection, last, true, std::move(ended)};
  if (!still_waits(wait)) {
    wait.ended();
  } else {
    waits_.push_back(std::move(wait));
  }
  return found;
}

void TaskSet::when_empty(std::function<void()> ended) {
  if (empty()) return ended();
  waits_.push_back({{}, UINT64_MAX, false, std::move(ended)});
}

}  // namespace tidemark::scsi
