// TargetDevice: one SCSI target device (SAM-5 clause 4.6). The face of the SCSI floor towards the
// transport.
//
// Shared by all cores and never changed. What does change (LUN maps, unit attentions, task sets) is
// kept per nexus, on that nexus's core. Who may attach is the transport's to decide.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "scsi/lun_map.h"
#include "scsi/task.h"

namespace tidemark::scsi {

class Nexus;

/// The function codes of SAM-5 clause 7 (iSCSI's codes are translated by the transport).
enum class TaskManagementFunction : uint8_t {
  abort_task,
  abort_task_set,
  clear_task_set,
  clear_aca,
  logical_unit_reset,
  target_reset,
  i_t_nexus_reset,
  query_task,
  query_task_set,
  query_asynchronous_event,  // answered by query_attention()
};

enum class TaskManagementResponse : uint8_t {
  complete,
  succeeded,  // a query found something
  no_such_task,
  no_such_unit,
  not_supported,
  rejected,
};

class CopyRecords;
class TargetDevice;

/// One initiator port talking to one target port. Lives on one core, from attach() to detach().
class ItNexus {
 public:
  virtual ~ItNexus() = default;
  virtual const std::string& initiator_name() const = 0;
  virtual CoreId core() const = 0;
  virtual TargetDevice& device() = 0;
  /// All that this nexus can name.
  virtual const LunMap& units() const = 0;

  /// Whether it may use the vendor commands. The transport says so, as whoever lets it attach does.
  bool may_command_copies = false;
  /// Of the transport protocol as it was agreed on, for standard INQUIRY data; 0: none is claimed.
  uint16_t version_descriptor = 0;
  /// What the copy manager remembers of this nexus's copies; made when first needed.
  std::shared_ptr<CopyRecords> copy_records;
};

class TargetDevice {
 public:
  TargetDevice(Executor& executor, std::string name);
  ~TargetDevice();

  const std::string& name() const { return name_; }
  Executor& executor() { return executor_; }

  /// Begins a nexus on the calling core. `isid` is the initiator port's session identifier; LUNs of
  /// `units` are 0 to 16383; `portal_group` tells the target port.
  std::unique_ptr<ItNexus> attach(const std::string& initiator_name, uint64_t isid,
                                  std::shared_ptr<const LunMap> units, uint16_t portal_group = 1);
  /// Gives it more units, of which its initiator is told (REPORTED LUNS DATA HAS CHANGED). On its
  /// core. False, and nothing is changed, if it would lose one it has.
  bool extend(ItNexus& nexus, std::shared_ptr<const LunMap> units);
  /// I_T nexus loss (SAM-5 6.3.4): aborts what runs; `detached` runs on the nexus's core when the
  /// last of its tasks has had its done(), after which the nexus may be destroyed.
  void detach(ItNexus& nexus, std::function<void()> detached);

  /// Decodes and checks the command: sets direction and data_out_length. False if the task has
  /// already ended: status and sense are set, done is not called, execute() must not be.
  bool begin(Task& task);
  /// Runs the command. done() follows, exactly once.
  void execute(Task& task);

  /// Task management, on the nexus's core. Tasks it aborts get done() with `aborted` set, each
  /// after its I/O has really ended, all before `answer` runs. An aborted write that is held
  /// never reaches the medium.
  void manage(ItNexus& nexus, TaskManagementFunction function, uint64_t lun_field, uint64_t tag,
              std::function<void(TaskManagementResponse)> answer);
  /// QUERY ASYNCHRONOUS EVENT: succeeded if a unit attention is pending; `additional` is then its
  /// response information (SAM-5 clause 7.10): depth and sense key, ASC, ASCQ.
  TaskManagementResponse query_attention(ItNexus& nexus, uint64_t lun_field, uint32_t& additional);

 private:
  void abort_own(Nexus& nexus, std::optional<uint16_t> lun, std::optional<uint64_t> tag,
                 std::function<void(TaskManagementResponse)> answer);

  Executor& executor_;
  std::string name_;
};

}  // namespace tidemark::scsi
