#include "copyengine/copy_session.h"

#include <algorithm>
#include <utility>

#include "base/fail_point.h"
#include "base/invariant.h"
#include "copyengine/engine_io.h"
#include "copyengine/write_guard.h"
#include "copyengine/zero_check.h"

namespace tidemark::copyengine {

using storage::Errc;
using storage::Extent;
using storage::Verb;
using storage::VolumeIo;

namespace {

bool overlap_in_destination(std::vector<CopyRange> ranges) {
  std::ranges::sort(ranges, {}, &CopyRange::destination_offset);
  for (size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i - 1].destination().overlaps(ranges[i].destination())) return true;
  return false;
}

}  // namespace

CopySession::CopySession(Executor& executor, CoreId home, WriteGuard& source,
                         std::unique_ptr<storage::Volume> store, BufferPool& memory, Order order)
    : executor_(executor),
      home_(home),
      source_(source),
      store_(std::move(store)),
      memory_(memory),
      order_(std::move(order)),
      quota_(order_.store_limit, order_.store_pool),
      map_(order_.ranges, order_.grain, source.traits().bytes),
      store_flush_(
          [this](GroupFlush::Done then) { submit(*store_, Verb::flush, {}, {}, std::move(then)); }),
      destination_flush_([this](GroupFlush::Done then) {
        submit(*order_.destination, Verb::flush, {}, {}, std::move(then));
      }),
      route_(order_.route) {
  // Where ranges overlap in the destination, the order in which they are copied counts.
  if (order_.route == Route::store || overlap_in_destination(order_.ranges)) return;
  placed_ = order_.ranges;
  std::ranges::stable_sort(placed_, {}, &CopyRange::source_offset);
}

CopySession::~CopySession() = default;

bool CopySession::lets_pass(const Extent& extent) const {
  if (ended_.load(std::memory_order_acquire)) return true;
  const uint64_t first = window_first_.load(std::memory_order_acquire);
  const uint64_t end = window_end_.load(std::memory_order_acquire);
  const Extent guarded = extent.intersection({first, end - std::min(first, end)});
  return guarded.empty() || map_.settled(guarded);
}

void CopySession::set_window(const Extent& window) {
  // Whole grains: what is preserved is never less than a grain.
  const Extent whole = map_.extent_of(map_.grains_of(window));
  window_first_.store(whole.offset, std::memory_order_release);
  window_end_.store(whole.end(), std::memory_order_release);
}

void CopySession::hand_on(std::shared_ptr<CopySession> newer) {
  INVARIANT(!order_.journal);
  newer_ = std::move(newer);
  ended_.store(true, std::memory_order_release);
}

void CopySession::forgo(Interval grains) {
  map_.settle_copied(grains);
  reclaim(grains);
}

void CopySession::admit(VolumeIo& io) {
  ++figures_.writes_seen;
  const uint64_t ticket = next_ticket_++;
  Held& held = held_[ticket];
  held.io = &io;
  held.extent = io.extent;
  held.arrived = executor_.now();
  ++figures_.held_now;
  std::vector<PreservePtr> begun;
  if (state_ == State::guarding) {
    const Extent window{window_first_, window_end_ - window_first_};
    const Interval grains = map_.grains_of(io.extent.intersection(window));
    join_preserves(grains, ticket, held);
    begun = claim_owed(grains, ticket, held);
  }
  follow_earlier(ticket, held);
  for (const PreservePtr& preserve : begun) start(preserve);
  // What was started may have ended by now, and the write with it.
  if (const auto place = held_.find(ticket); place != held_.end()) {
    place->second.admitted = true;
    go_if_free(ticket, place->second);
  }
  watch_deadline();
}

/// Waits for the preserves in flight over `grains`.
void CopySession::join_preserves(Interval grains, uint64_t ticket, Held& held) {
  auto it = preserves_.lower_bound(grains.first);
  if (it != preserves_.begin() && std::prev(it)->second->grains.end > grains.first) --it;
  for (; it != preserves_.end() && it->first < grains.end; ++it) {
    if (!it->second->settled) wait_for(*it->second, ticket, held);
  }
}

void CopySession::wait_for(Preserve& preserve, uint64_t ticket, Held& held) {
  preserve.waiters.push_back(ticket);
  ++held.waits_for;
  ++held.preserves;
}

