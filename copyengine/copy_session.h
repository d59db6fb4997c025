// CopySession: the guarding side of one copy. It decides which writes must wait, saves old data
// into the snapshot store, keeps the snapshot map, and holds writes in order until they may go on.
//
// A write is admitted when lets_pass() says no. It then waits for the preserves of every owed grain
// it overlaps (those it starts itself, and those already in flight), and for every held write
// before it that it overlaps. When nothing is left to wait for, it goes on; until it has landed, it
// still keeps later overlapping held writes behind it.
//
// Memory for old data comes from a pool; when that is empty, preserves wait for others to end.
//
// Everything runs on the home core, except lets_pass(). Kept alive by shared pointers: in the
// guard's lists and with each I/O under way.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/buffer_pool.h"
#include "base/executor.h"
#include "copyengine/copy_types.h"
#include "copyengine/engine_io.h"
#include "copyengine/group_flush.h"
#include "copyengine/held_regions.h"
#include "copyengine/hole_memory.h"
#include "copyengine/journal_writer.h"
#include "copyengine/route_chooser.h"
#include "copyengine/snapshot_map.h"
#include "copyengine/store_quota.h"
#include "copyengine/stored_grains.h"
#include "storage/volume.h"

namespace tidemark::copyengine {

class WriteGuard;

class CopySession final : public std::enable_shared_from_this<CopySession> {
 public:
  struct Order {
    std::vector<CopyRange> ranges;
    uint32_t grain = kGrainDefault;
    Release release = Release::written;
    OnPreserveError on_preserve_error = OnPreserveError::break_copy;
    Route route = Route::store;
    Duration hold_deadline{};
    uint64_t store_limit = 0;                          // bytes; 0: none
    std::shared_ptr<StoreQuota> store_pool = nullptr;  // of which that is a part; null: of none
    std::shared_ptr<JournalWriter> journal;            // null: nothing is put on record
    storage::Volume* destination = nullptr;  // flushed before it is said to have something
  };
  /// Why the copy cannot go on.
  struct Breakage {
    storage::Errc error = storage::Errc::ok;
    std::string party;  // "source", "store", "destination", "journal", "engine"
    std::string text;
    storage::Extent extent;
    CopyState state = CopyState::broken;  // or failed: no old data has been lost
  };
  struct Figures {
    uint64_t bytes_preserved = 0;
    uint64_t bytes_routed = 0;   // of these: straight to the destination
    uint64_t bytes_spilled = 0;  // meant to go there, and gone to the store
    uint64_t store_bytes = 0;
    unsigned store_level = 0;  // of StoreQuota
    uint64_t held_now = 0;
    uint64_t held_total = 0;
    uint64_t writes_seen = 0;
    uint64_t writes_failed = 0;
    HoldHistogram holds;
  };

  /// Largest piece preserved at once.
  static constexpr uint64_t kPreserveMax = kMiB;
  /// Old data whose way to the destination takes longer goes to the store as well.
  static constexpr Duration kSpillAfter = std::chrono::milliseconds(50);
  /// How long breaking waits for `on_broken` to call end() before it lets the hosts go on anyway;
  /// not if there is a journal.
  static constexpr Duration kBreakPatience = std::chrono::seconds(1);
  /// With release "durable", what has been copied is put on record this often, or by this much.
  static constexpr Duration kRecordPause = std::chrono::seconds(1);
  static constexpr uint64_t kRecordBytes = 64 * kMiB;

  CopySession(Executor& executor, CoreId home, WriteGuard& source,
              std::unique_ptr<storage::Volume> store, BufferPool& memory, Order order);
  ~CopySession();

  /// Among the sessions of its guard, in order of their begin times; given before any core asks.
  uint64_t place() const { return place_; }
  void set_place(uint64_t place) { place_ = place; }
  SnapshotMap& map() { return map_; }
  const SnapshotMap& map() const { return map_; }
  storage::Volume& store() { return *store_; }
  const Figures& figures() const { return figures_; }

  /// Called at most once. Held writes stay held until end(), which it must bring about once the
  /// breakage is on record.
  void on_broken(std::function<void(const Breakage&)> listener) {
    on_broken_ = std::move(listener);
  }

  /// Called when Figures::store_level has changed, from inside whatever changed it.
  void on_store_level(std::function<void()> listener) { on_store_level_ = std::move(listener); }

