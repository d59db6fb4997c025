#include "target/server_core.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/log.h"
#include "target/address.h"
#include "target/text.h"

namespace tidemark::target {
namespace {

constexpr CoreId kHome = 0;
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);
constexpr Duration kLogPause = std::chrono::seconds(1);

/// Whether a session may go on: its target, what its initiator has there, and its target port,
/// which goes with the last portal of its group.
bool still_offers(const Offering& offering, const SessionInfo& session, ScsiPort& port) {
  const Admission now = offering.directory->admit(session.target, session.initiator);
  const auto is_of_group = [&](const Portal& portal) {
    return portal.spec.group == session.portal_group;
  };
  return now.answer == Admission::Answer::admitted && port.offered(now) &&
         std::ranges::any_of(*offering.portals, is_of_group);
}

}  // namespace

ServerCore::ServerCore(CorePool& cores, Limits limits)
    : cores_(cores), limits_(limits), registry_(limits.sessions, [this](uint64_t id, CoreId core) {
        end_session(core, id, "session reinstatement by the same initiator");
      }) {
  for (CoreId core = 0; core < cores_.core_count(); ++core)
    per_core_.push_back(std::make_unique<PerCore>(limits_.memory_per_core));
}

void ServerCore::serve(std::shared_ptr<const Directory> directory, Listeners listeners,
                       const std::vector<PortalSpec>& specs) {
  auto portals = std::make_shared<std::vector<Portal>>();
  for (size_t i = 0; i < specs.size(); ++i) portals->push_back({specs[i], listeners[i]->bound});
  const Offering offering{std::move(directory), portals};
  // The cores first: whoever comes in by a new portal is to find what is served there.
  for (CoreId core = 0; core < cores_.core_count(); ++core)
    cores_.post(core, [self = shared_from_this(), core, offering] {
      self->per_core_[core]->offering = offering;
      self->offering_changed(core);
    });
  cores_.post(kHome, [self = shared_from_this(), listeners = std::move(listeners), portals] {
    if (!self->stopping_) self->listen(listeners, *portals);
  });
}

void ServerCore::offering_changed(CoreId core) {
  const PerCore& mine = *per_core_[core];
  const auto connections = mine.connections;
  for (const auto& connection : connections) connection->offering_changed();
  for (const ServedSession& served : mine.sessions) {
    ScsiPort* const port = served.session->port();
    if (port == nullptr || served.session->ending()) continue;  // discovery has nothing to lose
    const SessionInfo& info = served.info;
    if (still_offers(mine.offering, info, *port)) continue;
    log_info("session {} of '{}' is asked to leave {}", info.id, printable(info.initiator),
             info.target);
    for (FullFeature* connection : served.session->connections())
      connection->ask_logout(limits_.stop_grace);
    cores_.post_after(core, limits_.stop_grace, [weak = std::weak_ptr(served.session)] {
      if (const auto session = weak.lock()) session->end("what it had is no longer offered to it");
    });
  }
}

void ServerCore::listen(Listeners listeners, const std::vector<Portal>& portals) {
  start_ticking();
  for (size_t i = 0; i < listeners.size(); ++i) listeners[i]->portal = portals[i];
  const Listeners before = std::exchange(listeners_, std::move(listeners));
  const auto is_in = [](const Listeners& all, const std::shared_ptr<Listener>& one) {
    return std::ranges::find(all, one) != all.end();
  };
  boost::system::error_code error;
  for (const auto& listener : before)
    if (!is_in(listeners_, listener)) listener->acceptor.close(error);
  for (const auto& listener : listeners_)
    if (!is_in(before, listener)) accept(listener);
}

void ServerCore::start_ticking() {
  if (std::exchange(ticking_, true)) return;
  for (CoreId core = 0; core < cores_.core_count(); ++core)
    cores_.post(core, [weak = weak_from_this(), core] {
      if (const auto self = weak.lock()) self->tick(core);
    });
}

void ServerCore::tick(CoreId core) {
  const TimePoint now = cores_.now();
  const auto connections = per_core_[core]->connections;  // ticking may take one out
  for (const auto& connection : connections) connection->tick(now);
  const auto sessions = per_core_[core]->sessions;
  for (const auto& served : sessions) served.session->tick(now);
  cores_.post_after(core, limits_.tick, [weak = weak_from_this(), core] {
    if (const auto self = weak.lock()) self->tick(core);
  });
}