/// Claims what is owed and not in flight; the preserves are to be started once all is linked.
std::vector<CopySession::PreservePtr> CopySession::claim_owed(Interval grains, uint64_t ticket,
                                                              Held& held) {
  std::vector<PreservePtr> begun;
  const uint64_t most = kPreserveMax / map_.grain();
  for (;;) {
    Interval owed = map_.next_owed(grains);
    if (owed.empty()) return begun;
    owed.end = std::min(owed.end, owed.first + most);
    auto preserve = std::make_shared<Preserve>();
    preserve->grains = owed;
    preserve->extent = map_.extent_of(owed);
    wait_for(*preserve, ticket, held);
    map_.begin_preserve(owed);
    preserves_.emplace(owed.first, preserve);
    begun.push_back(std::move(preserve));
    grains.first = owed.end;
  }
}

void CopySession::follow_earlier(uint64_t ticket, Held& held) {
  const bool alone = !held_regions_.may_overlap(held.extent);
  held_regions_.add(held.extent);
  if (alone) return;
  for (auto& [earlier_ticket, earlier] : held_) {
    if (earlier_ticket == ticket) return;
    if (!earlier.extent.overlaps(held.extent)) continue;
    earlier.followers.push_back(ticket);
    ++held.waits_for;
  }
}

/// Nobody waits for it: the session has ended, or a newer one saves what this one has not.
bool CopySession::pointless(const Preserve& preserve) const {
  return state_ == State::ended || (newer_ && !preserve.settled);
}

void CopySession::start(const PreservePtr& preserve) {
  if (state_ != State::guarding || pointless(*preserve)) return finish(preserve);
  const Extent extent = preserve->extent;
  if (holes_.is_hole(source_.backing(), extent)) {
    // Still a hole, so a hole at the begin time, and the store reads as zeroes there: no I/O.
    return put_on_record(preserve, RecordType::zero);
  }
  preserve->data = memory_.acquire(extent.length);
  if (preserve->data.empty()) return await_memory(preserve);
  submit(source_.backing(), Verb::read, extent, preserve->data,
         [this, preserve](Errc error) { old_data_read(preserve, error); });
}

void CopySession::flush(storage::Volume& volume, Done then) {
  submit(volume, Verb::flush, {}, {}, std::move(then));
}

void CopySession::clear_store(std::vector<Extent> extents, std::function<void()> then) {
  const auto failed = [this](Errc error) {
    if (error != Errc::ok) fail_copy(error, "store", "the store could not be cleared", {});
    return error != Errc::ok || state_ != State::guarding;
  };
  if (extents.empty())
    return flush(*store_, [failed, then](Errc error) { return failed(error) ? void() : then(); });
  const Extent extent = extents.back();
  extents.pop_back();
  submit(*store_, Verb::unmap, extent, {}, [this, failed, extents, then](Errc error) {
    if (!failed(error)) clear_store(extents, then);
  });
}

void CopySession::io_over() {
  if (--under_way_ > 0) return;
  for (const auto& idle : std::exchange(idle_, {})) idle();
}

void CopySession::when_idle(std::function<void()> then) {
  if (under_way_ == 0) return then();
  idle_.push_back(std::move(then));
}

void CopySession::await_memory(const PreservePtr& preserve) {
  starved_.push_back(preserve);
  if (starved_.size() > 1) return;
  memory_.when_returned([self = shared_from_this()] {
    // Not from inside whatever gives memory back.
    self->executor_.post(self->home_, [self] { self->serve_starved(); });
  });
}

/// First come first served: when one has to go on waiting, so have all behind it.
void CopySession::serve_starved() {
  auto waiting = std::exchange(starved_, {});
  while (!waiting.empty() && starved_.empty()) {
    const PreservePtr next = std::move(waiting.front());
    waiting.pop_front();
    start(next);
  }
  starved_.insert(starved_.end(), waiting.begin(), waiting.end());
}

void CopySession::old_data_read(const PreservePtr& preserve, Errc error) {
  if (pointless(*preserve)) return finish(preserve);
  if (error != Errc::ok) return fail(preserve, error, "source");
  fail_point(FailPoint::old_data_read);
  // The copier may have been faster, and a host after it: then this is not old data, and must not
  // go to the destination. In the store nobody reads it.
  const bool overtaken = !map_.next_settled(preserve->grains).empty();
  if (order_.release == Release::ram) settle(*preserve);
  if (is_zero(preserve->data)) return put_on_record(preserve, RecordType::zero);
  const bool there = !overtaken && goes_to_destination(*preserve);
  there ? write_to_destination(preserve) : write_to_store(preserve);
}

/// The old data is safe; says so in the journal, if there is one, and then in the map.
void CopySession::put_on_record(const PreservePtr& preserve, RecordType how) {
  if (!order_.journal) return preserved(preserve, how);
  record(make_run_record(how, preserve->grains), [this, preserve, how](Errc error) {
    if (state_ == State::ended) return finish(preserve);
    if (error != Errc::ok) return fail(preserve, error, "journal");
    fail_point(FailPoint::old_data_recorded);
    preserved(preserve, how);
  });
}

