#include "target/connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "target/address.h"
#include "target/keep_alive.h"
#include "target/server_core.h"

namespace tidemark::target {
namespace {

constexpr uint32_t kLoginSegmentMax = 8192;  // RFC 7143 clause 13.12: until another is declared
// Then others of this core get their turn.
constexpr int kReceivesInARow = 16;
constexpr size_t kPiecesPerSend = 1024;  // IOV_MAX

boost::asio::ip::tcp::endpoint local_of(const Connection::Socket& socket) {
  boost::system::error_code gone;
  return socket.local_endpoint(gone);
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> server, Socket socket, const Portal& through,
                       CoreId core)
    : server_(std::move(server)),
      socket_(std::move(socket)),
      core_(core),
      view_(server_->offering(core_), through, local_of(socket_)),
      reader_(kLoginSegmentMax),
      login_(std::make_unique<LoginMachine>(view_, server_->limits())) {
  boost::system::error_code error;
  const auto remote = socket_.remote_endpoint(error);
  address_ = remote.address();
  peer_ = to_text(remote);
  local_ = to_text(local_of(socket_));
}

Connection::~Connection() = default;

void Connection::start() {
  boost::system::error_code error;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), error);
  keep_alive(socket_.native_handle(), server_->limits().keepalive);
  socket_.native_non_blocking(true, error);
  accepted_ = now_ = last_received_ = last_sent_ = server_->cores().now();
  arm_read();
}

bool Connection::may_read() const {
  if (closed_ || doomed_ || close_when_sent_ || header_stalled_) return false;
  if (phase_ == Phase::claiming) return false;
  // In login one answer at a time; in full feature phase as much as the limit allows.
  return phase_ == Phase::login ? writer_.drained() : !full_->output_full();
}

void Connection::arm_read() {
  if (read_armed_ || !may_read()) return;
  read_armed_ = true;
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->read_armed_ = false;
                       if (!error) self->readable();
                     });
}

void Connection::readable() {
  now_ = server_->cores().now();
  // What is staged already goes first: it may be that there is no space to receive into.
  if (parse_stopped_) parse();
  for (int i = 0; i < kReceivesInARow && may_read(); ++i) {
    const Received received = receive();
    if (received == Received::closed) return;
    parse();
    if (received == Received::all) break;
  }
  settle();
}

/// Sends what is ready, goes on with what that made room for, and waits for more.
void Connection::settle() {
  flush();
  for (int i = 0; i < kReceivesInARow && parse_stopped_ && may_read(); ++i) {
    parse();
    flush();
  }
  if (parse_stopped_ && may_read())
    work_ready();  // others first
  else
    arm_read();
}

Connection::Received Connection::receive() {
  const auto space = reader_.space();
  size_t room = 0;
  for (const iovec& piece : space) room += piece.iov_len;
  const ssize_t bytes =
      ::readv(socket_.native_handle(), space.data(), static_cast<int>(space.size()));
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return Received::all;
  if (bytes <= 0) {
    close(bytes == 0 ? "closed by the initiator" : std::strerror(errno));
    return Received::closed;
  }
  last_received_ = now_;
  pinged_ = {};
  reader_.received(static_cast<size_t>(bytes));
  return static_cast<size_t>(bytes) < room ? Received::all : Received::more;
}

void Connection::parse() {
  parse_stopped_ = false;
  while (may_read()) {
    switch (reader_.next()) {
      case PduReader::Step::need_bytes:
        return;
      case PduReader::Step::fault:
        return hang_up("broken PDU framing");
      case PduReader::Step::header:
        if (phase_ == Phase::full_feature) {
          header_stalled_ = !full_->header_complete(now_);
        } else if (opcode_of(reader_.bhs()) == Opcode::login_request) {
          reader_.data_here();
        } else {
          return close("something else than a Login Request before login");
        }
        break;
      case PduReader::Step::pdu:
        ++pdus_;
        if (phase_ == Phase::full_feature)
          full_->pdu_complete();
        else
          login_pdu();
        break;
    }
  }
  parse_stopped_ = true;
}

