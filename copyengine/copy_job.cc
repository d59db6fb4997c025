#include "copyengine/copy_job.h"

#include <algorithm>
#include <utility>

#include "base/fail_point.h"
#include "base/invariant.h"
#include "copyengine/copy_states.h"
#include "copyengine/engine_io.h"
#include "copyengine/write_guard.h"

namespace tidemark::copyengine {
using storage::Errc;
using storage::Extent;
using storage::Verb;

namespace {

/// What is verified is written by the copier; and within one volume a way to the destination may
/// lead back here.
Route route_of(const CopyRequest& request) {
  return request.verify || request.source == request.destination ? Route::store : request.route;
}

}  // namespace

CopyJob::CopyJob(uint64_t id, CopyRequest request, Parts parts, CopyFiles::Opened files,
                 const FoundJournal* found)
    : parts_(std::move(parts)) {
  status_.id = id;
  status_.started_unix_ns = wall_clock_ns();
  for (const CopyRange& range : request.ranges) status_.bytes_total += range.length;
  status_.segments_total = static_cast<uint32_t>(segments_of(request));
  open_journal(std::move(files.journal), request.release, found);
  const CopySession::Order order{.ranges = request.ranges,
                                 .grain = request.grain,
                                 .release = request.release,
                                 .on_preserve_error = request.on_preserve_error,
                                 .route = route_of(request),
                                 .hold_deadline = request.hold_deadline,
                                 .store_limit = request.store_limit,
                                 .store_pool = parts_.store_pool,
                                 .journal = journal_,
                                 .destination = &parts_.destination};
  status_.request = std::move(request);
  session_ = std::make_shared<CopySession>(parts_.executor, parts_.home, parts_.source_guard,
                                           std::move(files.store), parts_.preserve_memory, order);
  copier_ =
      std::make_shared<SegmentCopier>(parts_.executor, parts_.home, session_, parts_.source_guard,
                                      parts_.destination, parts_.copy_memory, parts_.tuning);
  if (status_.request.verify) copier_->verify();
  copier_->rate().set_rate(status_.request.rate_limit);
  copier_->set_impact(status_.request.impact, status_.request.latency_budget);
}

CopyJob::~CopyJob() {
  if (journal_) journal_->abandon();
}

void CopyJob::watch() {
  session_->on_broken([weak = weak_from_this()](const CopySession::Breakage& why) {
    if (const auto self = weak.lock()) self->broken(why);
  });
  session_->on_store_level([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->parts_.changed(*self);
  });
  tick();
}

void CopyJob::begin_copying() {
  fail_point(FailPoint::begun_recorded);
  begun_on_record_ = journal_ != nullptr;
  if (ended(state())) return;
  become(pause_wanted_ ? CopyState::paused : CopyState::copying);
  answer_start();
  next_segment();
}

void CopyJob::answer_start() {
  if (const auto answer = std::exchange(t0_passed_, nullptr)) answer();
}

void CopyJob::next_segment() {
  if (ended(state()) || stopping_) return;
  const auto segment = walk_.next();
  if (!segment) return copier_->figures().mismatches.empty() ? drain() : mismatched();
  status_.active_segment = segment->source();
  if (status_.request.consistency == Consistency::source) return copy_segment(*segment);
  activate_segment(*segment);
}

/// Consistency "segment": the segment's own begin time.
void CopyJob::activate_segment(const CopyRange& segment) {
  if (ended(state())) return;
  if (closing_) {  // the fence before is still opening
    when_open_ = [self = shared_from_this(), segment] { self->activate_segment(segment); };
    return;
  }
  close_gate(segment.source(), status_.request.hold_deadline, [self = shared_from_this(), segment] {
    if (self->stopping_) return self->open_gate();
    self->session_->set_window(self->closure_.extent);
    self->parts_.at_begin_time(*self, self->closure_.extent);
    self->open_gate();
    if (ended(self->state())) return;
    self->put_on_record(make_segment_record(segment), [self, segment] {
      if (ended(self->state())) return;
      self->begun_segment_ = segment;
      fail_point(FailPoint::segment_recorded);
      self->copy_segment(segment);
    });
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
  const auto go_on = [self = shared_from_this()] {
    ++self->status_.segments_done;
    self->next_segment();
  };
  // What was read back otherwise is not on record as copied: the guard must not leave it.
  if (status_.request.consistency == Consistency::segment && journal_ &&
      !copier_->figures().mismatches.empty())
    return mismatched();
  // The guard leaves a segment only when a restart would not copy anything of it again.
  if (status_.request.consistency == Consistency::segment) return session_->when_recorded(go_on);
  go_on();
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
  session_->when_all_recorded([self = shared_from_this()] {
    fail_point(FailPoint::all_recorded);
    if (!ended(self->state())) self->complete();
  });
}

void CopyJob::complete() {
  status_.active_segment = {};
  if (state() == CopyState::paused) become(CopyState::copying);
  become(CopyState::draining);
  stop_guarding();  // nothing is owed any more
  session_->when_destination_idle([self = shared_from_this()] {
    if (ended(self->state())) return;
    self->flush(self->parts_.destination, "destination", [self] {
      fail_point(FailPoint::destination_flushed);
      // Open to hosts before anyone reads "completed".
      self->release_destination([self] {
        if (!ended(self->state())) self->end(CopyState::completed);
      });
    });
  });
}

/// `then` runs if the volume has been flushed and the copy still runs.
void CopyJob::flush(storage::Volume& volume, std::string_view party, std::function<void()> then) {
  ++under_way_;
  submit_io({volume, Verb::flush, {}, {}}, parts_.home,
            [self = shared_from_this(), party, then = std::move(then)](Errc error) {
              --self->under_way_;
              if (ended(self->state())) return self->come_to_rest();
              if (error == Errc::ok) return then();
              self->fail(error, party, "the " + std::string(party) + " could not be flushed");
            });
}

void CopyJob::fail(Errc error, std::string_view party, std::string_view text) {
  status_.error = error;
  status_.error_party = party;
  status_.error_text = text;
  end(CopyState::failed);
}

void CopyJob::broken(const CopySession::Breakage& why) {
  if (ended(state()) && !end_known_) return;  // let_hosts_go() follows
  // Once all is copied, old data that could not be saved is not missed.
  if (ended(state()) || state() == CopyState::draining) return session_->end();
  status_.error = why.error;
  status_.error_party = why.party;
  status_.error_text = why.text;
  status_.error_extent = why.extent;
  end(why.state);
}

/// The copy is over, whatever is still under way. Without a journal hosts go on at once, but with
/// a broken one. With a journal they go on when a restart would no longer take the copy up.
void CopyJob::end(CopyState final_state) {
  INVARIANT(may_become(status_.state, final_state));
  status_.ended_unix_ns = wall_clock_ns();
  // What it was on the whole; while it ran, it was the rate of late.
  const std::chrono::duration<double> took = parts_.executor.now() - started_;
  status_.bytes_per_second =
      static_cast<double>(copier_->figures().bytes_done) / std::max(took.count(), 1e-6);
  copier_->stop();
  give_up_fence();
  status_.state = final_state;
  fail_point(FailPoint::ended);
  if (rendezvous_) rendezvous_->call_off();  // before its begin time, all of its group end with it
  // What is completed is on record as copied to the last grain: a restart has nothing left to do.
  end_known_ = !journal_ || final_state == CopyState::completed;
  if (end_known_ && final_state != CopyState::broken) stop_guarding();
  tell_end();
  copier_->when_idle([self = shared_from_this()] {
    self->copier_idle_ = true;
    self->settle_down();
  });
  end_told_ = true;
  parts_.changed(*this);
}

/// Puts the end on record, in the ledger and in the journal; the first that has it lets hosts go.
void CopyJob::tell_end() {
  if (journal_) {
    append(make_ended_record({status_.state, status_.error, status_.error_party, status_.error_text,
                              status_.error_extent}),
           [self = shared_from_this()] { self->let_hosts_go(); });
    parts_.executor.post_after(parts_.home, kEndPatience, [weak = weak_from_this()] {
      if (const auto job = weak.lock()) job->answer_start();
    });
  }
  write_end();
}

void CopyJob::write_end() {
  record([self = shared_from_this()](bool on_file) {
    self->end_on_file_ = on_file;
    // Without a journal nobody takes the copy up again, whatever is on file.
    if (on_file || !self->journal_) self->let_hosts_go();
    self->come_to_rest();
    if (on_file || !self->journal_) return;
    self->parts_.executor.post_after(self->parts_.home, kRecordAgain, [weak = std::weak_ptr(self)] {
      if (const auto job = weak.lock()) job->write_end();
    });
  });
}

void CopyJob::let_hosts_go() {
  fail_point(FailPoint::end_recorded);
  stop_guarding();
  if (!std::exchange(end_known_, true)) settle_down();
  answer_start();
}

/// Frees the destination, and waits for the last I/O. A restart that took the copy up would write
/// to the destination, so hosts must not while it might.
void CopyJob::settle_down() {
  if (!copier_idle_ || !end_known_) return;
  session_->when_destination_idle(
      [self = shared_from_this()] { self->release_destination([] {}); });
  session_->when_idle([self = shared_from_this()] {
    self->idle_ = true;
    self->come_to_rest();
  });
}

/// What the copy had under way has come back: it touches no volume any more. What a restart could
/// have taken up is at rest when its end is on file: then store and journal are not needed.
void CopyJob::come_to_rest() {
  if (!idle_ || under_way_ > 0 || (journal_ && !end_on_file_)) return;
  if (std::exchange(status_.at_rest, true)) return files_over();
  files_over();
  if (end_told_) parts_.changed(*this);
}

/// Store and journal go once the copy's own file tells the end and nothing uses them.
void CopyJob::files_over() {
  if (!status_.at_rest || !end_on_file_ || std::exchange(files_gone_, true)) return;
  fail_point(FailPoint::files_unneeded);
  parts_.files_done(status_.id);
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
  // What is on record by now is what the next process finds.
  if (stopping_ && verb != CopyVerb::cancel)
    return Error{ErrorKind::conflict, "the daemon is stopping", {}};
  if (!allows(state(), verb)) {
    return Error{
        ErrorKind::conflict,
        "a copy that is " + std::string(name_of(state())) + " cannot " + std::string(name_of(verb)),
        {}};
  }
  switch (verb) {
    case CopyVerb::pause:
      pause_wanted_ = true;
      if (journal_) append(make_paused_record(true), [] {});
      copier_->pause();
      if (state() == CopyState::copying) become(CopyState::paused);
      break;
    case CopyVerb::resume:
      pause_wanted_ = false;
      if (journal_) append(make_paused_record(false), [] {});
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
  if (journal_) begin_journal([] {});  // a new log has the order as it is now
  parts_.changed(*this);
  return {};
}

void CopyJob::become(CopyState state) {
  INVARIANT(may_become(status_.state, state));
  status_.state = state;
  parts_.changed(*this);
}

void CopyJob::record(std::function<void(bool)> done) {
  // An in-band range copy ends with its command, and the initiator is told by that.
  if (parts_.ledger == nullptr || status_.request.origin == Origin::xcopy) return done(true);
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
  now.bytes_routed = guard.bytes_routed;
  now.bytes_spilled = guard.bytes_spilled;
  now.store_bytes = guard.store_bytes;
  now.store_level = guard.store_level;
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
