// MediumOperation: FORMAT UNIT or SANITIZE at work on every block of a unit, in the background.
//
// It goes through the unit's volume as a host's writes do: a copy under way sees every piece before
// it lands and has its old data first, and a write-protected unit refuses it. One at a time; the
// unit is not ready meanwhile (Readiness). Works on the volume's home core, in pieces, each of
// which ends before the next begins, so that it never has more than one I/O in flight.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "base/executor.h"
#include "scsi/medium_order.h"
#include "scsi/readiness.h"
#include "storage/range_gate.h"

namespace tidemark::scsi {

class LogicalUnit;

class MediumOperation {
 public:
  using Ended = std::function<void(bool succeeded)>;

  /// Part of `unit`.
  explicit MediumOperation(LogicalUnit& unit);
  MediumOperation(const MediumOperation&) = delete;
  MediumOperation& operator=(const MediumOperation&) = delete;

  struct Request {
    std::shared_ptr<LogicalUnit> unit;  // keeps it
    MediumOrder order;
    Readiness::State before = Readiness::State::ready;  // what the unit is again if nothing begins
    CoreId core = 0;                                    // where both of these run
    std::function<void()> accepted;  // the order is kept, so that it goes on after a restart
    Ended ended;
  };
  /// From any core, by who has made the unit enter formatting or sanitizing.
  void start(Request request);
  /// Goes on with what was unfinished when the daemon ended, from the beginning. Any thread, before
  /// the unit is mapped.
  void resume(std::shared_ptr<LogicalUnit> unit);

  /// Stops after the piece under way, for the daemon's end; `stopped` runs on the home core. What
  /// is unfinished stays kept.
  void stop(std::function<void()> stopped);
  /// Whether EXIT FAILURE MODE may end the failure of the last one.
  bool exit_allowed() const { return exit_allowed_.load(); }

 private:
  struct Run;

  void begin(std::shared_ptr<Run> run);
  void fence(const std::shared_ptr<Run>& run);
  void next_piece();
  void prepare_piece(Run& run);
  void piece_ended();
  void finish(bool succeeded);
  void forget(std::shared_ptr<Run> run, bool succeeded);
  void answer(const std::shared_ptr<Run>& run, bool succeeded);

  LogicalUnit& unit_;
  std::atomic<bool> exit_allowed_ = false;

  // On the home core.
  std::shared_ptr<Run> run_;
  std::function<void()> stopped_;
  bool stopping_ = false;
};

}  // namespace tidemark::scsi
