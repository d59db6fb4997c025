#include "copyengine/copy_job.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"
#include "copyengine/copy_states.h"
#include "copyengine/engine_io.h"
#include "copyengine/write_guard.h"

namespace tidemark::copyengine {
namespace {

using storage::Errc;
using storage::Extent;
using storage::Verb;

/// The smallest extent around all source ranges.
Extent hull(const std::vector<CopyRange>& ranges) {
  uint64_t first = UINT64_MAX;
  uint64_t end = 0;
  for (const CopyRange& range : ranges) {
    first = std::min(first, range.source_offset);
    end = std::max(end, range.source().end());
  }
  return {first, end - first};
}

}  // namespace

CopyJob::CopyJob(uint64_t id, CopyRequest request, Parts parts,
                 std::unique_ptr<storage::Volume> store)
    : parts_(std::move(parts)) {
  status_.id = id;
  status_.started_unix_ns = wall_clock_ns();
  for (const CopyRange& range : request.ranges) status_.bytes_total += range.length;
  status_.segments_total = static_cast<uint32_t>(segments_of(request));
  const CopySession::Order order{.ranges = request.ranges,
                                 .grain = request.grain,
                                 .release = request.release,
                                 .on_preserve_error = request.on_preserve_error,
                                 .hold_deadline = request.hold_deadline};
  status_.request = std::move(request);
  session_ = std::make_shared<CopySession>(parts_.executor, parts_.home, parts_.source_guard,
                                           std::move(store), parts_.preserve_memory, order);
  copier_ =
      std::make_shared<SegmentCopier>(parts_.executor, parts_.home, session_, parts_.source_guard,
                                      parts_.destination, parts_.copy_memory, parts_.tuning);
  if (status_.request.verify) copier_->verify();
  copier_->rate().set_rate(status_.request.rate_limit);
  copier_->set_impact(status_.request.impact, status_.request.latency_budget);
}

CopyJob::~CopyJob() = default;

void CopyJob::start(std::function<void()> t0_passed) {
  t0_passed_ = std::move(t0_passed);
  started_ = parts_.executor.now();
  session_->on_broken([weak = weak_from_this()](const CopySession::Breakage& why) {
    if (const auto self = weak.lock()) self->broken(why);
  });
  tick();
  // On record before the begin time: nothing slow lies between that and the answer.
  record([self = shared_from_this()] { self->prepare(); });
}

void CopyJob::prepare() {
  if (ended(state())) return;
  if (!status_.request.protect_destination) return fence();
  parts_.destination.protect(true, parts_.home, [self = shared_from_this()] {
    self->destination_protected_ = true;
    if (ended(self->state())) return self->release_destination([] {});
    self->fence();
  });
}

/// Stops writes for the moment in which the guard is switched on.
void CopyJob::fence() {
  close_gate(hull(status_.request.ranges),
             [self = shared_from_this(), since = parts_.executor.now()] { self->at_t0(since); });
}

/// No host waits longer for what others have in flight than it would for a preserve.
void CopyJob::close_gate(const Extent& extent, std::function<void()> closed) {
  closing_ = true;
  const unsigned closing = ++closings_;
  closure_.extent = session_->map().extent_of(session_->map().grains_of(extent));
  closure_.core = parts_.home;
  closure_.on_closed = std::move(closed);
  parts_.executor.post_after(parts_.home, status_.request.hold_deadline,
                             [weak = weak_from_this(), closing] {
                               if (const auto self = weak.lock()) self->fence_overdue(closing);
                             });
  parts_.source_gate.close(closure_);
}

void CopyJob::fence_overdue(unsigned closing) {
  if (closings_ != closing || !closure_.on_closed) return;
  status_.error = Errc::gone;
  status_.error_party = "source";
  status_.error_text = "writes in flight to the source did not end in time";
  status_.error_extent = closure_.extent;
  end(CopyState::failed);
}

/// If the range has not drained yet, opens it at once.
void CopyJob::give_up_fence() {
  if (!closing_ || !closure_.on_closed) return;
  parts_.source_gate.give_up(closure_, [self = shared_from_this()] { self->closing_ = false; });
}

void CopyJob::at_t0(TimePoint closing_since) {
  const auto open = [self = shared_from_this(), closing_since] {
    if (self->status_.request.consistency == Consistency::source)
      self->parts_.at_begin_time(*self, self->closure_.extent);
    self->open_gate();
    self->status_.fence_time = self->parts_.executor.now() - closing_since;
    self->begin_copying();
  };
  if (ended(state())) {
    return parts_.source_gate.open(closure_,
                                   [self = shared_from_this()] { self->closing_ = false; });
  }
  status_.t0_unix_ns = wall_clock_ns();
  if (status_.request.consistency == Consistency::source) session_->set_window(closure_.extent);
  guarding_ = true;
  parts_.source_guard.add(session_, open);
}

void CopyJob::begin_copying() {
  if (ended(state())) return stop_guarding();
  become(pause_wanted_ ? CopyState::paused : CopyState::copying);
  answer_start();
  next_segment();
}

void CopyJob::answer_start() {
  if (const auto answer = std::exchange(t0_passed_, nullptr)) answer();
}

/// The next piece of the ranges; segments end on whole segment addresses of the source.
std::optional<CopyRange> CopyJob::take_segment() {
  if (range_ == status_.request.ranges.size()) return std::nullopt;
  const CopyRange& range = status_.request.ranges[range_];
  const uint64_t size = status_.request.segment_size;
  const uint64_t at = range.source_offset + range_done_;
  const CopyRange segment{at, range.destination_offset + range_done_,
                          std::min(range.length - range_done_, size - at % size)};
  range_done_ += segment.length;
  if (range_done_ == range.length) {
    ++range_;
    range_done_ = 0;
  }
  return segment;
}

void CopyJob::next_segment() {
  if (ended(state())) return;
  const auto segment = take_segment();
  if (!segment) return copier_->figures().mismatches.empty() ? drain() : mismatched();
  status_.active_segment = segment->source();
  if (status_.request.consistency == Consistency::source) return copy_segment(*segment);
  activate_segment(*segment);
}

void CopyJob::open_gate() {
  parts_.source_gate.open(closure_, [self = shared_from_this()] {
    self->closing_ = false;
    if (const auto then = std::exchange(self->when_open_, nullptr)) then();
  });
}

/// Consistency "segment": the segment's own begin time.
void CopyJob::activate_segment(const CopyRange& segment) {
  if (ended(state())) return;
  if (closing_) {  // the fence before is still opening
    when_open_ = [self = shared_from_this(), segment] { self->activate_segment(segment); };
    return;
  }
  close_gate(segment.source(), [self = shared_from_this(), segment] {
    self->session_->set_window(self->closure_.extent);
    self->parts_.at_begin_time(*self, self->closure_.extent);
    self->open_gate();
    if (!ended(self->state())) self->copy_segment(segment);
  });
}

void CopyJob::copy_segment(const CopyRange& segment) {
  copier_->copy(segment, [self = shared_from_this()](const SegmentCopier::Outcome& outcome) {
    self->segment_over(outcome);
  });
}

void CopyJob::segment_over(const SegmentCopier::Outcome& outcome) {
  if (ended(state())) return;
  if (outcome.error != Errc::ok) {
    status_.error = outcome.error;
    status_.error_party = outcome.party;
    status_.error_extent = outcome.extent;
    status_.error_text = outcome.party == "destination" ? "the destination could not be written"
                                                        : "the image could not be read";
    for (uint32_t i = 0; i < status_.request.ranges.size() && !status_.error_range; ++i)
      if (status_.request.ranges[i].source().contains(outcome.extent)) status_.error_range = i;
    return end(CopyState::failed);
  }
  ++status_.segments_done;
  next_segment();
}

/// All is copied, but some of it could not be read back as it was written.
void CopyJob::mismatched() {
  status_.active_segment = {};
  status_.error = Errc::medium_write;
  status_.error_party = "destination";
  status_.error_text = "what was read back is not what was written";
  status_.error_extent = copier_->figures().mismatches.front();
  end(CopyState::failed);
}

void CopyJob::drain() {
  status_.active_segment = {};
  if (state() == CopyState::paused) become(CopyState::copying);
  become(CopyState::draining);
  stop_guarding();  // nothing is owed any more
  flushing_ = true;
  submit_io({parts_.destination, Verb::flush, {}, {}}, parts_.home,
            [self = shared_from_this()](Errc error) {
              self->flushing_ = false;
              if (ended(self->state())) return self->come_to_rest();
              if (error == Errc::ok) {
                // Open to hosts before anyone reads "completed".
                return self->release_destination([self] {
                  if (!ended(self->state())) self->end(CopyState::completed);
                });
              }
              self->status_.error = error;
              self->status_.error_party = "destination";
              self->status_.error_text = "the destination could not be flushed";
              self->end(CopyState::failed);
            });
}

void CopyJob::broken(const CopySession::Breakage& why) {
  // Once all is copied, old data that could not be saved is not missed.
  if (ended(state()) || state() == CopyState::draining) return session_->end();
  status_.error = why.error;
  status_.error_party = why.party;
  status_.error_text = why.text;
  status_.error_extent = why.extent;
  end(CopyState::broken);
}

/// The copy is over, whatever is still under way. Hosts go on at once; but if the copy broke, only
/// after that is on record.
void CopyJob::end(CopyState final_state) {
  INVARIANT(may_become(status_.state, final_state));
  status_.ended_unix_ns = wall_clock_ns();
  // What it was on the whole; while it ran, it was the rate of late.
  const std::chrono::duration<double> took = parts_.executor.now() - started_;
  status_.bytes_per_second =
      static_cast<double>(copier_->figures().bytes_done) / std::max(took.count(), 1e-6);
  copier_->stop();
  give_up_fence();
  const bool hosts_wait = final_state == CopyState::broken;
  if (!hosts_wait) stop_guarding();
  status_.state = final_state;
  record([self = shared_from_this(), hosts_wait] {
    if (hosts_wait) self->stop_guarding();
    self->answer_start();
  });
  copier_->when_idle([self = shared_from_this()] {
    self->release_destination([] {});
    self->session_->when_idle([self] {
      self->idle_ = true;
      self->come_to_rest();
    });
  });
  end_told_ = true;
  parts_.changed(*this);
}

/// What the copy had under way has come back: it touches no volume any more.
void CopyJob::come_to_rest() {
  if (!idle_ || flushing_) return;
  status_.at_rest = true;
  if (end_told_) parts_.changed(*this);
}

void CopyJob::stop_guarding() {
  session_->end();
  if (std::exchange(guarding_, false)) parts_.source_guard.remove(session_, [] {});
}

/// After the last write of ours has come back: a late one must not hit a host's data.
void CopyJob::release_destination(std::function<void()> then) {
  if (!std::exchange(destination_protected_, false)) return then();
  parts_.destination.protect(false, parts_.home, std::move(then));
}

Result<void> CopyJob::act(CopyVerb verb) {
  if (!allows(state(), verb)) {
    return Error{
        ErrorKind::conflict,
        "a copy that is " + std::string(name_of(state())) + " cannot " + std::string(name_of(verb)),
        {}};
  }
  switch (verb) {
    case CopyVerb::pause:
      pause_wanted_ = true;
      copier_->pause();
      if (state() == CopyState::copying) become(CopyState::paused);
      break;
    case CopyVerb::resume:
      pause_wanted_ = false;
      if (state() == CopyState::paused) become(CopyState::copying);
      copier_->resume();
      break;
    case CopyVerb::start:
      break;  // what runs has been started
    case CopyVerb::cancel:
      end(CopyState::cancelled);
      break;
  }
  return {};
}

Result<void> CopyJob::set(const CopyChange& change) {
  if (ended(state()))
    return Error{ErrorKind::conflict, "the copy is over: " + std::string(name_of(state())), {}};
  CopyRequest& request = status_.request;
  if (change.impact) request.impact = *change.impact;
  if (change.latency_budget) request.latency_budget = *change.latency_budget;
  copier_->set_impact(request.impact, request.latency_budget);
  if (change.rate_limit) {
    request.rate_limit = *change.rate_limit;
    copier_->rate().set_rate(request.rate_limit);
  }
  parts_.changed(*this);
  return {};
}

void CopyJob::become(CopyState state) {
  INVARIANT(may_become(status_.state, state));
  status_.state = state;
  parts_.changed(*this);
}

void CopyJob::record(std::function<void()> done) {
  // An in-band range copy ends with its command, and the initiator is told by that.
  if (parts_.ledger == nullptr || status_.request.origin == Origin::xcopy) return done();
  parts_.ledger->record(status(), std::move(done));
}

CopyStatus CopyJob::status() const {
  CopyStatus now = status_;
  const CopySession::Figures& guard = session_->figures();
  const SegmentCopier::Figures& copier = copier_->figures();
  now.bytes_done = copier.bytes_done;
  now.bytes_written = copier.bytes_written;
  now.bytes_zero = copier.bytes_zero;
  now.bytes_hole = copier.bytes_hole;
  now.bytes_skipped = copier.bytes_zero + copier.bytes_hole;
  now.bytes_verified = copier.bytes_verified;
  now.bytes_mismatched = copier.bytes_mismatched;
  now.mismatches = copier.mismatches;
  now.chunks_under_way = copier_->under_way();
  now.chunk_bytes = copier_->pace().chunk;
  now.copier_share = copier_->pacer().beside_hosts() ? copier_->pacer().share() : 1;
  now.host_latency = copier_->pacer().host_latency();
  now.bytes_preserved = guard.bytes_preserved;
  now.store_bytes = guard.store_bytes;
  now.held_now = guard.held_now;
  now.held_total = guard.held_total;
  now.writes_seen = guard.writes_seen;
  now.writes_failed = guard.writes_failed;
  now.holds = guard.holds;
  if (!ended(now.state) && now.bytes_per_second > 0)
    now.eta_seconds = static_cast<double>(now.bytes_total - now.bytes_done) / now.bytes_per_second;
  return now;
}

void CopyJob::tick() {
  if (ended(state())) return;
  const uint64_t done = copier_->figures().bytes_done;
  const double recent = static_cast<double>(done - std::exchange(bytes_at_tick_, done)) /
                        std::chrono::duration<double>(kTick).count();
  status_.bytes_per_second = (status_.bytes_per_second + recent) / 2;
  if (recent > 0) parts_.changed(*this);
  parts_.executor.post_after(parts_.home, kTick, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->tick();
  });
}

}  // namespace tidemark::copyengine
