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
      login_(std::make_unique<LoginMachine>(view_, server_->limits())),
      clock_(server_->limits()) {
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
  now_ = server_->cores().now();
  clock_.accepted(now_);
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
  clock_.received(now_);
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
        clock_.pdu_complete();
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
    clock_.not_heard(now_);
  }
  parse();
  settle();
}

void Connection::resume_if_idle() {
  if (may_read() && (parse_stopped_ || !read_armed_)) resume();
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
    clock_.sent(now_);
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
  if (phase_ == Phase::full_feature) return watch_peer();
  if (!clock_.login_overdue(now)) return;
  server_->count(RefusalCause::timed_out);
  close("login took too long");
}

void Connection::watch_peer() {
  if (!writer_.drained() && clock_.does_not_read(now_)) return close("the initiator does not read");
  if (!may_read()) return clock_.not_heard(now_);
  if (full_->overdue(now_ - server_->limits().data_out_wait)) return drop("Data-Out does not come");
  switch (clock_.look(now_, reader_.mid_pdu())) {
    case PeerClock::Verdict::fine:
      return;
    case PeerClock::Verdict::ping:
      return full_->ping();
    case PeerClock::Verdict::no_answer:
      return drop("no answer to NOP-In");
    case PeerClock::Verdict::pdu_does_not_end:
      return drop("a PDU that does not end");
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
