#include "storage/range_gate.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"

namespace tidemark::storage {
namespace {

/// Circular lists through VolumeIo::gate, with a node of their own as the end. An I/O leaves one
/// without needing to know which it is in.
void link_before(VolumeIo& end, VolumeIo& io) {
  io.gate.next = &end;
  io.gate.previous = end.gate.previous;
  end.gate.previous->gate.next = &io;
  end.gate.previous = &io;
}

void unlink(VolumeIo& io) {
  io.gate.previous->gate.next = io.gate.next;
  io.gate.next->gate.previous = io.gate.previous;
  io.gate.next = io.gate.previous = nullptr;
}

struct IoList {
  IoList() { end.gate.next = end.gate.previous = &end; }
  bool empty() const { return end.gate.next == &end; }
  VolumeIo* first() { return end.gate.next; }

  VolumeIo end;
};

bool excludes(const Closure& closure, const VolumeIo& io) {
  if (io.holder == &closure || !closure.extent.overlaps(io.extent)) return false;
  return closure.excludes == Closure::Excludes::all || changes_medium(io.verb);
}

}  // namespace

/// What one core knows; touched by that core alone.
struct RangeGate::Shard {
  IoList in_flight;
  IoList waiting;
  std::vector<Closure*> closed;    // excludes I/O here
  std::vector<Closure*> draining;  // of these, the ones not yet reported as drained
  unsigned protections = 0;
};

RangeGate::RangeGate(Executor& executor, CoreId home, Volume& next)
    : executor_(executor), home_(home), next_(next) {
  for (CoreId core = 0; core < executor.core_count(); ++core)
    shards_.push_back(std::make_unique<Shard>());
}

RangeGate::~RangeGate() = default;

bool RangeGate::excluded(const Shard& shard, const VolumeIo& io) const {
  return std::any_of(shard.closed.begin(), shard.closed.end(),
                     [&](const Closure* closure) { return excludes(*closure, io); });
}

void RangeGate::submit(VolumeIo& io) {
  Shard& shard = *shards_[io.core];
  if (io.verb == Verb::flush) return next_.submit(io);
  if (!shard.closed.empty() && excluded(shard, io)) {
    io.gate.waiting = true;
    return link_before(shard.waiting.end, io);
  }
  pass(shard, io);
}

void RangeGate::pass(Shard& shard, VolumeIo& io) {
  if (shard.protections > 0 && !io.internal && changes_medium(io.verb)) {
    io.error = Errc::write_protected;
    return io.done(io);
  }
  io.gate.saved_done = std::exchange(io.done, &RangeGate::on_io_done);
  io.gate.saved_owner = std::exchange(io.owner, this);
  link_before(shard.in_flight.end, io);
  next_.submit(io);
}

void RangeGate::on_io_done(VolumeIo& io) noexcept {
  static_cast<RangeGate*>(io.owner)->finished(io);
}

void RangeGate::finished(VolumeIo& io) noexcept {
  Shard& shard = *shards_[io.core];
  unlink(io);
  io.done = io.gate.saved_done;
  io.owner = io.gate.saved_owner;
  io.done(io);  // io may be gone from here on
  if (shard.draining.empty()) return;
  const std::vector<Closure*> draining = shard.draining;
  for (Closure* closure : draining) report_if_drained(shard, *closure);
}

void RangeGate::cancel(VolumeIo& io) {
  if (!io.gate.waiting) return next_.cancel(io);
  io.gate.waiting = false;
  unlink(io);
  io.error = Errc::cancelled;
  io.done(io);
}

void RangeGate::close(Closure& closure) {
  executor_.run_on(home_, [this, &closure] {
    pending_.push_back(&closure);
    start_pending();
  });
}

/// Starts every pending closure that overlaps neither an active one nor an earlier pending one.
void RangeGate::start_pending() {
  std::vector<Closure*> ready;
  for (auto it = pending_.begin(); it != pending_.end();) {
    const auto overlaps = [&](const Closure* other) {
      return other->extent.overlaps((*it)->extent);
    };
    if (std::any_of(active_.begin(), active_.end(), overlaps) ||
        std::any_of(pending_.begin(), it, overlaps)) {
      ++it;
      continue;
    }
    active_.push_back(*it);
    ready.push_back(*it);
    it = pending_.erase(it);
  }
  for (Closure* closure : ready) {
    closure->shards_pending = executor_.core_count();
    for (CoreId core = 0; core < executor_.core_count(); ++core)
      executor_.run_on(core, [this, core, closure] { close_on_shard(core, *closure); });
  }
}

void RangeGate::close_on_shard(CoreId core, Closure& closure) {
  Shard& shard = *shards_[core];
  shard.closed.push_back(&closure);
  shard.draining.push_back(&closure);
  report_if_drained(shard, closure);
}

void RangeGate::report_if_drained(Shard& shard, Closure& closure) {
  const auto place = std::find(shard.draining.begin(), shard.draining.end(), &closure);
  if (place == shard.draining.end()) return;
  for (VolumeIo* io = shard.in_flight.first(); io != &shard.in_flight.end; io = io->gate.next)
    if (excludes(closure, *io)) return;
  shard.draining.erase(place);
  executor_.run_on(home_, [this, &closure] { shard_drained(closure); });
}

void RangeGate::shard_drained(Closure& closure) {
  if (--closure.shards_pending > 0) return;
  if (!closure.on_closed) return;  // given up
  // Moved out: the owner may let go of the closure before its callback has returned.
  executor_.run_on(closure.core, std::exchange(closure.on_closed, nullptr));
}

void RangeGate::give_up(Closure& closure, std::function<void()> opened) {
  INVARIANT(closure.core == home_);
  closure.on_closed = nullptr;
  if (const auto place = std::find(pending_.begin(), pending_.end(), &closure);
      place != pending_.end()) {
    pending_.erase(place);
    start_pending();
    return opened();
  }
  // What a core has to say of it already arrives before its answer to this.
  on_every_core(
      [this, &closure](Shard& shard) {
        std::erase(shard.closed, &closure);
        std::erase(shard.draining, &closure);
        release_waiters(shard);
      },
      [this, &closure, opened = std::move(opened)] {
        active_.remove(&closure);
        opened();
        start_pending();
      });
}

void RangeGate::protect_from_start() {
  for (const auto& shard : shards_) ++shard->protections;
}

void RangeGate::open(Closure& closure, std::function<void()> opened) {
  executor_.run_on(home_, [this, &closure, opened = std::move(opened)]() mutable {
    on_every_core(
        [this, &closure](Shard& shard) {
          std::erase(shard.closed, &closure);
          release_waiters(shard);
        },
        [this, &closure, opened = std::move(opened)] {
          active_.remove(&closure);
          const CoreId core = closure.core;
          if (opened) executor_.run_on(core, opened);
          start_pending();
        });
  });
}

/// Passes on what no closure excludes any longer, in the order it came.
void RangeGate::release_waiters(Shard& shard) {
  IoList released;
  for (VolumeIo* io = shard.waiting.first(); io != &shard.waiting.end;) {
    VolumeIo* next = io->gate.next;
    if (!excluded(shard, *io)) {
      unlink(*io);
      link_before(released.end, *io);
    }
    io = next;
  }
  // Passing one may cancel or complete others: take them one by one.
  while (!released.empty()) {
    VolumeIo& io = *released.first();
    unlink(io);
    io.gate.waiting = false;
    pass(shard, io);
  }
}

/// Runs `visit` with every core's shard, on that core, then `then` on the home core.
void RangeGate::on_every_core(std::function<void(Shard&)> visit, std::function<void()> then) {
  auto pending = std::make_shared<unsigned>(executor_.core_count());
  for (CoreId core = 0; core < executor_.core_count(); ++core) {
    executor_.run_on(core, [this, core, visit, then, pending] {
      visit(*shards_[core]);
      executor_.run_on(home_, [then, pending] {
        if (--*pending == 0) then();
      });
    });
  }
}

void RangeGate::protect(bool on, CoreId core, std::function<void()> done) {
  const auto answer = [this, core, done = std::move(done)] { executor_.run_on(core, done); };
  if (!on) {
    return executor_.run_on(home_, [this, answer] {
      on_every_core([](Shard& shard) { INVARIANT(shard.protections-- > 0); }, answer);
    });
  }
  // Host writes already past the check must land first: the whole volume is closed to writes for
  // the moment in which the cores learn of the protection.
  auto closure = std::make_shared<Closure>();
  closure->extent = {0, traits().bytes};
  closure->core = home_;
  closure->on_closed = [this, answer, closure] {
    on_every_core([](Shard& shard) { ++shard.protections; },
                  [this, answer, closure] { open(*closure, [answer, closure] { answer(); }); });
  };
  close(*closure);
}

bool RangeGate::host_write_protected(CoreId core) const {
  return shards_[core]->protections > 0;
}

}  // namespace tidemark::storage