void Connection::resume() {
  if (closed_) return;
  now_ = server_->cores().now();
  if (header_stalled_) {
    header_stalled_ = !full_->header_complete(now_);
    last_received_ = now_;  // the silence was ours
  }
  parse();
  settle();
}

void Connection::resume_if_idle() {
  if (may_read() && (parse_stopped_ || !read_armed_)) resume();
}

void Connection::login_pdu() {
  LoginStep step = login_->request(reader_.bhs(), reader_.data());
  if (step.kind == LoginStep::Kind::claim) return claim();
  send_login(std::move(step));
}

void Connection::send_login(LoginStep step) {
  login_step_ = std::move(step);
  writer_.add(login_step_.response,
              {reinterpret_cast<const uint8_t*>(login_step_.text.data()), login_step_.text.size()});
  if (login_step_.kind != LoginStep::Kind::refuse) return;
  close_when_sent_ = true;
  refused();
}

SessionInfo Connection::info_of_login() const {
  const Parameters& parameters = login_->parameters();
  SessionInfo info;
  info.peer = peer_;
  info.local = local_;
  info.core = core_;
  info.initiator = parameters.initiator_name;
  info.isid = login_->isid();
  info.type = parameters.session_type();
  if (info.type == SessionType::normal) info.target = parameters.target_name;
  return info;
}

void Connection::refused() {
  const Parameters& parameters = login_->parameters();
  log_warning("login from {} refused ({}, status {:04x}h): initiator '{}', target '{}': {}", peer_,
              name_of(login_->cause()), uint16_t{as<LoginResponse>(login_step_.response).status},
              printable(parameters.initiator_name), printable(parameters.target_name),
              login_->reason());
  SessionInfo info = info_of_login();
  info.target = parameters.target_name;
  server_->count(login_->cause());
  server_->tell({SessionEvent::Kind::refused, std::move(info), login_->reason()});
}

void Connection::claim() {
  phase_ = Phase::claiming;
  SessionInfo info = info_of_login();
  target_ = info.target;
  SessionRegistry::Name name{std::move(info.initiator), info.isid, std::move(info.target),
                             view_.portal_group()};
  server_->claim(
      core_, std::move(name), login_->asked_tsih(),
      [self = shared_from_this()](const SessionRegistry::Grant& grant) { self->claimed(grant); });
}

void Connection::claimed(const SessionRegistry::Grant& grant) {
  const bool made = grant.status == LoginStatus::success && !grant.joins;
  if (closed_) {
    if (made) server_->release(grant.id);
    return;
  }
  if (grant.status != LoginStatus::success) {
    send_login(
        login_->refuse(grant.status, cause_of(grant.status), "the session is not to be had"));
    return resume();
  }
  if (made) return begin_session(grant);
  if (grant.core == core_) return join_session(grant);
  move_to_session(grant);
}

void Connection::begin_session(const SessionRegistry::Grant& grant) {
  SessionInfo info = info_of_login();
  info.id = grant.id;
  info.tsih = grant.tsih;
  std::unique_ptr<ScsiPort> port;
  if (info.type == SessionType::normal)
    port = std::make_unique<DevicePort>(login_->admission(), info.initiator, info.isid,
                                        view_.portal_group());
  auto session = std::make_shared<Session>(
      login_->parameters(), login_->cmd_sn(), std::move(port), server_->limits(),
      [server = server_, core = core_, id = grant.id] { server->session_over(core, id); });
  log_info("session {} of '{}' with {} from {} on core {}", info.id, printable(info.initiator),
           info.target.empty() ? "discovery" : info.target, peer_, core_);
  server_->session_begins(session, std::move(info));
  session->admit(login_->cid(), [&](LoginStatus status) { admitted(session, grant, status); });
}

