// CopyOperation: one EXTENDED COPY under way. It gives its orders to the copy service one after the
// other, fills up the blocks that are to be filled up, and ends the task when the last has ended,
// one has failed, or the copy was to be stopped and has really stopped.
//
// With IMMED the task ends GOOD when the first order is accepted, that is, when its begin time has
// passed; the operation goes on without it, and without the nexus if that goes.
//
// Lives and is owned as CopyCommand says.
#pragma once

#include <memory>

#include "scsi/copy_command.h"
#include "scsi/xcopy_list.h"
#include "scsi/xcopy_plan.h"
#include "storage/volume_io.h"

namespace tidemark::scsi {

class Task;

class CopyOperation final : public CopyCommand {
 public:
  CopyOperation(Task& task, const XcopyList& list, XcopyPlan plan,
                std::shared_ptr<CopyRecords> records, std::shared_ptr<CopyRecord> record);

  void start();

 private:
  std::shared_ptr<CopyOperation> self();
  void next_order();
  void accepted(uint64_t id, CopyRefusal why);
  void ended(const CopyReport& report);
  void failed(const CopyReport& report);
  void fill_up();
  static void on_filled(storage::VolumeIo& io) noexcept;
  void order_done();
  void stop() override;
  /// COPY ABORTED in the order under way, whose first `done` bytes have been written, with pointer
  /// and residue.
  void fail(SenseData sense, uint64_t done);

  bool tells_count_;
  XcopyPlan plan_;
  size_t order_ = 0;
  size_t filled_ = 0;  // zeroes of the order
  storage::VolumeIo io_;
  std::shared_ptr<CopyOperation> io_holds_;  // while io_ is under way
};

}  // namespace tidemark::scsi