void CopySession::preserved(const PreservePtr& preserve, RecordType how) {
  if (how == RecordType::stored) {
    stored_.insert(preserve->grains);
    preserve->reserved = 0;  // for as long as it is there
    figures_.store_bytes += preserve->extent.length;
  }
  if (!preserve->settled) settle(*preserve);
  finish(preserve);
}

/// Appends to the journal; counted as I/O of our own.
void CopySession::record(std::vector<uint8_t> record, Done then) {
  ++under_way_;
  order_.journal->append(std::move(record),
                         [self = shared_from_this(), then = std::move(then)](Errc error) {
                           then(error);
                           self->io_over();
                         });
}

/// The old data is where the release mode asks: says so in the map and wakes who waits for it.
void CopySession::settle(Preserve& preserve) {
  figures_.bytes_preserved += preserve.extent.length;
  wake(preserve);
}

void CopySession::wake(Preserve& preserve) {
  map_.end_preserve(preserve.grains, true);
  preserve.settled = true;
  const std::vector<uint64_t> waiters = std::exchange(preserve.waiters, {});
  for (const uint64_t ticket : waiters) saved(ticket);
}

void CopySession::finish(const PreservePtr& preserve) {
  preserve->over = true;
  if (!preserve->settled) map_.end_preserve(preserve->grains, false);
  preserve->data.reset();
  preserve->lent.reset();
  quota_.give_back(std::exchange(preserve->reserved, 0));
  if (const auto place = preserves_.find(preserve->grains.first);
      place != preserves_.end() && place->second == preserve)
    preserves_.erase(place);
  // The copier may have been faster: then nobody will read the store here.
  reclaim(preserve->grains);
  const auto waiting = std::exchange(preserve->when_stored, {});
  for (const auto& then : waiting) then();
}

void CopySession::fail(const PreservePtr& preserve, Errc error, const char* party,
                       const char* text) {
  const bool host_may_fail =
      order_.on_preserve_error == OnPreserveError::fail_write && !preserve->settled;
  const std::vector<uint64_t> waiters = std::exchange(preserve->waiters, {});
  const Extent extent = preserve->extent;
  if (host_may_fail) {
    finish(preserve);  // owed again
    for (const uint64_t ticket : waiters) turn_away(ticket, Errc::preserve_failed);
    return;
  }
  break_copy({error, party, text, extent});
  finish(preserve);
}

void CopySession::saved(uint64_t ticket) {
  const auto place = held_.find(ticket);
  if (place == held_.end()) return;
  --place->second.preserves;
  one_less(ticket);
}

void CopySession::one_less(uint64_t ticket) {
  const auto place = held_.find(ticket);
  if (place == held_.end()) return;
  INVARIANT(place->second.waits_for > 0);
  --place->second.waits_for;
  go_if_free(ticket, place->second);
}

void CopySession::go_if_free(uint64_t ticket, Held& held) {
  if (held.waits_for > 0 || held.going || !held.admitted || state_ == State::breaking) return;
  held.going = true;
  --figures_.held_now;
  ++figures_.held_total;
  figures_.holds.add(executor_.now() - held.arrived);
  ready_.push_back({std::exchange(held.io, nullptr), ticket});
  let_ready_go();
}

/// One after the other, not from inside each other: a write may land before it returns, and free
/// the next one.
void CopySession::let_ready_go() {
  if (std::exchange(letting_go_, true)) return;
  while (!ready_.empty()) {
    const Ready next = ready_.front();
    ready_.pop_front();
    source_.let_go(*next.io, shared_from_this(), next.ticket);
  }
  letting_go_ = false;
}

void CopySession::turn_away(uint64_t ticket, Errc error) {
  const auto place = held_.find(ticket);
  if (place == held_.end() || place->second.going) return;
  if (error == Errc::preserve_failed) ++figures_.writes_failed;
  VolumeIo& io = *place->second.io;
  --figures_.held_now;
  drop(ticket);
  source_.turn_away(io, error);
}

/// Forgets a held write; those behind it have one thing less to wait for.
void CopySession::drop(uint64_t ticket) {
  const auto place = held_.find(ticket);
  if (place == held_.end()) return;
  const std::vector<uint64_t> followers = std::move(place->second.followers);
  held_regions_.remove(place->second.extent);
  held_.erase(place);
  for (const uint64_t follower : followers) one_less(follower);
}

void CopySession::landed(uint64_t ticket) {
  drop(ticket);
}

