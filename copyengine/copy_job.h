// CopyJob: one copy from its order to its end.
//
//   protect destination > close the source to writes (T0 fence) > guard on, open > segment after
//   segment > flush destination > guard off
//
// In consistency "segment" the guard covers the active segment only, and the fence is repeated for
// each: closed, moved to the segment, opened. A fence has the deadline that held writes have; when
// that has passed, or the copy is cancelled meanwhile, the gate opens at once and the copy is over.
//
// With a journal it outlives its process: take_up() and go_on() continue what another left behind.
// How it ends is on record before hosts are let go (BrokenIsSaid), for whoever reads the journal
// would otherwise go on with a copy whose source has been overwritten.
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
#include "copyengine/copy_files.h"
#include "copyengine/copy_session.h"
#include "copyengine/copy_types.h"
#include "copyengine/journal_reader.h"
#include "copyengine/journal_state.h"
#include "copyengine/segment_copier.h"
#include "copyengine/segment_walk.h"
#include "copyengine/t0_rendezvous.h"
#include "storage/range_gate.h"

namespace tidemark::copyengine {

class CopyJob final : public std::enable_shared_from_this<CopyJob> {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds(500);
  /// How long whoever started a copy that ends at once waits for that to be on record. Hosts have
  /// no such limit: they go on when it is.
  static constexpr Duration kEndPatience = std::chrono::seconds(1);
  /// When a file that cannot be written is tried again.
  static constexpr Duration kRecordAgain = std::chrono::seconds(1);

  struct Parts {
    Executor& executor;
    CoreId home;
    storage::RangeGate& source_gate;
    WriteGuard& source_guard;
    storage::RangeGate& destination;
    BufferPool& preserve_memory;
    BufferPool& copy_memory;
    CopyLedger* ledger;                      // may be null
    std::shared_ptr<StoreQuota> store_pool;  // may be null
    CopyTuning tuning;
    std::string boot_id;                    // for the journal
    std::function<void(CopyJob&)> changed;  // new state, progress, or at rest
    std::function<void(CopyJob&, const storage::Extent&)> at_begin_time;
    std::function<void(uint64_t id)> files_done;  // nobody will read store and journal any more
  };

  /// `request.ranges` is filled in. `found`: the journal of a copy that is to be taken up.
  CopyJob(uint64_t id, CopyRequest request, Parts parts, CopyFiles::Opened files,
          const FoundJournal* found = nullptr);
  ~CopyJob();

  /// `t0_passed` runs once: when the begin time lies behind, or the copy has ended before it. The
  /// begin time is that of all who have the same rendezvous.
  void start(std::shared_ptr<T0Rendezvous> rendezvous, std::function<void()> t0_passed);
  Result<void> act(CopyVerb verb);
  /// In effect within CopyPacer::kWindow, also for a rest that the copier is taking.
  Result<void> set(const CopyChange& change);
  /// Before the cores run: guards and protects what another process left behind. go_on() follows.
  void take_up(const CopyStatus& known, const JournalState& left, const IntervalSet& unbegun);
  void go_on();
  /// The process is about to end, and the copy with it.
  void stop_for_good();
  /// Whether it outlives this process.
  bool lasting() const { return journal_ != nullptr; }
  /// Copies no more; hosts are served as before. The process is about to end.
  void stop_copying() {
    stopping_ = true;
    copier_->stop();
  }
  /// After stop_copying(), with no host write under way: makes all of it lasting, puts that on
  /// record and runs `done`. If the copy ends instead, `done` does not run.
  void suspend(std::function<void()> done);
  bool suspended() const { return suspended_; }
  /// It has ended, and no restart would take it up again.
  bool over_for_good() const { return ended(state()) && end_known_; }
  /// Starts nothing more and lets go of itself: the engine is going away.
  void abandon();

  uint64_t id() const { return status_.id; }
  CopyState state() const { return status_.state; }
  const CopyRequest& request() const { return status_.request; }
  CopyStatus status() const;
  const SnapshotMap& map() const { return session_->map(); }

 private:
  void prepare();
  void protect(std::function<void()> then);
  void fence();
  void close_gate(const storage::Extent& extent, Duration patience, std::function<void()> closed);
  void fence_overdue(unsigned closing);
  void give_up_fence();
  void watch();
  void open_journal(std::unique_ptr<storage::Volume> volume, Release release,
                    const FoundJournal* found);
  void begin_journal(std::function<void()> then);
  void go_on_copying();
  void make_lasting(std::function<void()> then);
  void flush_journal(std::function<void()> done);
  void files_over();
  void describe(const JournalWriter::Emit& emit) const;
  void put_on_record(JournalWriter::Record record, std::function<void()> then);
  void append(JournalWriter::Record record, std::function<void()> then);
  void flush(storage::Volume& volume, std::string_view party, std::function<void()> then);
  void fail(storage::Errc error, std::string_view party, std::string_view text);
  void tell_end();
  void write_end();
  void let_hosts_go();
  void settle_down();
  void switch_guard_on();
  void t0_passed();
  void begin_copying();
  void next_segment();
  void open_gate();
  void activate_segment(const CopyRange& segment);
  void copy_segment(const CopyRange& segment);
  void segment_over(const SegmentCopier::Outcome& outcome);
  void mismatched();
  void drain();
  void complete();
  void broken(const CopySession::Breakage& why);
  void end(CopyState state);
  void come_to_rest();
  void stop_guarding();
  void release_destination(std::function<void()> then);
  void become(CopyState state);
  void record(std::function<void(bool)> done);
  void answer_start();
  void tick();

  Parts parts_;
  CopyStatus status_;
  SegmentWalk walk_{status_.request};
  std::optional<CopyRange> begun_segment_;  // the last, if consistency is "segment"
  std::shared_ptr<JournalWriter> journal_;  // null: it ends with its process
  std::shared_ptr<CopySession> session_;
  std::shared_ptr<SegmentCopier> copier_;
  storage::Closure closure_;
  std::shared_ptr<T0Rendezvous> rendezvous_;  // null if it has been taken up
  TimePoint fence_began_{};
  bool closing_ = false;      // closure_ is in use
  bool gate_closed_ = false;  // it has closed, and not been told to open
  unsigned closings_ = 0;     // times it has been used; tells a late deadline whose it is
  std::function<void()> when_open_;
  bool guarding_ = false;
  bool destination_protected_ = false;
  unsigned under_way_ = 0;  // flushes, records
  bool copier_idle_ = false;
  bool idle_ = false;         // copier and session have nothing under way and begin nothing more
  bool end_known_ = false;    // no restart would do anything to source or destination
  bool end_told_ = false;     // of the end state
  bool end_on_file_ = false;  // in the ledger
  bool files_gone_ = false;
  std::vector<storage::Extent> to_clear_;  // of the store, when the copy goes on
  bool begun_on_record_ = false;
  bool stopping_ = false;
  bool suspended_ = false;
  bool pause_wanted_ = false;
  std::function<void()> t0_passed_;
  TimePoint started_{};
  uint64_t bytes_at_tick_ = 0;
};

}  // namespace tidemark::copyengine
