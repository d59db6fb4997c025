// TaskSet: the tasks of one nexus from begin() to done(), in order of arrival (SAM-5 clause 8).
// It decides when a task may run, ends what task management aborts, and knows when that is over.
//
// Belongs to a nexus; used on its core only. Tasks are linked through their own members.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "scsi/task.h"

namespace tidemark::scsi {

class TaskSet {
 public:
  TaskSet() = default;
  TaskSet(const TaskSet&) = delete;
  TaskSet& operator=(const TaskSet&) = delete;
  ~TaskSet();

  /// Takes the task in, as the youngest.
  void enter(Task& task);
  /// Runs the task now, or once the older tasks its attribute makes it wait for have ended: ORDERED
  /// waits for all of its unit, others wait for ORDERED, HEAD OF QUEUE for none.
  void run(Task& task);

  /// Whom a management function is about: tasks of `unit` (any, if null) with `tag` (if given).
  struct Selection {
    const LogicalUnit* unit = nullptr;
    std::optional<uint64_t> tag = std::nullopt;
    const Task* except = nullptr;
  };
  bool contains(const Selection& selection) const;
  /// Aborts what is selected and in the set now; returns how many. `ended` runs once all of them
  /// have had their done(), maybe before this returns.
  size_t abort(const Selection& selection, std::function<void()> ended);
  /// Calls `ended` once the set is empty, maybe now.
  void when_empty(std::function<void()> ended);

  bool empty() const { return first_ == nullptr; }

 private:
  friend class Task;  // finish() leaves the set, then lets it settle

  struct Wait {
    Selection selection;
    uint64_t last_serial;
    bool aborted_only;
    std::function<void()> ended;
  };

  static bool selects(const Selection& selection, const Task& task);
  bool may_run(const Task& task) const;
  bool still_waits(const Wait& wait) const;
  void abort_one(Task& task);
  void leave(Task& task);
  void settle();

  Task* first_ = nullptr;
  Task* last_ = nullptr;
  uint64_t last_serial_ = 0;
  size_t ordered_ = 0;  // ORDERED tasks in the set
  size_t queued_ = 0;   // tasks that wait for older ones
  std::vector<Wait> waits_;
};

}  // namespace tidemark::scsi