void ServerCore::accept(const std::shared_ptr<Listener>& listener) {
  if (stopping_ || !listener->acceptor.is_open()) return;
  const CoreId core = next_core_;
  next_core_ = static_cast<CoreId>((next_core_ + 1) % cores_.core_count());
  listener->acceptor.async_accept(
      cores_.context(core), [self = shared_from_this(), listener, core](
                                const boost::system::error_code& error, Tcp::socket socket) {
        if (self->stopping_ || !listener->acceptor.is_open()) return;
        if (!error) {
          self->accepted(std::move(socket), listener->portal, core);
          return self->accept(listener);
        }
        // Out of descriptors, or the peer left already: neither may end the listening.
        log_warning("accepting a connection failed: {}", error.message());
        self->cores_.post_after(kHome, kAcceptPause, [self, listener] { self->accept(listener); });
      });
}

void ServerCore::accepted(Tcp::socket socket, const Portal& portal, CoreId core) {
  boost::system::error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error || !admit(remote.address())) return;  // closes the socket
  // std::function copies, so the socket travels in a shared pointer.
  auto shared = std::make_shared<Tcp::socket>(std::move(socket));
  cores_.post(core, [self = shared_from_this(), shared, portal, core] {
    auto connection = std::make_shared<Connection>(self, std::move(*shared), portal, core);
    self->per_core_[core]->connections.push_back(connection);
    connection->start();
  });
}

bool ServerCore::admit(const boost::asio::ip::address& address) {
  const auto at = open_from_.find(address);
  const uint32_t from_there = at == open_from_.end() ? 0 : at->second;
  const bool room = open_ < limits_.connections && half_open_ < limits_.half_open_logins &&
                    from_there < limits_.connections_per_address;
  if (!room) return refusal(address, from_there), false;
  ++open_;
  ++half_open_;
  ++open_from_[address];
  return true;
}

void ServerCore::refusal(const boost::asio::ip::address& address, uint32_t from_there) {
  if (cores_.now() - refusal_logged_ <= kLogPause) return;
  refusal_logged_ = cores_.now();
  log_warning(
      "connection from {} refused: {} of {} connections, {} of {} not logged in, {} of {} "
      "from there",
      to_text(address), open_, limits_.connections, half_open_, limits_.half_open_logins,
      from_there, limits_.connections_per_address);
}

void ServerCore::uncount(const boost::asio::ip::address& address, bool logged_in) {
  --open_;
  if (!logged_in) --half_open_;
  const auto at = open_from_.find(address);
  if (at != open_from_.end() && --at->second == 0) open_from_.erase(at);
  check_stopped();
}

void ServerCore::logged_in() {
  cores_.post(kHome, [self = shared_from_this()] { --self->half_open_; });
}

void ServerCore::gone(const std::shared_ptr<Connection>& connection, CoreId core) {
  auto& connections = per_core_[core]->connections;
  connections.erase(std::remove(connections.begin(), connections.end(), connection),
                    connections.end());
  cores_.post(kHome, [self = shared_from_this(), address = connection->address(),
                      logged_in = connection->logged_in()] { self->uncount(address, logged_in); });
}

void ServerCore::on_each_core(std::function<void(PerCore&)> job) {
  for (CoreId core = 0; core < cores_.core_count(); ++core)
    cores_.post(core, [self = shared_from_this(), core, job] { job(*self->per_core_[core]); });
}

void ServerCore::stop(std::function<void()> done) {
  cores_.post(kHome, [self = shared_from_this(), done = std::move(done)] {
    self->stopping_ = true;
    self->stopped_ = done;
    boost::system::error_code error;
    for (const auto& listener : self->listeners_) listener->acceptor.close(error);
    self->on_each_core([](PerCore& mine) {
      const auto connections = mine.connections;
      for (const auto& connection : connections) connection->ask_leave();
    });
    self->cores_.post_after(kHome, self->limits_.stop_grace,
                            [self] { self->close_all("the target stops"); });
    self->check_stopped();
  });
}

void ServerCore::close_all(const std::string& reason) {
  on_each_core([reason](PerCore& mine) {
    const auto connections = mine.connections;
    for (const auto& connection : connections) connection->drop(reason);
  });
}

void ServerCore::check_stopped() {
  if (!stopping_ || open_ > 0 || !stopped_) return;
  const auto done = std::exchange(stopped_, {});
  done();
}