  /// From here on `newer`, a session of the same source that covers all of this one, saves old
  /// data for both: this one guards and saves no more, and what it has not settled by now is read
  /// from there. With the gate closed to writes and the newer one guarding; not with a journal.
  void hand_on(std::shared_ptr<CopySession> newer);
  /// Null unless it has been handed on.
  const std::shared_ptr<CopySession>& newer() const { return newer_; }
  /// Nobody needs these grains from here any more: they are saved no more, and their space is given
  /// back.
  void forgo(Interval grains);

  /// Any core: whether a write of `extent` needs nothing from this copy.
  bool lets_pass(const storage::Extent& extent) const;

  /// What is guarded, from now on. With the gate closed to writes of it. Nothing at first.
  void set_window(const storage::Extent& window);

  // From WriteGuard.
  void admit(storage::VolumeIo& io);
  void withdraw(storage::VolumeIo& io);
  void landed(uint64_t ticket);

  /// Whether settled old data of `extent` is still on its way to the store.
  bool storing(const storage::Extent& extent) const;
  /// Runs `then` when no old data of `extent` is on its way to the store any longer.
  void when_stored(const storage::Extent& extent, std::function<void()> then);
  /// What the store may hold. What is settled but not there is zeroes, and reads as such there.
  const StoredGrains& stored() const { return stored_; }
  /// The copier has put `extent` in its place. Once that is on record, settles it and gives its
  /// store space back.
  void mark_copied(const storage::Extent& extent);
  /// Runs `then` when all that has been marked copied is on record; not if the copy ends before.
  void when_recorded(std::function<void()> then);
  /// The same once every range has been copied: then grains that several of them share are on
  /// record as copied, too, and a restart finds nothing left to do.
  void when_all_recorded(std::function<void()> then);

  /// Emits the records of all that is settled.
  void describe(const JournalWriter::Emit& emit) const;
  /// Before the cores run: what an earlier process had settled. What it had not given back to the
  /// store is given back by give_back_copied().
  void restore(const IntervalSet& stored, const IntervalSet& zero, const IntervalSet& copied);
  void give_back_copied();
  /// Makes the store hold nothing there, durably; `then` unless the copy ends.
  void clear_store(std::vector<storage::Extent> extents, std::function<void()> then);

  /// Stops guarding: all that is held goes on, and nothing is held any more.
  void end();
  /// Runs `then` when, after end(), no I/O of the session is under way any more.
  void when_idle(std::function<void()> then);
  /// Runs `then` when no old data is on its way to the destination any more.
  void when_destination_idle(std::function<void()> then);

 private:
  struct Held {
    storage::VolumeIo* io = nullptr;
    storage::Extent extent;
    TimePoint arrived;
    unsigned waits_for = 0;  // preserves and earlier writes
    unsigned preserves = 0;  // of these
    bool admitted = false;   // all it waits for is counted
    bool going = false;      // io is out of reach
    std::vector<uint64_t> followers;
  };
  /// A held write with nothing left to wait for.
  struct Ready {
    storage::VolumeIo* io;
    uint64_t ticket;
  };
  /// Old data of some grains on its way.
  struct Preserve {
    Interval grains;
    storage::Extent extent;
    DataBuffer data;
    std::vector<uint64_t> waiters;  // tickets
    bool settled = false;           // in the map; from here on only the store write is left
    bool in_place = false;          // in the destination, if it was sent there
    bool spilled = false;           // was sent there, and goes to the store after all
    bool over = false;
    std::shared_ptr<DataBuffer> lent;  // the data, if it was sent there
    uint64_t reserved = 0;             // of the quota, while not stored
    std::vector<std::function<void()>> when_stored;
  };
  using PreservePtr = std::shared_ptr<Preserve>;
  using Done = std::function<void(storage::Errc)>;
  enum class State : uint8_t { guarding, breaking, ended };

  void join_preserves(Interval grains, uint64_t ticket, Held& held);
  std::vector<PreservePtr> claim_owed(Interval grains, uint64_t ticket, Held& held);
  void follow_earlier(uint64_t ticket, Held& held);

