// Connection: one TCP connection on its core: the I/O rim around the reader, the login machine, the
// full feature phase and the writer. Everything here runs on that core's thread. It changes core
// once at most: at the end of a login that joins a session of another core, when nothing of it is
// under way (docs/decisions/0011).
//
// It reads while there is somewhere to put what comes: not while its output is not taken, nor while
// a command waits for memory. Each readiness of the socket is used up in one go: all PDUs that came
// are handled, then all answers that are ready leave in one send.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>

#include "target/full_feature.h"
#include "target/login.h"
#include "target/pdu_reader.h"
#include "target/pdu_writer.h"
#include "target/peer_clock.h"
#include "target/portal_view.h"
#include "target/session_info.h"
#include "target/session_registry.h"

namespace tidemark::target {

class ServerCore;

class Connection final : public ConnectionHost, public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  Connection(std::shared_ptr<ServerCore> server, Socket socket, const Portal& through, CoreId core);
  ~Connection() override;

  void start();
  /// Looks at the clocks: login time, silence, unfinished PDUs.
  void tick(TimePoint now);
  /// The server stops: asks a session to log out, ends a login.
  void ask_leave();
  /// Other targets, access or portals are in force: ends what is not covered by them any more.
  void offering_changed();
  /// Closes the socket now. What runs is aborted; the server hears when nothing is left.
  void close(const std::string& reason);
  /// The same, with a word to an initiator that is logged in (Async Message 2).
  void drop(const std::string& reason);

  bool has_session() const { return full_ != nullptr && !closed_; }
  bool logged_in() const { return logged_in_; }
  const std::string& peer() const { return peer_; }
  const boost::asio::ip::address& address() const { return address_; }

  void work_ready() override;
  void memory_wanted() override;
  void header_wanted() override;
  void hang_up(std::string reason) override;
  void end_all_sessions() override;

 private:
  enum class Phase : uint8_t { login, claiming, full_feature };
  enum class Received : uint8_t { all, more, closed };

  void arm_read();
  void readable();
  Received receive();
  void parse();
  void resume();
  void resume_if_idle();
  void settle();
  bool may_read() const;
  void watch_peer();

  // connection_login.cc
  void login_pdu();
  void send_login(LoginStep step);
  void claim();
  void claimed(const SessionRegistry::Grant& grant);
  void begin_session(const SessionRegistry::Grant& grant);
  void move_to_session(const SessionRegistry::Grant& grant);
  void join_session(const SessionRegistry::Grant& grant);
  void admitted(const std::shared_ptr<Session>& session, const SessionRegistry::Grant& grant,
                LoginStatus status);
  void enter_full_feature(std::shared_ptr<Session> session, uint16_t tsih);
  SessionInfo info_of_login() const;
  void refused();

  void flush();
  bool fill();
  bool send_some();
  void gone();

  std::shared_ptr<ServerCore> server_;
  Socket socket_;
  CoreId core_;
  std::string peer_;
  std::string local_;
  boost::asio::ip::address address_;

  PortalView view_;
  PduReader reader_;
  PduWriter writer_;
  std::unique_ptr<LoginMachine> login_;
  std::shared_ptr<FullFeature> full_;
  Phase phase_ = Phase::login;
  LoginStep login_step_;  // keeps the text of a response alive while it is sent
  bool login_step_waits_ = false;
  uint64_t session_id_ = 0;
  std::string target_;  // empty in a discovery session

  bool logged_in_ = false;
  bool closed_ = false;
  bool doomed_ = false;  // closes after one more attempt to send
  bool close_when_sent_ = false;
  bool read_armed_ = false;
  bool parse_stopped_ = false;  // with PDUs staged, because may_read() said no
  bool write_armed_ = false;
  bool flush_posted_ = false;
  bool memory_awaited_ = false;
  bool header_stalled_ = false;  // a header is complete, but cannot be taken yet
  std::string doom_reason_;

  TimePoint now_{};
  PeerClock clock_;
};

}  // namespace tidemark::target
