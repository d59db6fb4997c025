// Task: one SCSI command on its way through the device server (SAM-5 clause 4.9).
//
// Owned and pooled by the transport; it lives on the core of its nexus from begin() to done().
// Life: the transport fills in the command part, calls TargetDevice::begin(), gathers
// data_out_length bytes into data_out, calls TargetDevice::execute(), and gets done() once. After
// done() it sends data_in and status, then calls reset() to use the Task again.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/buffer_pool.h"
#include "base/executor.h"
#include "scsi/range_request.h"
#include "scsi/sense.h"
#include "scsi/status.h"
#include "storage/volume_io.h"

namespace tidemark::scsi {

class ItNexus;
class LogicalUnit;
class TaskSet;
struct CommandRow;

/// What of a task the transport may need to know to move data the right way.
enum class DataDirection : uint8_t { none, in, out };

/// Longest CDB accepted (32-byte variable length CDBs; SPC-4 clause 4.3).
inline constexpr size_t kCdbMax = 32;

class Task {
 public:
  using Done = void (*)(Task&) noexcept;

  // The command, set by the transport before begin().
  ItNexus* nexus = nullptr;
  uint64_t lun_field = 0;  // the 8 bytes of the LUN field, as a big-endian number
  uint64_t tag = 0;        // initiator task tag: unique in the nexus while the task lives
  TaskAttribute attribute = TaskAttribute::simple;
  std::array<uint8_t, kCdbMax> cdb{};
  uint8_t cdb_length = 0;  // bytes present; trailing bytes are zero
  BufferPool* pool = nullptr;
  CoreId core = 0;
  Done done = nullptr;  // runs on `core`, maybe before execute() returns
  void* owner = nullptr;
  /// Data-out bytes the initiator means to send; what is more than data_out_length is dropped.
  uint64_t data_out_offered = 0;
  /// Most data-in bytes the initiator takes; the device server need not produce more.
  uint64_t data_in_limit = UINT64_MAX;

  // After begin().
  DataDirection direction = DataDirection::none;
  uint64_t data_out_length = 0;    // bytes execute() needs in data_out
  DataBuffer data_out;             // filled by the transport before execute()
  uint64_t data_out_received = 0;  // less than data_out_length if the initiator sends less

  // At done(). With Status::good or any other: data_in may be empty.
  Status status = Status::good;
  SenseData sense;
  DataBuffer data_in;           // at most data_in_limit bytes of it matter
  uint64_t data_in_length = 0;  // what the command produces, after its allocation length
  bool aborted = false;         // task management ended it: no status is sent

  // The device server's own, while the task is under way.
  std::shared_ptr<LogicalUnit> unit;  // keeps it alive though unmapped meanwhile
  const CommandRow* row = nullptr;
  RangeRequest range;  // decoded and checked, if the command names blocks
  storage::VolumeIo io;
  bool io_active = false;       // `io` is submitted and has not ended
  DataBuffer scratch;           // of the task's pool, for data that is not sent
  uint64_t cursor = 0;          // bytes done, in commands of several I/Os
  std::vector<iovec> pieces;    // memory of `io` where it is not a whole buffer
  std::shared_ptr<void> state;  // what rarer commands need beyond one I/O
  TaskSet* set = nullptr;       // where it is linked, from begin() to done()
  uint64_t serial = 0;          // order of arrival in its task set
  Task* next = nullptr;         // task set of its nexus, on this core
  Task* previous = nullptr;
  bool executing = false;
  bool queued = false;           // execute() was called, but older tasks go first
  bool abort_requested = false;  // whatever it ends with, it ends aborted
  bool tells_abort = false;      // with status TASK ABORTED instead of none (TAS)
  bool held_back = false;        // it has ended, and an ACA condition keeps it from being told
  /// Set by a command that waits for something else than `io`: called once, when the task is
  /// aborted. The command still ends in finish(), then or later.
  void (*on_abort)(Task&) = nullptr;

  /// Back to the state of a new Task; buffers go back to their pool.
  void reset();
  /// The sense data as it is to be sent: the unit's D_SENSE bit chooses the format.
  size_t encode_sense(std::span<uint8_t, kSenseMax> to) const;

  /// Ends the task with what `status` and `sense` say: takes it out of its task set, calls done.
  void finish() noexcept;
  void finish(Status with) noexcept {
    status = with;
    finish();
  }
  void finish(const SenseData& with) noexcept {
    status = Status::check_condition;
    sense = with;
    finish();
  }
};

}  // namespace tidemark::scsi
