#include "scsi/task_set.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"
#include "scsi/command_table.h"
#include "scsi/logical_unit.h"

namespace tidemark::scsi {
namespace {

/// With a QUEUE ALGORITHM MODIFIER of 0, tasks that may not change places keep theirs.
bool keeps_order(const Task& task) {
  return task.unit && task.unit->settings().queue_algorithm_modifier == 0;
}

bool touches_medium(const Task& task) {
  return task.row->ordering != OrderingClass::control;
}

/// Whether what is on the medium in the end may depend on which of the two comes first.
bool may_collide(const Task& one, const Task& other) {
  if (!touches_medium(one) || !touches_medium(other)) return false;
  if (one.row->ordering == OrderingClass::reads_medium &&
      other.row->ordering == OrderingClass::reads_medium)
    return false;
  const auto& a = one.range;
  const auto& b = other.range;
  // A command whose blocks are not in its CDB (UNMAP, for one) may name any.
  if (a.blocks == 0 || b.blocks == 0) return true;
  return a.lba < b.lba + b.blocks && b.lba < a.lba + a.blocks;
}

}  // namespace

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
  ++size_;
  if (task.attribute == TaskAttribute::ordered) ++ordered_;
  if (task.attribute == TaskAttribute::head_of_queue) ++head_of_queue_;
}

/// SAM-5 clause 8.6: HEAD OF QUEUE waits for none; others wait for all HEAD OF QUEUE and for older
/// ORDERED tasks, ORDERED for all older ones. With an ACA condition, only ACA tasks run.
bool TaskSet::may_run(const Task& task) const {
  if (in_aca(task.unit.get())) return task.attribute == TaskAttribute::aca;
  if (ordered_ == 0 && head_of_queue_ == 0 && !keeps_order(task)) return true;
  if (task.attribute == TaskAttribute::head_of_queue) return true;
  for (const Task* other = first_; other; other = other->next)
    if (other != &task && other->unit == task.unit && waits_for(task, *other)) return false;
  return true;
}

bool TaskSet::waits_for(const Task& task, const Task& other) const {
  if (other.attribute == TaskAttribute::head_of_queue) return true;
  if (other.serial > task.serial) return false;
  return task.attribute == TaskAttribute::ordered || other.attribute == TaskAttribute::ordered ||
         (keeps_order(task) && may_collide(task, other));
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

bool TaskSet::holds_back(Task& task) {
  if (aca_.empty() || task.abort_requested || task.attribute == TaskAttribute::aca) return false;
  return task.held_back = in_aca(task.unit.get());
}

void TaskSet::leave(Task& task) {
  (task.previous ? task.previous->next : first_) = task.next;
  (task.next ? task.next->previous : last_) = task.previous;
  task.next = task.previous = nullptr;
  task.set = nullptr;
  --size_;
  if (task.attribute == TaskAttribute::ordered) --ordered_;
  if (task.attribute == TaskAttribute::head_of_queue) --head_of_queue_;
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
  if (selection.attribute && task.attribute != *selection.attribute) return false;
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

void TaskSet::abort_one(Task& task, bool by_another) {
  if (std::exchange(task.abort_requested, true)) return;
  task.tells_abort = by_another && task.unit && task.unit->settings().task_aborted_status;
  if (!task.executing || task.held_back) return task.finish();
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
    abort_one(*task, selection.by_another);
  }
  Wait wait{selection, last, true, std::move(ended)};
  if (!still_waits(wait)) {
    wait.ended();
  } else {
    waits_.push_back(std::move(wait));
  }
  return found;
}

bool TaskSet::in_aca(const LogicalUnit* unit) const {
  return !aca_.empty() && std::ranges::count(aca_, unit) != 0;
}

void TaskSet::begin_aca(const LogicalUnit* unit) {
  if (!in_aca(unit)) aca_.push_back(unit);
}

void TaskSet::end_aca(const LogicalUnit* unit) {
  if (aca_.empty()) return;
  std::erase_if(aca_, [&](const LogicalUnit* one) { return !unit || one == unit; });
  // Ending one may begin the next condition, in which the rest is held back again.
  for (bool found = true; found;) {
    found = false;
    for (Task* task = first_; task && !found; task = task->next) {
      found = task->held_back && !in_aca(task->unit.get());
      if (!found) continue;
      task->held_back = false;
      task->finish();
    }
  }
  settle();
}

void TaskSet::when_empty(std::function<void()> ended) {
  if (empty()) return ended();
  waits_.push_back({{}, UINT64_MAX, false, std::move(ended)});
}

}  // namespace tidemark::scsi
