// CopyJob: from its order to its begin time, alone or with the other copies of its group.
#include <algorithm>
#include <utility>

#include "base/fail_point.h"
#include "copyengine/copy_job.h"
#include "copyengine/write_guard.h"

namespace tidemark::copyengine {
using storage::Errc;
using storage::Extent;

void CopyJob::start(std::shared_ptr<T0Rendezvous> rendezvous, std::function<void()> t0_passed) {
  t0_passed_ = std::move(t0_passed);
  rendezvous_ = std::move(rendezvous);
  started_ = parts_.executor.now();
  watch();
  rendezvous_->on_called_off([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && !ended(self->state()))
      self->fail(Errc::gone, "engine", "another copy of the group could not begin");
  });
  // On record before the begin time: nothing slow lies between that and the answer.
  record([self = shared_from_this()](bool) {
    fail_point(FailPoint::order_recorded);
    self->prepare();
  });
}

void CopyJob::prepare() {
  if (ended(state())) return;
  const auto go_on = [self = shared_from_this()] {
    if (!ended(self->state())) self->rendezvous_->arrive([self] { self->fence(); });
  };
  if (!journal_) return protect(go_on);
  begin_journal([self = shared_from_this(), go_on] {
    fail_point(FailPoint::journal_begun);
    self->protect(go_on);
  });
}

void CopyJob::protect(std::function<void()> then) {
  if (!status_.request.protect_destination) return then();
  parts_.destination.protect(true, parts_.home, [self = shared_from_this(), then] {
    self->destination_protected_ = true;
    fail_point(FailPoint::destination_protected);
    if (ended(self->state())) return self->release_destination([] {});
    then();
  });
}

/// Stops writes for the moment in which the guard is switched on.
void CopyJob::fence() {
  if (ended(state())) return;  // called off by one that went before
  fence_began_ = parts_.executor.now();
  const Duration patience = std::min(status_.request.hold_deadline, rendezvous_->patience());
  close_gate(hull(status_.request.ranges), patience, [self = shared_from_this()] {
    self->rendezvous_->arrive([self] { self->switch_guard_on(); });
  });
}

/// No host waits longer for what others have in flight than it would for a preserve.
void CopyJob::close_gate(const Extent& extent, Duration patience, std::function<void()> closed) {
  closing_ = true;
  const unsigned closing = ++closings_;
  closure_.extent = session_->map().extent_of(session_->map().grains_of(extent));
  closure_.core = parts_.home;
  closure_.on_closed = [self = shared_from_this(), closed = std::move(closed)] {
    self->gate_closed_ = true;
    fail_point(FailPoint::source_closed);
    if (ended(self->state())) return self->open_gate();
    closed();
  };
  parts_.executor.post_after(parts_.home, patience, [weak = weak_from_this(), closing] {
    if (const auto self = weak.lock()) self->fence_overdue(closing);
  });
  parts_.source_gate.close(closure_);
}

void CopyJob::fence_overdue(unsigned closing) {
  if (closings_ != closing || !closure_.on_closed) return;
  status_.error_extent = closure_.extent;
  fail(Errc::gone, "source", "writes in flight to the source did not end in time");
}

/// If the range has not drained yet, opens it at once; and if it has and waits for others.
void CopyJob::give_up_fence() {
  if (gate_closed_) return open_gate();
  if (!closing_ || !closure_.on_closed) return;
  parts_.source_gate.give_up(closure_, [self = shared_from_this()] { self->closing_ = false; });
}

/// No host is writing to any source of the group.
void CopyJob::switch_guard_on() {
  if (ended(state())) return;
  status_.t0_unix_ns = rendezvous_->begin_time(wall_clock_ns());
  if (status_.request.consistency == Consistency::source) session_->set_window(closure_.extent);
  guarding_ = true;
  parts_.source_guard.add(session_, [self = shared_from_this()] {
    fail_point(FailPoint::guard_on);
    if (!ended(self->state())) self->rendezvous_->arrive([self] { self->t0_passed(); });
  });
}

void CopyJob::t0_passed() {
  if (status_.request.consistency == Consistency::source)
    parts_.at_begin_time(*this, closure_.extent);
  open_gate();
  status_.fence_time = parts_.executor.now() - fence_began_;
  put_on_record(make_begun_record(status_.t0_unix_ns),
                [self = shared_from_this()] { self->begin_copying(); });
}

void CopyJob::open_gate() {
  if (!std::exchange(gate_closed_, false)) return;
  parts_.source_gate.open(closure_, [self = shared_from_this()] {
    self->closing_ = false;
    if (const auto then = std::exchange(self->when_open_, nullptr)) then();
  });
}

}  // namespace tidemark::copyengine