void ServerCore::sessions(std::function<void(std::vector<SessionInfo>)> done) {
  struct Gathering {
    std::vector<SessionInfo> all;
    size_t missing = 0;
    std::function<void(std::vector<SessionInfo>)> done;
  };
  auto gathering = std::make_shared<Gathering>();
  gathering->missing = cores_.core_count();
  gathering->done = std::move(done);
  on_each_core([self = shared_from_this(), gathering](PerCore& mine) {
    std::vector<SessionInfo> infos;
    for (const ServedSession& served : mine.sessions) infos.push_back(served.info_now());
    self->cores_.post(kHome, [gathering, infos = std::move(infos)] {
      gathering->all.insert(gathering->all.end(), infos.begin(), infos.end());
      if (--gathering->missing > 0) return;
      std::sort(gathering->all.begin(), gathering->all.end(),
                [](const SessionInfo& a, const SessionInfo& b) { return a.id < b.id; });
      gathering->done(std::move(gathering->all));
    });
  });
}

void ServerCore::end_sessions_of(const std::string& target) {
  on_each_core([target](PerCore& mine) {
    const auto sessions = mine.sessions;
    for (const auto& served : sessions)
      if (served.info.target == target) served.session->end("target cold reset");
  });
}

void ServerCore::claim(CoreId core, SessionRegistry::Name name, uint16_t tsih,
                       SessionRegistry::Granted granted) {
  auto answer = [&cores = cores_, core,
                 granted = std::move(granted)](const SessionRegistry::Grant& grant) {
    cores.post(core, [granted, grant] { granted(grant); });
  };
  cores_.post(kHome,
              [self = shared_from_this(), core, name = std::move(name), tsih,
               answer = std::move(answer)] { self->registry_.claim(name, tsih, core, answer); });
}

void ServerCore::end_session(CoreId core, uint64_t id, const std::string& reason) {
  cores_.post(core, [self = shared_from_this(), core, id, reason] {
    if (const auto session = self->session(core, id)) session->close(reason);
  });
}

void ServerCore::move(const std::shared_ptr<Connection>& connection, CoreId from, CoreId to,
                      std::function<void()> arrived) {
  std::erase(per_core_[from]->connections, connection);
  // By way of core 0, so that a stop of the server reaches it before or after, never not at all.
  cores_.post(kHome, [self = shared_from_this(), connection, to, arrived = std::move(arrived)] {
    self->cores_.post(to, [self, connection, to, arrived, stopping = self->stopping_] {
      self->per_core_[to]->connections.push_back(connection);
      arrived();
      if (stopping) connection->close("the target stops");
    });
  });
}

SessionInfo ServerCore::ServedSession::info_now() const {
  SessionInfo now = info;
  const Session::Counts counts = session->counts();
  now.commands = counts.commands;
  now.bytes_read = counts.bytes_read;
  now.bytes_written = counts.bytes_written;
  now.connections = static_cast<uint32_t>(session->connections().size());
  return now;
}

void ServerCore::session_begins(std::shared_ptr<Session> session, SessionInfo info) {
  tell({SessionEvent::Kind::began, info, {}});
  per_core_[info.core]->sessions.push_back({std::move(session), std::move(info), {}});
}

std::shared_ptr<Session> ServerCore::session(CoreId core, uint64_t id) const {
  for (const ServedSession& served : per_core_[core]->sessions)
    if (served.info.id == id) return served.session;
  return nullptr;
}

void ServerCore::session_loses(CoreId core, uint64_t id, const std::string& reason) {
  for (ServedSession& served : per_core_[core]->sessions)
    if (served.info.id == id) served.reason = reason;
}

void ServerCore::session_over(CoreId core, uint64_t id) {
  auto& sessions = per_core_[core]->sessions;
  const auto at = std::find_if(sessions.begin(), sessions.end(),
                               [id](const ServedSession& served) { return served.info.id == id; });
  if (at == sessions.end()) return;
  const ServedSession over = std::move(*at);
  sessions.erase(at);
  log_info("session {} of '{}' ended: {}", id, printable(over.info.initiator), over.reason);
  tell({SessionEvent::Kind::ended, over.info_now(), over.reason});
  // The session may be further up the stack.
  cores_.post(core, [session = over.session] {});
  release(id);
}

void ServerCore::release(uint64_t id) {
  cores_.post(kHome, [self = shared_from_this(), id] { self->registry_.release(id); });
}

void ServerCore::drop() {
  for (auto& mine : per_core_) {
    mine->connections.clear();
    mine->sessions.clear();
  }
  listeners_.clear();
}

}  // namespace tidemark::target
