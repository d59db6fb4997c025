// CopyCommand: what all third-party copy commands that originate a copy operation have in common
// (SPC-4 clause 5.17.4): a task that is answered at the end, or with IMMED at the beginning; a
// record under a list identifier; being stopped by task management, COPY OPERATION ABORT, a reset.
//
// Lives on the core of the task; owned by the task and by the answers it waits for. The task lives
// until it is finished, the command does not touch it afterwards.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/executor.h"
#include "scsi/copy_records.h"
#include "scsi/copy_service.h"
#include "scsi/cscd.h"
#include "scsi/reservation_state.h"
#include "scsi/sense.h"

namespace tidemark::scsi {

class Task;

/// The records of the asking nexus, without what is out of date.
std::shared_ptr<CopyRecords> copy_records_of(Task& task);
/// Why `identifier` cannot be given to another copy now; 05 26/00 points at `at` in the list.
std::optional<SenseData> identifier_refusal(const CopyRecords& records, const Task& task,
                                            uint32_t identifier, uint16_t at);

class CopyCommand : public std::enable_shared_from_this<CopyCommand> {
 public:
  virtual ~CopyCommand() = default;

 protected:
  CopyCommand(Task& task, bool immediate, std::shared_ptr<CopyRecords> records,
              std::shared_ptr<CopyRecord> record);

  /// From here on it can be stopped.
  void begin();
  /// With IMMED: GOOD now, and the rest in the background.
  void accept();
  /// Asks what is under way to end.
  virtual void stop() = 0;

  bool over() const { return over_; }
  bool stopped() const;
  /// Ends a command that was to be stopped.
  void conclude_stopped();
  void conclude(Status status, const SenseData& sense);

  const UnitPointer& unit() const { return unit_; }
  CopyService& copies() const;
  const std::string& initiator() const { return asker_.initiator; }
  CoreId core() const { return core_; }
  CopyRecord& record() const { return *record_; }
  bool immediate() const { return immediate_; }

 private:
  static void on_abort(Task& task);
  void terminate();
  void answer(Status status, const SenseData& sense);

  Task* task_;  // null once it has been answered
  UnitPointer unit_;
  NexusName asker_;
  CoreId core_;
  bool immediate_;
  std::shared_ptr<CopyRecords> records_;
  std::shared_ptr<CopyRecord> record_;
  bool over_ = false;
  bool terminated_ = false;  // by COPY OPERATION ABORT, a reset, or a preemption
};

}  // namespace tidemark::scsi
