// CopyEngine: all copies of this process. The face of the copy floor towards management and the
// SCSI glue.
//
// Any core may call; answers run on the engine's home core. It owns its jobs; ended ones are kept
// (the last kEndedKept) so that their outcome can be read.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/buffer_pool.h"
#include "base/executor.h"
#include "base/result.h"
#include "copyengine/collecting.h"
#include "copyengine/copy_files.h"
#include "copyengine/copy_types.h"
#include "copyengine/guest_copies.h"
#include "copyengine/journal_reader.h"

namespace tidemark::storage {
class RangeGate;
class Volume;
}  // namespace tidemark::storage

namespace tidemark::copyengine {

class CopyJob;
class StoreQuota;
class WriteGuard;

/// Where a copy's fate is kept so that a restart can tell it. `done` may come later, on the home
/// core, and says whether it is kept; a breaking write goes on only after it.
class CopyLedger {
 public:
  virtual ~CopyLedger() = default;
  virtual void record(const CopyStatus& status, std::function<void(bool kept)> done) = 0;
};

class CopyEngine {
 public:
  static constexpr size_t kEndedKept = 256;
  static constexpr size_t kRunningMax = 256;
  static constexpr size_t kPreserveMemory = 64 * kMiB;
  static constexpr size_t kCopyMemory = 32 * kMiB;
  static constexpr size_t kMapMemory = kGiB;  // snapshot maps of all copies

  CopyEngine(Executor& executor, CoreId home, CopyFiles& files, CopyLedger* ledger);
  ~CopyEngine();

  /// Before the cores run, or on the home core. `gate` is the outermost layer of the volume,
  /// `guard` the one behind it.
  void add_volume(const std::string& name, storage::RangeGate& gate, WriteGuard& guard);
  /// On the home core. Refused while a copy reads or writes it; then it may go.
  Result<void> remove_volume(const std::string& name);
  /// Before the cores run: an ended copy known from before (its id is not given out again).
  void add_ended(CopyStatus status);
  /// Before the cores run, after all volumes: goes on with a copy that another process left behind,
  /// from its journal. If it cannot go on, how it has ended.
  std::optional<JournalEnd> take_up(const CopyStatus& known, FoundJournal found,
                                    CopyFiles::Opened files);
  /// What bounds the stores of all copies together; before the first copy.
  void set_store_pool(std::shared_ptr<StoreQuota> pool) { store_pool_ = std::move(pool); }
  /// What the machine's start is called; before the first copy. A journal with release "written" is
  /// good for this start only.
  void set_boot_id(std::string boot_id) { boot_id_ = std::move(boot_id); }

  /// Answers once T0 has passed (or the copy is refused); at once if it is to be held back. The
  /// ranges of a copy from management are brought into order (arranged()).
  void start(CopyRequest request, std::function<void(Result<CopyStatus>)> answer);
  /// Answers once the begin time that all of them share has passed, or they have ended before it;
  /// an error if one of them is refused: then none is there.
  void start_group(GroupRequest request, std::function<void(Result<GroupStatus>)> answer);
  /// As long as its copies are kept.
  void group(uint64_t id, std::function<void(Result<GroupStatus>)> answer);
  void groups(std::function<void(std::vector<GroupStatus>)> answer);
  void act(uint64_t id, CopyVerb verb, std::function<void(Result<CopyStatus>)> answer);
  /// More ranges for a copy that is collecting. CopyVerb::start then starts it, as start() does.
  void append(uint64_t id, std::vector<CopyRange> ranges,
              std::function<void(Result<CopyStatus>)> answer);
  void set(uint64_t id, const CopyChange& change, std::function<void(Result<CopyStatus>)> answer);
  void get(uint64_t id, std::function<void(Result<CopyStatus>)> answer);
  void list(std::function<void(std::vector<CopyStatus>)> answer);
  /// The snapshot map from `from` (bytes of the source), as at most `max_runs` runs.
  void map(uint64_t id, uint64_t from, size_t max_runs,
           std::function<void(Result<std::vector<MapRun>>)> answer);

