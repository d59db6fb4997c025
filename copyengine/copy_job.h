// CopyJob: one copy from its order to its end.
//
//   protect destination > close the source to writes (T0 fence) > guard on, open > segment after
//   segment > flush destination > guard off
//
// In consistency "segment" the guard covers the active segment only, and the fence is repeated for
// each: closed, moved to the segment, opened. A fence has the deadline that held writes have; when
// that has passed, or the copy is cancelled meanwhile, the gate opens at once and the copy is over.
//
// On the home core. Kept alive by the engine while it runs and by what is under way after that.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "copyengine/copy_engine.h"
#include "copyengine/copy_session.h"
#include "copyengine/copy_types.h"
#include "copyengine/segment_copier.h"
#include "storage/range_gate.h"

namespace tidemark::copyengine {

class CopyJob final : public std::enable_shared_from_this<CopyJob> {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds(500);

  struct Parts {
    Executor& executor;
    CoreId home;
    storage::RangeGate& source_gate;
    WriteGuard& source_guard;
    storage::RangeGate& destination;
    BufferPool& preserve_memory;
    BufferPool& copy_memory;
    CopyLedger* ledger;  // may be null
    CopyTuning tuning;
    std::function<void(CopyJob&)> changed;  // new state, progress, or at rest
    std::function<void(CopyJob&, const storage::Extent&)> at_begin_time;
  };

  /// `request.ranges` is filled in. The store is as large as the source.
  CopyJob(uint64_t id, CopyRequest request, Parts parts, std::unique_ptr<storage::Volume> store);
  ~CopyJob();

  /// `t0_passed` runs once: when the begin time lies behind, or the copy has ended before it.
  void start(std::function<void()> t0_passed);
  Result<void> act(CopyVerb verb);
  /// In effect within CopyPacer::kWindow, also for a rest that the copier is taking.
  Result<void> set(const CopyChange& change);
  /// Starts nothing more and lets go of itself: the engine is going away.
  void abandon() { copier_->stop(); }

  uint64_t id() const { return status_.id; }
  CopyState state() const { return status_.state; }
  const CopyRequest& request() const { return status_.request; }
  CopyStatus status() const;
  const SnapshotMap& map() const { return session_->map(); }

 private:
  void prepare();
  void fence();
  void close_gate(const storage::Extent& extent, std::function<void()> closed);
  void fence_overdue(unsigned closing);
  void give_up_fence();
  void at_t0(TimePoint closing_since);
  void begin_copying();
  std::optional<CopyRange> take_segment();
  void next_segment();
  void open_gate();
  void activate_segment(const CopyRange& segment);
  void copy_segment(const CopyRange& segment);
  void segment_over(const SegmentCopier::Outcome& outcome);
  void mismatched();
  void drain();
  void broken(const CopySession::Breakage& why);
  void end(CopyState state);
  void come_to_rest();
  void stop_guarding();
  void release_destination(std::function<void()> then);
  void become(CopyState state);
  void record(std::function<void()> done);
  void answer_start();
  void tick();

  Parts parts_;
  CopyStatus status_;
  size_t range_ = 0;         // the one that segments are taken from
  uint64_t range_done_ = 0;  // bytes of it that have been taken
  std::shared_ptr<CopySession> session_;
  std::shared_ptr<SegmentCopier> copier_;
  storage::Closure closure_;
  bool closing_ = false;   // closure_ is in use
  unsigned closings_ = 0;  // times it has been used; tells a late deadline whose it is
  std::function<void()> when_open_;
  bool guarding_ = false;
  bool destination_protected_ = false;
  bool flushing_ = false;
  bool idle_ = false;      // copier and session have nothing under way and begin nothing more
  bool end_told_ = false;  // of the end state
  bool pause_wanted_ = false;
  std::function<void()> t0_passed_;
  TimePoint started_{};
  uint64_t bytes_at_tick_ = 0;
};

}  // namespace tidemark::copyengine