  void wait_for(Preserve& preserve, uint64_t ticket, Held& held);
  void start(const PreservePtr& preserve);
  void old_data_read(const PreservePtr& preserve, storage::Errc error);
  void write_to_store(const PreservePtr& preserve);
  const CopyRange* range_of(const storage::Extent& extent) const;
  bool goes_to_destination(const Preserve& preserve);
  void write_to_destination(const PreservePtr& preserve);
  void routed_answered(const PreservePtr& preserve, TimePoint begun, storage::Errc error);
  void spill_if_slow(const PreservePtr& preserve);
  void spill(const PreservePtr& preserve);
  void record_routed(const PreservePtr& preserve);
  void routed(const PreservePtr& preserve);
  void put_on_record(const PreservePtr& preserve, RecordType how);
  void preserved(const PreservePtr& preserve, RecordType how);
  void flush(storage::Volume& volume, Done then);
  bool pointless(const Preserve& preserve) const;
  bool durable() const { return order_.journal && order_.release == Release::durable; }
  void record(std::vector<uint8_t> record, Done then);
  void settle(Preserve& preserve);
  void wake(Preserve& preserve);
  void finish(const PreservePtr& preserve);
  void fail(const PreservePtr& preserve, storage::Errc error, const char* party,
            const char* text = "old data could not be saved");
  void tell_store_level();
  void await_memory(const PreservePtr& preserve);
  void serve_starved();
  template <class Then>
  void submit(storage::Volume& volume, storage::Verb verb, storage::Extent extent,
              const DataBuffer& data, Then then);
  void io_over();

  void saved(uint64_t ticket);
  void one_less(uint64_t ticket);
  void go_if_free(uint64_t ticket, Held& held);
  void let_ready_go();
  void turn_away(uint64_t ticket, storage::Errc error);
  void drop(uint64_t ticket);
  void watch_deadline();
  void check_deadline();
  void break_copy(Breakage why);
  void put_copied(const storage::Extent& extent);
  void record_copied(const storage::Extent& extent);
  void record_grains(Interval grains);
  std::vector<PreservePtr> claim_for_record(Interval grains);
  void copied_on_record(Interval grains, const std::vector<PreservePtr>& claimed,
                        storage::Errc error);
  void flush_and_record();
  void watch_unrecorded();
  void tell_recorded();
  void fail_copy(storage::Errc error, std::string party, std::string text, storage::Extent extent);
  void describe_preserved(Interval grains, const JournalWriter::Emit& emit) const;
  void reclaim(Interval grains);

  Executor& executor_;
  CoreId home_;
  WriteGuard& source_;
  std::unique_ptr<storage::Volume> store_;
  BufferPool& memory_;
  Order order_;
  uint64_t place_ = 0;
  std::function<void(const Breakage&)> on_broken_;
  std::function<void()> on_store_level_;
  StoreQuota quota_;
  SnapshotMap map_;
  std::atomic<bool> ended_{false};  // State::ended, for lets_pass()
  std::atomic<uint64_t> window_first_{0};
  std::atomic<uint64_t> window_end_{0};
  State state_ = State::guarding;
  std::shared_ptr<CopySession> newer_;
  std::map<uint64_t, Held> held_;              // by ticket: in order of arrival
  std::map<uint64_t, PreservePtr> preserves_;  // by first grain
  std::deque<PreservePtr> starved_;            // want memory
  HeldRegions held_regions_;                   // of held_
  StoredGrains stored_;
  HoleMemory holes_;
  std::deque<Ready> ready_;
  bool letting_go_ = false;
  GroupFlush store_flush_;
  GroupFlush destination_flush_;
  RouteChooser route_;
  std::vector<CopyRange> placed_;  // by source; empty if all goes to the store
  unsigned routed_under_way_ = 0;
  std::vector<std::function<void()>> destination_idle_;
  IntervalSet unrecorded_;  // durable: bytes copied, but neither flushed nor on record
  uint64_t unrecorded_bytes_ = 0;
  bool record_watched_ = false;
  unsigned recording_ = 0;  // flushes and records of copied bytes under way
  std::vector<std::function<void()>> recorded_;
  uint64_t next_ticket_ = 1;
  unsigned under_way_ = 0;  // I/O of our own
  std::vector<std::function<void()>> idle_;
  bool deadline_watched_ = false;
  Figures figures_;
};

template <class Then>
void CopySession::submit(storage::Volume& volume, storage::Verb verb, storage::Extent extent,
                         const DataBuffer& data, Then then) {
  ++under_way_;
  submit_io({volume, verb, extent, data.vectors()}, home_,
            [self = shared_from_this(), then = std::move(then)](storage::Errc error) {
              then(error);
              self->io_over();
            });
}

}  // namespace tidemark::copyengine
