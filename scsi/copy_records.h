// CopyRecords: what a nexus can still ask about the copies it started (SPC-4 clauses 5.17.4.2,
// 6.23 and 6.25).
//
// One per nexus, on its core; made when the nexus first copies, gone with the nexus. List
// identifiers are those of one copy manager, so two units know the same identifier as two copies.
// Bounded: an outcome is kept until it has been read, until its identifier is used again, for
// kKept, or until kEndedMax newer ones have pushed it out.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "scsi/sense.h"
#include "scsi/status.h"

namespace tidemark::scsi {

class LogicalUnit;

/// One copy, while it runs and as it ended.
struct CopyRecord {
  bool running = true;
  uint64_t copy_id = 0;   // of the order under way; 0 before the first is accepted
  uint16_t segments = 0;  // processed so far
  uint64_t bytes = 0;     // written by the orders that have ended
  Status status = Status::good;
  SenseData sense;  // with check_condition
  TimePoint ended{};
  bool status_read = false;  // RECEIVE COPY STATUS has told it all
  bool details_read = false;

  bool failed() const { return !running && status != Status::good; }
};

class CopyRecords {
 public:
  static constexpr size_t kRunningMax = 16;
  static constexpr size_t kEndedMax = 64;
  static constexpr size_t kSnapshotsMax = 32;  // per unit; the oldest are forgotten
  static constexpr Duration kKept = std::chrono::seconds(60);

  using Key = std::pair<const LogicalUnit*, uint8_t>;

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
