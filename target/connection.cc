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
#include "target/server_core.h"

namespace tidemark::target {
namespace {

constexpr uint32_t kLoginSegmentMax = 8192;
// Then others of this core get their turn.
constexpr int kReceivesInARow = 16;
constexpr size_t kPiecesPerSend = 1024;  // IOV_MAX

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> server, Socket socket, CoreId core)
    : server_(std::move(server)),
      socket_(std::move(socket)),
      core_(core),
      reader_(std::min(kLoginSegmentMax, server_->limits().receive_segment)),
      login_(std::make_unique<LoginMachine>(*server_, server_->limits())) {
  boost::system::error_code error;
  const auto remote = socket_.remote_endpoint(error);
  address_ = remote.address();
  peer_ = to_text(remote);
  local_ = to_text(socket_.local_endpoint(error));
}

Connection::~Connection() = default;

void Connection::start() {
  boost::system::error_code error;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), error);
  socket_.set_option(Socket::keep_alive(true), error);
  socket_.native_non_blocking(true, error);
  accepted_ = now_ = last_received_ = last_sent_ = server_->cores().now();
  arm_read();
}

bool Connection::may_read() const {
  if (closed_ || doomed_ || close_when_sent_ || header_stalled_) return false;
  if (phase_ == Phase::claiming) return false;
  // In login one answer at a time; in full feature phase as much as the limit allows.
  return phase_ == Phase::login ? writer_.drained() : !session_->output_full();
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
          header_stalled_ = !session_->header_complete(now_);
        } else if (opcode_of(reader_.bhs()) == Opcode::login_request) {
          reader_.data_here();
        } else {
          return close("something else than a Login Request before login");
        }
        break;
      case PduReader::Step::pdu:
        ++pdus_;
        if (phase_ == Phase::full_feature)
          session_->pdu_complete();
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
    header_stalled_ = !session_->header_complete(now_);
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

void Connection::refused() {
  const Parameters& parameters = login_->parameters();
  log_warning("login from {} refused with status {:04x}h: initiator '{}', target '{}': {}", peer_,
              uint16_t{as<LoginResponse>(login_step_.response).status},
              printable(parameters.initiator_name), printable(parameters.target_name),
              login_->reason());
  info_.peer = peer_;
  info_.local = local_;
  info_.core = core_;
  info_.initiator = parameters.initiator_name;
  info_.target = parameters.target_name;
  info_.isid = login_->isid();
  server_->tell({SessionEvent::Kind::refused, info_, login_->reason()});
}

void Connection::claim() {
  phase_ = Phase::claiming;
  const Parameters& parameters = login_->parameters();
  SessionRegistry::Name name{parameters.initiator_name, login_->isid(), {}};
  if (parameters.session_type() == SessionType::normal) name.target = parameters.target_name;
  server_->claim(
      shared_from_this(), core_, std::move(name), login_->asked_tsih(),
      [self = shared_from_this()](SessionRegistry::Grant grant) { self->claimed(grant); });
}

void Connection::claimed(SessionRegistry::Grant grant) {
  if (closed_) {
    if (grant.id != 0) server_->release(grant.id);
    return;
  }
  if (grant.status == LoginStatus::success)
    enter_full_feature(grant);
  else
    send_login(login_->refuse(grant.status, "the session is not to be had"));
  resume();
}

void Connection::enter_full_feature(SessionRegistry::Grant grant) {
  claim_id_ = grant.id;
  send_login(login_->finish(grant.tsih));
  const Parameters& parameters = login_->parameters();
  info_.id = grant.id;
  info_.tsih = grant.tsih;
  info_.initiator = parameters.initiator_name;
  info_.isid = login_->isid();
  info_.peer = peer_;
  info_.local = local_;
  info_.core = core_;
  info_.type = parameters.session_type();
  std::unique_ptr<ScsiPort> port;
  if (info_.type == SessionType::normal) {
    info_.target = parameters.target_name;
    port =
        std::make_unique<DevicePort>(*server_->device(info_.target), info_.initiator, info_.isid);
  }
  Session::Start start;
  start.parameters = parameters;
  start.cmd_sn = login_->cmd_sn();
  start.stat_sn = login_->next_stat_sn();
  start.cid = login_->cid();
  start.local_address = local_;
  start.core = core_;
  session_ = std::make_shared<Session>(std::move(start), std::move(port), *server_,
                                       server_->limits(), server_->pool(core_), reader_, *this);
  // What was agreed counts from the first PDU after the last Login Response.
  const bool header_digest = parameters.get(Key::header_digest) == kDigestCrc32c;
  const bool data_digest = parameters.get(Key::data_digest) == kDigestCrc32c;
  reader_.set_segment_max(parameters.our_segment_max);
  reader_.set_digests(header_digest, data_digest);
  writer_.set_digests(header_digest, data_digest);
  phase_ = Phase::full_feature;
  log_info("session {} of '{}' with {} from {} on core {}", info_.id, printable(info_.initiator),
           info_.target.empty() ? "discovery" : info_.target, peer_, core_);
  server_->tell({SessionEvent::Kind::began, info(), {}});
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
  server_->end_sessions_of(info_.target);
}

void Connection::flush() {
  if (closed_) return;
  if (session_) session_->work();
  if (write_armed_) return;
  while (fill()) {
    if (!send_some()) return;
  }
}

/// True if there is something to send.
bool Connection::fill() {
  if (closed_) return false;
  if (!writer_.drained()) return true;
  if (session_) {
    if (session_->sent()) close_when_sent_ = true;
    session_->work();  // what was sent made room
  }
  if (close_when_sent_) {
    close(session_ ? "logged out" : "login refused");
    return false;
  }
  if (session_) session_->fill(writer_);
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
  if (closed_) return;
  now_ = now;
  const Limits& limits = server_->limits();
  if (phase_ != Phase::full_feature) {
    if (now - accepted_ > limits.login_time) close("login took too long");
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
    return close("a PDU that does not end");
  }
  if (session_->overdue(now - limits.data_out_wait)) return close("Data-Out does not come");
  if (pinged_ != TimePoint{}) {
    if (now - pinged_ > limits.ping_answer) close("no answer to NOP-In");
  } else if (now - last_received_ > limits.idle_ping) {
    pinged_ = now;
    session_->ping();
  }
}

void Connection::ask_leave() {
  if (closed_) return;
  if (session_)
    session_->ask_logout();
  else
    close("the target stops");
}

void Connection::close(const std::string& reason) {
  if (closed_) return;
  closed_ = true;
  boost::system::error_code error;
  socket_.shutdown(Socket::shutdown_both, error);
  socket_.close(error);
  if (!session_) {
    log_info("connection from {} closed: {}", peer_, reason);
    return gone();
  }
  log_info("session {} of '{}' ended: {}", info_.id, printable(info_.initiator), reason);
  server_->tell({SessionEvent::Kind::ended, info(), reason});
  session_->detach([self = shared_from_this()] { self->gone(); });
}

void Connection::gone() {
  // In a turn of its own: the session may be further up the stack.
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->session_.reset();
    if (self->claim_id_ != 0) self->server_->release(self->claim_id_);
    self->server_->gone(self, self->core_);
  });
}

SessionInfo Connection::info() const {
  SessionInfo info = info_;
  if (!session_) return info;
  info.commands = session_->commands();
  info.bytes_read = session_->bytes_read();
  info.bytes_written = session_->bytes_written();
  return info;
}

}  // namespace tidemark::target
