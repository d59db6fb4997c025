// CopyRecords: what a nexus can still ask about the copies it started (SPC-4 clauses 5.17.4.2,
// 6.20 to 6.26).
//
// One per nexus, on its core; made when the nexus first copies, gone with the nexus (a copy in the
// background goes on and keeps it). List identifiers are those of one copy manager, so two units
// know the same identifier as two copies. Those of 8 bits are the low ones of those of 32.
//
// Bounded: an outcome is kept until its identifier is used again, for kKept after its end, or until
// kEndedMax newer ones have pushed it out; that of EXTENDED COPY(LID1) only until it has been read.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "scsi/rod_token.h"
#include "scsi/sense.h"
#include "scsi/status.h"

namespace tidemark::scsi {

class LogicalUnit;

/// How a copy that went well went (SPC-4 table 249).
enum class CopyCompletion : uint8_t {
  whole = 0x01,
  partial_token = 0x03,  // not all the token stands for was used
  residual = 0x04,       // not all that was asked for was done, or data was left over
};

/// One copy, while it runs and as it ended.
struct CopyRecord {
  uint8_t service_action = 0;  // of the command, 83h, that began it
  bool background = false;     // status has been sent (IMMED)
  bool running = true;
  uint64_t copy_id = 0;     // of the order under way; 0 before the first is accepted
  uint16_t segments = 0;    // processed so far
  uint64_t bytes = 0;       // written by the orders that have ended
  uint32_t block_size = 0;  // counts are told in blocks of the destination; 0: in bytes
  CopyCompletion completion = CopyCompletion::whole;
  Status status = Status::good;
  SenseData sense;  // with check_condition
  TimePoint ended{};
  bool status_read = false;  // RECEIVE COPY STATUS(LID1) has told it all
  bool details_read = false;
  std::optional<RodToken> token;  // made by it, and not yet fetched
  /// While it runs: ends it, as COPY OPERATION ABORT does.
  std::function<void()> terminate;
  std::vector<std::function<void()>> when_ended;

  bool failed() const { return !running && status != Status::good; }
  bool by_lid1() const { return service_action == 0x00; }
};

class CopyRecords {
 public:
  static constexpr size_t kRunningMax = 16;
  static constexpr size_t kEndedMax = 64;
  static constexpr size_t kSnapshotsMax = 32;  // per unit; the oldest are forgotten
  static constexpr Duration kKept = std::chrono::seconds(60);

  using Key = std::pair<const LogicalUnit*, uint32_t>;

  /// Forgets what is out of date. To be called before anything else is asked.
  void sweep(TimePoint now);

  /// Null if there is none of that identifier.
  std::shared_ptr<CopyRecord> find(Key key) const;
  /// Begins a record; an ended one of the same identifier is dropped. `key` has none that runs.
  std::shared_ptr<CopyRecord> begin(Key key);
  /// Begins one that nobody can ask about.
  std::shared_ptr<CopyRecord> begin_unnamed();
  void end(CopyRecord& record, TimePoint now);
  void forget(Key key) { named_.erase(key); }
  /// A reset of the unit discards what was kept of its copies (SPC-4 5.17.4.4).
  void forget_unit(const LogicalUnit* unit);

  size_t running() const { return running_; }
  size_t kept() const { return named_.size(); }

  /// Snapshot copies that START began on a unit, the latest last; some may have ended.
  const std::vector<uint64_t>& snapshots(const LogicalUnit* unit) const;
  /// The latest; 0 if there is none.
  uint64_t last_snapshot(const LogicalUnit* unit) const;
  void remember_snapshot(const LogicalUnit* unit, uint64_t id);

 private:
  void drop_oldest_ended();

  std::map<Key, std::shared_ptr<CopyRecord>> named_;
  std::map<const LogicalUnit*, std::vector<uint64_t>> snapshots_;  // bounded by the LUN map
  size_t running_ = 0;
};

}  // namespace tidemark::scsi
