// ServerCore: what the connections of one IscsiServer share. Core 0 owns the listeners, the counts
// and the session registry; each core owns its connections, its sessions, its buffer pool and what
// it has been told of targets and portals. It lives as long as any of them does.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/buffer_pool.h"
#include "base/core_pool.h"
#include "target/connection.h"
#include "target/limits.h"
#include "target/listener.h"
#include "target/login_refusal.h"
#include "target/portal_view.h"
#include "target/session_registry.h"

namespace tidemark::target {

class ServerCore final : public std::enable_shared_from_this<ServerCore> {
 public:
  using Listeners = std::vector<std::shared_ptr<Listener>>;

  ServerCore(CorePool& cores, Limits limits);

  /// From here on these are the targets and the portals. Any one thread.
  void serve(std::shared_ptr<const Directory> directory, Listeners listeners,
             const std::vector<PortalSpec>& portals);
  void stop(std::function<void()> done);
  void sessions(std::function<void(std::vector<SessionInfo>)> done);
  void set_listener(std::function<void(const SessionEvent&)> listener) {
    listener_ = std::move(listener);
  }
  /// After the cores have been joined: lets go of what is left.
  void drop();

  // For connections, on any core.
  CorePool& cores() { return cores_; }
  const Limits& limits() const { return limits_; }
  BufferPool& pool(CoreId core) { return per_core_[core]->pool; }
  const Offering& offering(CoreId core) const { return per_core_[core]->offering; }
  void count(RefusalCause cause) { refusals_.count(cause); }
  const RefusalCounts& refusals() const { return refusals_; }
  void claim(CoreId core, SessionRegistry::Name name, uint16_t tsih,
             SessionRegistry::Granted granted);
  /// The session of a grant never came to be.
  void release(uint64_t id);
  /// A connection's login is over, well.
  void logged_in();
  /// Closes a session, if it is still there. Any thread.
  void end_session(CoreId core, uint64_t id, const std::string& reason);
  /// Takes `connection` from one core to another, where `arrived` runs.
  void move(const std::shared_ptr<Connection>& connection, CoreId from, CoreId to,
            std::function<void()> arrived);

  // For connections, on the session's core.
  void session_begins(std::shared_ptr<Session> session, SessionInfo info);
  std::shared_ptr<Session> session(CoreId core, uint64_t id) const;
  /// One of its connections is closed: the reason it will have ended for, if it was the last.
  void session_loses(CoreId core, uint64_t id, const std::string& reason);
  void session_over(CoreId core, uint64_t id);

  void tell(const SessionEvent& event) {
    if (listener_) listener_(event);
  }
  void end_sessions_of(const std::string& target);
  /// On the connection's core: it is closed and nothing of it is left.
  void gone(const std::shared_ptr<Connection>& connection, CoreId core);

 private:
  using Tcp = boost::asio::ip::tcp;
  struct ServedSession {
    std::shared_ptr<Session> session;
    SessionInfo info;
    std::string reason;  // of the last close of one of its connections
    SessionInfo info_now() const;
  };
  struct PerCore {
    explicit PerCore(size_t memory) : pool(memory) {}
    BufferPool pool;
    Offering offering;
    std::vector<std::shared_ptr<Connection>> connections;
    std::vector<ServedSession> sessions;
  };

  void start_ticking();
  void tick(CoreId core);
  void offering_changed(CoreId core);
  void listen(Listeners listeners, const std::vector<Portal>& portals);
  void accept(const std::shared_ptr<Listener>& listener);
  void accepted(Tcp::socket socket, const Portal& portal, CoreId core);
  bool admit(const boost::asio::ip::address& address);
  void uncount(const boost::asio::ip::address& address, bool logged_in);
  void refusal(const boost::asio::ip::address& address, uint32_t from_there);
  void close_all(const std::string& reason);
  void check_stopped();
  void on_each_core(std::function<void(PerCore&)> job);

  CorePool& cores_;
  const Limits limits_;
  RefusalCounts refusals_;
  std::function<void(const SessionEvent&)> listener_;
  std::vector<std::unique_ptr<PerCore>> per_core_;
  bool ticking_ = false;

  // Core 0.
  Listeners listeners_;
  CoreId next_core_ = 0;
  uint32_t open_ = 0;
  uint32_t half_open_ = 0;  // of these, how many have not logged in
  std::map<boost::asio::ip::address, uint32_t> open_from_;
  TimePoint refusal_logged_{};
  SessionRegistry registry_;
  bool stopping_ = false;
  std::function<void()> stopped_;
};

}  // namespace tidemark::target