  /// A copy that somebody else carries out is shown from now on; the number it gets. `stop` is
  /// called if it is to be cancelled. On the home core.
  uint64_t enlist(CopyStatus status, std::function<void()> stop);
  /// How it is now; with a state that is over, it has come to rest. On the home core.
  void update(const CopyStatus& guest);

  /// Called on the home core at every change of state, at most twice a second per copy with
  /// progress, and once more if a copy comes to rest later than it ends. Before the cores run.
  void on_change(std::function<void(const CopyStatus&)> listener);
  /// Called on the home core at each begin time (of the source, or of a segment), with writes to
  /// `extent` stopped and none in flight: what the source holds there now is what is copied. Before
  /// the cores run; keep it short.
  void at_begin_time(
      std::function<void(const CopyStatus&, const storage::Extent& extent)> listener);
  /// Before the first copy.
  void tune(const CopyTuning& tuning) { tuning_ = tuning; }
  /// Refuses new copies from now on, cancels those that do not outlive this process, and lets the
  /// others copy no more, still guarding. `done` when the cancelled are at rest. On any core.
  void stop_copying(std::function<void()> done);
  /// Then, with no host write under way any more: `done` when all that is left is on the medium for
  /// another process to take up: volumes may go then. On any core.
  void shut_down(std::function<void()> done);

 private:
  struct Served {
    storage::RangeGate* gate = nullptr;
    WriteGuard* guard = nullptr;
  };

  void launch_group(const GroupRequest& request,
                    const std::function<void(Result<GroupStatus>)>& answer);
  Result<std::vector<std::shared_ptr<CopyJob>>> make_jobs(const GroupRequest& request);
  std::map<uint64_t, GroupStatus> all_groups() const;
  void launch(uint64_t id, const CopyRequest& request,
              const std::function<void(Result<CopyStatus>)>& answer);
  Result<std::shared_ptr<CopyJob>> make_job(uint64_t id, CopyRequest request);
  Result<CopyStatus> collect(CopyRequest request);
  Result<CopyStatus> append_now(uint64_t id, const std::vector<CopyRange>& ranges);
  void act_on_collecting(const CopyStatus& status, CopyVerb verb,
                         const std::function<void(Result<CopyStatus>)>& answer);
  Error over_or_unknown(uint64_t id) const;
  Result<void> check(CopyRequest& request) const;
  Result<void> check_ranges(const CopyRequest& request) const;
  Result<void> check_size(const CopyRequest& request) const;
  Result<void> check_use(const CopyRequest& request) const;
  static Result<void> check_segments(const CopyRequest& request);
  std::shared_ptr<CopyJob> add_job(uint64_t id, CopyRequest request, CopyFiles::Opened files,
                                   const FoundJournal* found);
  void job_changed(CopyJob& job);
  void tell_if_quiet();
  void keep_ended(const CopyStatus& status);
  void forget_oldest();
  const CopyStatus* find_ended(uint64_t id) const;

  Executor& executor_;
  CoreId home_;
  CopyFiles& files_;
  CopyLedger* ledger_;
  BufferPool preserve_memory_;  // apart, so that a copier never keeps a host waiting for memory
  BufferPool copy_memory_;
  std::map<std::string, Served> volumes_;
  std::map<uint64_t, std::shared_ptr<CopyJob>> running_;  // or not yet at rest
  Collecting collecting_;
  GuestCopies guests_;
  std::map<uint64_t, CopyStatus> ended_;
  std::vector<std::function<void(const CopyStatus&)>> listeners_;
  std::function<void(const CopyStatus&, const storage::Extent&)> at_begin_time_;
  struct Quiet {
    bool (*still_busy)(const CopyJob&);
    std::function<void()> done;
  };
  std::vector<Quiet> when_quiet_;
  std::string boot_id_;
  CopyTuning tuning_;
  std::shared_ptr<StoreQuota> store_pool_;
  uint64_t next_id_ = 1;
  bool shutting_down_ = false;  // nothing new is started
};

}  // namespace tidemark::copyengine
