#include "copyengine/write_guard.h"

#include <algorithm>

#include "base/invariant.h"
#include "copyengine/copy_session.h"

namespace tidemark::copyengine {

using storage::Errc;
using storage::VolumeIo;

/// What one core knows; touched by that core alone.
struct WriteGuard::Shard {
  Sessions sessions;  // ascending by place
  HostLoadMeter load;
};

/// Rides on an I/O whose time is taken.
struct WriteGuard::Timed {
  WriteGuard* guard;
  TimePoint begun;
  VolumeIo::Done saved_done;
  void* saved_owner;
};

/// Rides on a write that was held, so that its session learns when it has landed.
struct WriteGuard::Hold {
  WriteGuard* guard;
  std::shared_ptr<CopySession> session;
  uint64_t ticket;
  VolumeIo::Done saved_done;
  void* saved_owner;
};

WriteGuard::WriteGuard(Executor& executor, CoreId home, storage::Volume& backing)
    : executor_(executor), home_(home), backing_(backing) {
  for (CoreId core = 0; core < executor.core_count(); ++core)
    shards_.push_back(std::make_unique<Shard>());
}

WriteGuard::~WriteGuard() = default;

void WriteGuard::submit(VolumeIo& io) {
  Shard& shard = *shards_[io.core];
  if (shard.sessions.empty()) [[likely]]
    return backing_.submit(io);
  if (!io.internal && io.verb != storage::Verb::flush && shard.load.count()) time(io);
  if (!changes_medium(io.verb)) return backing_.submit(io);
  io.guard = {};
  check(io);
}

void WriteGuard::time(VolumeIo& io) {
  auto* timed = new Timed{this, executor_.now(), io.done, io.owner};
  io.done = &WriteGuard::on_timed_done;
  io.owner = timed;
}

void WriteGuard::on_timed_done(VolumeIo& io) noexcept {
  const std::unique_ptr<Timed> timed(static_cast<Timed*>(io.owner));
  WriteGuard& guard = *timed->guard;
  guard.shards_[io.core]->load.took(guard.executor_.now() - timed->begun);
  io.done = timed->saved_done;
  io.owner = timed->saved_owner;
  io.done(io);
}

HostLoad WriteGuard::host_load() const {
  HostLoad sum;
  for (const auto& shard : shards_) sum += shard->load.read();
  return sum;
}

/// Asks the sessions the write has not passed yet, in order; on io.core.
void WriteGuard::check(VolumeIo& io) {
  for (const auto& session : shards_[io.core]->sessions) {
    if (session->place() <= io.guard.passed) continue;
    if (session->lets_pass(io.extent)) {
      io.guard.passed = session->place();
      continue;
    }
    io.guard.held = session.get();
    // A copy of its own: the list may change before admit() returns, or the home core gets to it.
    const std::shared_ptr<CopySession> holder = session;
    if (io.core == home_) return holder->admit(io);
    return executor_.post(home_, [holder, &io] { holder->admit(io); });
  }
  backing_.submit(io);
}

void WriteGuard::let_go(VolumeIo& io, const std::shared_ptr<CopySession>& session,
                        uint64_t ticket) {
  if (io.core == home_) return go_on(io, session, ticket);
  executor_.post(io.core, [this, &io, session, ticket] { go_on(io, session, ticket); });
}

/// On io.core.
void WriteGuard::go_on(VolumeIo& io, const std::shared_ptr<CopySession>& session, uint64_t ticket) {
  io.guard.held = nullptr;
  if (io.guard.cancelled) {
    executor_.run_on(home_, [session, ticket] { session->landed(ticket); });
    io.error = Errc::cancelled;
    return io.done(io);
  }
  io.guard.passed = session->place();
  auto* hold = new Hold{this, session, ticket, io.done, io.owner};
  io.done = &WriteGuard::on_held_write_done;
  io.owner = hold;
  check(io);
}

void WriteGuard::on_held_write_done(VolumeIo& io) noexcept {
  const std::unique_ptr<Hold> hold(static_cast<Hold*>(io.owner));
  io.done = hold->saved_done;
  io.owner = hold->saved_owner;
  const CoreId home = hold->guard->home_;
  if (io.core == home)
    hold->session->landed(hold->ticket);
  else
    hold->guard->executor_.post(
        home, [session = hold->session, ticket = hold->ticket] { session->landed(ticket); });
  io.done(io);
}

void WriteGuard::turn_away(VolumeIo& io, Errc error) {
  executor_.run_on(io.core, [&io, error] {
    io.guard.held = nullptr;
    io.error = io.guard.cancelled ? Errc::cancelled : error;
    io.done(io);
  });
}

void WriteGuard::cancel(VolumeIo& io) {
  if (io.guard.held == nullptr) return backing_.cancel(io);
  io.guard.cancelled = true;
  for (const auto& session : shards_[io.core]->sessions) {
    if (session.get() != io.guard.held) continue;
    return executor_.run_on(home_, [session = session, &io] { session->withdraw(io); });
  }
  // Its session has ended and the write is on its way back: it is stopped when it arrives.
}

void WriteGuard::add(std::shared_ptr<CopySession> session, std::function<void()> done) {
  // Not the order in which the copies were ordered: one may wait for its destination meanwhile.
  session->set_place(++last_place_);
  auto pending = std::make_shared<unsigned>(executor_.core_count());
  for (CoreId core = 0; core < executor_.core_count(); ++core) {
    executor_.run_on(core, [this, core, session, pending, done] {
      Sessions& sessions = shards_[core]->sessions;
      INVARIANT(sessions.empty() || sessions.back()->place() < session->place());
      sessions.push_back(session);
      executor_.run_on(home_, [pending, done] {
        if (--*pending == 0) done();
      });
    });
  }
}

void WriteGuard::add_from_start(std::shared_ptr<CopySession> session) {
  session->set_place(++last_place_);
  for (const auto& shard : shards_) shard->sessions.push_back(session);
}

void WriteGuard::remove(std::shared_ptr<CopySession> session, std::function<void()> done) {
  auto pending = std::make_shared<unsigned>(executor_.core_count());
  for (CoreId core = 0; core < executor_.core_count(); ++core) {
    executor_.run_on(core, [this, core, session, pending, done] {
      std::erase(shards_[core]->sessions, session);
      executor_.run_on(home_, [pending, done] {
        if (--*pending == 0) done();
      });
    });
  }
}

}  // namespace tidemark::copyengine
