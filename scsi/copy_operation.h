// CopyOperation: one EXTENDED COPY under way. It gives its orders to the copy service one after the
// other and ends the task when the last has ended, one has failed, or the task has been aborted and
// the copy has really stopped.
//
// Lives on the task's core; owned by the task and by the answers it waits for. The task lives until
// finish(), the operation does not touch it afterwards.
#pragma once

#include <memory>

#include "scsi/copy_records.h"
#include "scsi/xcopy_plan.h"

namespace tidemark::scsi {

class Task;

class CopyOperation : public std::enable_shared_from_this<CopyOperation> {
 public:
  CopyOperation(Task& task, XcopyPlan plan, std::shared_ptr<CopyRecords> records,
                std::shared_ptr<CopyRecord> record);

  void start();

 private:
  static void on_abort(Task& task);
  void next_order();
  void accepted(uint64_t id, CopyRefusal why);
  void ended(const CopyReport& report);
  void abort();
  /// COPY ABORTED in the order under way, at its range number `range`.
  void fail(SenseData sense, size_t range);
  void conclude(Status status, const SenseData& sense);

  Task* task_;  // null once it has been finished
  XcopyPlan plan_;
  std::shared_ptr<CopyRecords> records_;
  std::shared_ptr<CopyRecord> record_;
  size_t order_ = 0;
};

}  // namespace tidemark::scsi