void CopySession::withdraw(VolumeIo& io) {
  const auto place = std::find_if(held_.begin(), held_.end(),
                                  [&](const auto& entry) { return entry.second.io == &io; });
  if (place != held_.end()) turn_away(place->first, Errc::cancelled);
}

void CopySession::watch_deadline() {
  if (deadline_watched_ || figures_.held_now == 0 || state_ != State::guarding) return;
  // Who only waits for earlier writes to land waits for the medium, not for the copy.
  const auto oldest = std::find_if(held_.begin(), held_.end(),
                                   [](const auto& entry) { return entry.second.preserves > 0; });
  if (oldest == held_.end()) return;
  deadline_watched_ = true;
  executor_.post_after(home_, oldest->second.arrived + order_.hold_deadline - executor_.now(),
                       [weak = weak_from_this()] {
                         if (const auto self = weak.lock()) self->check_deadline();
                       });
}

void CopySession::check_deadline() {
  deadline_watched_ = false;
  const TimePoint overdue = executor_.now() - order_.hold_deadline;
  std::vector<uint64_t> late;
  Extent first;
  for (const auto& [ticket, held] : held_) {
    if (held.preserves == 0 || held.arrived > overdue) continue;
    if (late.empty()) first = held.extent;
    late.push_back(ticket);
  }
  if (!late.empty() && state_ == State::guarding) {
    if (order_.on_preserve_error == OnPreserveError::fail_write)
      for (const uint64_t ticket : late) turn_away(ticket, Errc::preserve_failed);
    else
      break_copy({Errc::gone, "engine", "a host write was held to its deadline", first});
  }
  watch_deadline();
}

void CopySession::break_copy(Breakage why) {
  if (state_ != State::guarding) return;
  state_ = State::breaking;
  executor_.post(home_, [self = shared_from_this(), why = std::move(why)] {
    if (self->on_broken_) self->on_broken_(why);
  });
  if (order_.journal) return;  // a restart that knew nothing of it would go on with the copy
  executor_.post_after(home_, kBreakPatience, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->end();
  });
}

void CopySession::end() {
  if (state_ == State::ended) return;
  state_ = State::ended;
  ended_.store(true, std::memory_order_release);
  recorded_.clear();
  // Writes no longer wait for preserves, but still for earlier overlapping writes to land.
  for (const auto& [first, preserve] : preserves_) preserve->waiters.clear();
  for (auto& [ticket, held] : held_) held.waits_for = held.preserves = 0;
  for (auto& [ticket, held] : held_)
    for (const uint64_t follower : held.followers)
      if (const auto place = held_.find(follower); place != held_.end()) ++place->second.waits_for;
  std::vector<uint64_t> tickets;
  for (const auto& [ticket, held] : held_) tickets.push_back(ticket);
  for (const uint64_t ticket : tickets)
    if (const auto place = held_.find(ticket); place != held_.end())
      go_if_free(ticket, place->second);
}

bool CopySession::storing(const Extent& extent) const {
  return std::any_of(preserves_.begin(), preserves_.end(), [&](const auto& entry) {
    return entry.second->settled && entry.second->extent.overlaps(extent);
  });
}

void CopySession::when_stored(const Extent& extent, std::function<void()> then) {
  for (const auto& [first, preserve] : preserves_) {
    if (!preserve->settled || !preserve->extent.overlaps(extent)) continue;
    preserve->when_stored.push_back([self = shared_from_this(), extent, then = std::move(then)] {
      self->when_stored(extent, then);
    });
    return;
  }
  then();
}

void CopySession::put_copied(const Extent& extent) {
  map_.mark_copied(extent);
  reclaim(map_.grains_of(extent));
}

/// Gives back the store's space for what is at its destination: by whole runs, neighbours at once.
void CopySession::reclaim(Interval grains) {
  Interval rest = grains;
  while (!(rest = stored_.next_run(rest)).empty()) {
    Interval done{rest.first, rest.first};
    while (done.end < grains.end && map_.all_copied({done.end, done.end + StoredGrains::kRun}))
      done.end += StoredGrains::kRun;
    rest = {std::max(rest.end, done.end), grains.end};
    if (done.empty()) continue;
    const Extent extent = map_.extent_of(done);
    const uint64_t freed = stored_.erase(done) * map_.grain();
    figures_.store_bytes -= std::min(figures_.store_bytes, freed);
    quota_.give_back(freed);
    submit(*store_, Verb::unmap, extent, {}, [](Errc) {});
  }
  tell_store_level();
}

void CopySession::tell_store_level() {
  if (std::exchange(figures_.store_level, quota_.level()) == quota_.level()) return;
  if (on_store_level_ && state_ == State::guarding) on_store_level_();
}

}  // namespace tidemark::copyengine