/// Nothing of it is under way: its login has been answered but for the last response, and it reads
/// no further before that is sent.
void Connection::move_to_session(const SessionRegistry::Grant& grant) {
  boost::system::error_code error;
  const auto protocol = socket_.local_endpoint(error).protocol();
  const int fd = error ? -1 : socket_.release(error);
  if (error) return close(error.message());
  server_->move(shared_from_this(), core_, grant.core,
                [self = shared_from_this(), grant, protocol, fd] {
                  boost::system::error_code failed;
                  self->core_ = grant.core;
                  self->view_.look_at(self->server_->offering(grant.core));
                  self->socket_ = Socket(self->server_->cores().context(grant.core));
                  self->socket_.assign(protocol, fd, failed);
                  if (failed) ::close(fd);
                  if (failed) return self->close(failed.message());
                  self->join_session(grant);
                });
}

void Connection::join_session(const SessionRegistry::Grant& grant) {
  const auto session = server_->session(core_, grant.id);
  if (!session) return admitted(nullptr, grant, LoginStatus::session_does_not_exist);
  session->admit(login_->cid(), [self = shared_from_this(), session, grant](LoginStatus status) {
    self->admitted(session, grant, status);
  });
}

void Connection::admitted(const std::shared_ptr<Session>& session,
                          const SessionRegistry::Grant& grant, LoginStatus status) {
  const bool seated = status == LoginStatus::success;
  if (closed_) {
    if (seated) session->give_up(login_->cid());
    return;
  }
  if (seated) {
    session_id_ = grant.id;
    enter_full_feature(session, grant.tsih);
    if (grant.joins)
      log_info("connection {} of session {} from {}", login_->cid(), grant.id, peer_);
  } else {
    send_login(
        login_->refuse(status, cause_of(status), "the session does not take the connection"));
  }
  // In a turn of its own: the session may be further up the stack.
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->resume(); });
}

void Connection::enter_full_feature(std::shared_ptr<Session> session, uint16_t tsih) {
  LoginStep last = login_->finish(tsih);
  auto response = as<LoginResponse>(last.response);
  response.exp_cmd_sn = session->window().exp_cmd_sn();
  response.max_cmd_sn = session->window().max_cmd_sn();
  last.response = bhs_of(response);
  send_login(std::move(last));
  FullFeature::Start start;
  start.parameters = session->parameters();
  start.parameters.take_connection_part(login_->parameters());
  start.stat_sn = login_->next_stat_sn();
  start.cid = login_->cid();
  start.core = core_;
  // What was agreed counts from the first PDU after the last Login Response.
  const bool header_digest = start.parameters.get(Key::header_digest) == kDigestCrc32c;
  const bool data_digest = start.parameters.get(Key::data_digest) == kDigestCrc32c;
  reader_.set_segment_max(start.parameters.our_segment_max);
  reader_.set_digests(header_digest, data_digest);
  writer_.set_digests(header_digest, data_digest);
  full_ = std::make_shared<FullFeature>(std::move(start), session, view_, server_->limits(),
                                        server_->pool(core_), reader_, *this);
  phase_ = Phase::full_feature;
  logged_in_ = true;
  server_->logged_in();
  session->enter(*full_);
}

void Connection::work_ready() {
  if (flush_posted_ || closed_) return;
  flush_posted_ = true;
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
    // Output that had filled up may be gone, so there may be PDUs staged to go on with.
    self->resume_if_idle();
  });
}

void Connection::memory_wanted() {
  if (memory_awaited_) return;
  memory_awaited_ = true;
  // Called from inside whatever gave memory back, so go on in a turn of our own.
  server_->pool(core_).when_returned([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    boost::asio::post(self->socket_.get_executor(), [self] {
      self->memory_awaited_ = false;
      self->resume();
    });
  });
}

void Connection::header_wanted() {
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->resume(); });
}

void Connection::hang_up(std::string reason) {
  if (doomed_ || closed_) return;
  doomed_ = true;
  doom_reason_ = std::move(reason);
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->flush();
    self->close(self->doom_reason_);
  });
}

void Connection::end_all_sessions() {
  server_->end_sessions_of(target_);
}

