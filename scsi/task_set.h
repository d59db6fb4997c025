// TaskSet: the tasks of one nexus from begin() to done(), in order of arrival (SAM-5 clause 8). It
// decides when a task may run, ends what task management aborts, and knows when that is over.
//
// Each I_T nexus has a task set of its own in every logical unit, as the Control mode page says
// (TST 001b). So task attributes, ACA conditions and QERR are about tasks of one nexus, all of
// which live on one core. Here the sets of a nexus in all of its units are one list.
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
  /// More tasks than that find the set full.
  static constexpr size_t kTasksMax = 512;

  TaskSet() = default;
  TaskSet(const TaskSet&) = delete;
  TaskSet& operator=(const TaskSet&) = delete;
  ~TaskSet();

  bool full() const { return size_ >= kTasksMax; }
  /// Takes the task in, as the youngest. The set is not full.
  void enter(Task& task);
  /// Runs the task now, or once the tasks its attribute makes it wait for have ended (may_run).
  void run(Task& task);

  /// Whom a management function is about: tasks of `unit` (any, if null) with `tag` (if given).
  struct Selection {
    const LogicalUnit* unit = nullptr;
    std::optional<uint64_t> tag = std::nullopt;
    std::optional<TaskAttribute> attribute = std::nullopt;
    const Task* except = nullptr;
    bool by_another = false;  // another nexus is the cause: with TAS, the host is told
  };
  bool contains(const Selection& selection) const;
  /// Aborts what is selected and in the set now; returns how many. `ended` runs once all of them
  /// have had their done(), maybe before this returns.
  size_t abort(const Selection& selection, std::function<void()> ended);
  /// Calls `ended` once the set is empty, maybe now.
  void when_empty(std::function<void()> ended);

  /// The ACA condition of a unit (SAM-5 5.9): while it lasts, no task but those with the ACA
  /// attribute runs or ends, unless it is aborted.
  bool in_aca(const LogicalUnit* unit) const;
  void begin_aca(const LogicalUnit* unit);
  /// Of any unit, if null. What waited goes on.
  void end_aca(const LogicalUnit* unit);

  bool empty() const { return first_ == nullptr; }

 private:
  friend class Task;  // finish() may have to wait, leaves the set, then lets it settle

  struct Wait {
    Selection selection;
    uint64_t last_serial;
    bool aborted_only;
    std::function<void()> ended;
  };

  static bool selects(const Selection& selection, const Task& task);
  bool may_run(const Task& task) const;
  bool waits_for(const Task& task, const Task& other) const;
  bool still_waits(const Wait& wait) const;
  void abort_one(Task& task, bool by_another);
  bool holds_back(Task& task);
  void leave(Task& task);
  void settle();

  Task* first_ = nullptr;
  Task* last_ = nullptr;
  uint64_t last_serial_ = 0;
  size_t size_ = 0;
  size_t ordered_ = 0;                   // ORDERED tasks in the set
  size_t head_of_queue_ = 0;             // HEAD OF QUEUE tasks in the set
  size_t queued_ = 0;                    // tasks that wait for others
  std::vector<const LogicalUnit*> aca_;  // units with an ACA condition
  std::vector<Wait> waits_;
};

}  // namespace tidemark::scsi