void Connection::flush() {
  if (closed_) return;
  if (full_) full_->work();
  if (write_armed_) return;
  while (fill()) {
    if (!send_some()) return;
  }
}

/// True if there is something to send.
bool Connection::fill() {
  if (closed_) return false;
  if (!writer_.drained()) return true;
  if (full_) {
    if (full_->sent()) close_when_sent_ = true;
    full_->work();  // what was sent made room
  }
  if (close_when_sent_) {
    close(full_ ? "logged out" : "login refused");
    return false;
  }
  if (full_) full_->fill(writer_);
  return !writer_.drained();
}

/// False if the socket takes no more for now.
bool Connection::send_some() {
  const auto pending = writer_.pending();
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pending.data());
  message.msg_iovlen = std::min(pending.size(), kPiecesPerSend);
  const ssize_t bytes = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
  if (bytes >= 0) {
    last_sent_ = now_;
    writer_.sent(static_cast<size_t>(bytes));
    return true;
  }
  if (errno == EINTR) return true;
  if (errno != EAGAIN) {
    close(std::strerror(errno));
    return false;
  }
  write_armed_ = true;
  socket_.async_wait(Socket::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->write_armed_ = false;
                       if (error || self->closed_) return;
                       self->now_ = self->server_->cores().now();
                       self->flush();
                       self->resume_if_idle();
                     });
  return false;
}

void Connection::tick(TimePoint now) {
  if (closed_ || doomed_) return;
  now_ = now;
  const Limits& limits = server_->limits();
  if (phase_ != Phase::full_feature) {
    if (now - accepted_ > limits.login_time) {
      server_->count(RefusalCause::timed_out);
      close("login took too long");
    }
    return;
  }
  if (!writer_.drained() && now - last_sent_ > limits.idle_ping + limits.ping_answer)
    return close("the initiator does not read");
  if (!may_read()) {
    last_received_ = now;  // the silence is ours
    return;
  }
  if (!reader_.mid_pdu() || pdus_at_mid_ != pdus_ || mid_pdu_since_ == TimePoint{}) {
    pdus_at_mid_ = pdus_;
    mid_pdu_since_ = reader_.mid_pdu() ? now : TimePoint{};
  } else if (now - mid_pdu_since_ > limits.pdu_time) {
    return drop("a PDU that does not end");
  }
  if (full_->overdue(now - limits.data_out_wait)) return drop("Data-Out does not come");
  if (pinged_ != TimePoint{}) {
    if (now - pinged_ > limits.ping_answer) drop("no answer to NOP-In");
  } else if (limits.idle_ping > Duration::zero() && now - last_received_ > limits.idle_ping) {
    pinged_ = now;
    full_->ping();
  }
}

void Connection::ask_leave() {
  if (closed_) return;
  if (full_)
    full_->ask_logout(server_->limits().stop_grace);
  else
    close("the target stops");
}

void Connection::drop(const std::string& reason) {
  if (full_ && !closed_)
    full_->drop(reason);
  else
    close(reason);
}

void Connection::offering_changed() {
  // Between its names and its last request it may have been promised what is gone. Of sessions the
  // server takes care.
  if (!closed_ && !full_ && login_->admission().device)
    close("the configuration changed during login");
}

void Connection::close(const std::string& reason) {
  if (closed_) return;
  closed_ = true;
  boost::system::error_code error;
  socket_.shutdown(Socket::shutdown_both, error);
  socket_.close(error);
  if (!full_) {
    log_info("connection from {} closed: {}", peer_, reason);
    return gone();
  }
  log_info("connection {} of session {} closed: {}", full_->cid(), session_id_, reason);
  server_->session_loses(core_, session_id_, reason);
  full_->leave([self = shared_from_this()] { self->gone(); });
}

void Connection::gone() {
  // In a turn of its own: the session may be further up the stack.
  boost::asio::post(server_->cores().context(core_), [self = shared_from_this()] {
    self->full_.reset();
    self->server_->gone(self, self->core_);
  });
}

}  // namespace tidemark::target
