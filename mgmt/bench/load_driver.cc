#include "mgmt/bench/load_driver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace tidemark::mgmt::bench {
namespace {

constexpr int kEventsMax = 64;
constexpr int kTurnMs = 100;
constexpr uint64_t kNanosPerMs = 1'000'000;
constexpr uint64_t kLoginLimit = 10'000 * kNanosPerMs;
constexpr uint64_t kDrainLimit = 10'000 * kNanosPerMs;
// Then other sessions of this thread get their turn.
constexpr int kReceivesInARow = 8;

Error broken(std::string message) {
  return {ErrorKind::io, std::move(message), ""};
}

Result<int> connect_to(const LunUrl& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found); error != 0)
    return Error{ErrorKind::invalid, url.host + ": " + gai_strerror(error), "URL"};
  std::string why = "no address";
  int fd = -1;
  for (const addrinfo* at = found; at != nullptr && fd < 0; at = at->ai_next) {
    fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) == 0) break;
    why = std::strerror(errno);
    if (fd >= 0) close(fd);
    fd = -1;
  }
  freeaddrinfo(found);
  if (fd < 0) return broken(url.host + ":" + url.port + ": " + why);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

uint64_t monotonic_ns() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

LoadDriver::LoadDriver() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

LoadDriver::~LoadDriver() {
  for (const auto& connection : connections_)
    if (connection->fd >= 0) close(connection->fd);
  if (epoll_ >= 0) close(epoll_);
}

Result<void> LoadDriver::add(const LunUrl& url, LoginDialog::Who who, const Load& load) {
  Result<int> fd = connect_to(url);
  if (!fd) return fd.error();
  auto connection = std::make_unique<Connection>();
  connection->fd = fd.value();
  connection->initiator = std::make_unique<Initiator>(std::move(who), url.lun, load);
  connections_.push_back(std::move(connection));
  Connection& kept = *connections_.back();
  ++open_;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &kept;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, kept.fd, &event) != 0) return broken(std::strerror(errno));
  return {};
}

Result<void> LoadDriver::log_in() {
  for (const auto& connection : connections_) {
    connection->initiator->begin();
    send(*connection);
  }
  const auto ready = [](const auto& connection) {
    return connection->initiator->phase() == Initiator::Phase::ready;
  };
  const uint64_t limit = monotonic_ns() + kLoginLimit;
  while (!std::all_of(connections_.begin(), connections_.end(), ready)) {
    if (monotonic_ns() > limit) return broken("no session within 10 s");
    if (auto turned = turn(kTurnMs); !turned) return turned;
  }
  return {};
}

Result<LoadDriver::Outcome> LoadDriver::run(uint64_t begin, uint64_t end) {
  ProcessUse before = thread_use();
  bool measuring = begin == 0;
  uint64_t now = monotonic_ns();
  for (const auto& connection : connections_) {
    connection->initiator->start(now);
    send(*connection);
  }
  while (open_ > 0 && (now = monotonic_ns()) < end) {
    if (!measuring && now >= begin) {
      measuring = true;
      before = thread_use();
      for (const auto& connection : connections_) connection->initiator->reset_tally();
    }
    const uint64_t next = measuring ? end : begin;
    const uint64_t left_ms = (next - now) / kNanosPerMs + 1;
    const auto timeout = static_cast<int>(std::min<uint64_t>(left_ms, kTurnMs));
    if (auto turned = turn(timeout); !turned) return turned.error();
  }
  const Outcome done = outcome(before);
  if (auto out = log_out(); !out) return out.error();
  return done;
}

LoadDriver::Outcome LoadDriver::outcome(const ProcessUse& before) const {
  Outcome outcome;
  outcome.ended = monotonic_ns();
  outcome.use = thread_use().since(before);
  for (const auto& connection : connections_) outcome.tally.add(connection->initiator->tally());
  return outcome;
}

Result<void> LoadDriver::log_out() {
  for (const auto& connection : connections_) {
    if (!connection->open) continue;
    connection->initiator->stop();
    send(*connection);
  }
  const uint64_t limit = monotonic_ns() + kDrainLimit;
  while (open_ > 0) {
    if (monotonic_ns() > limit) return broken("commands unanswered for 10 s");
    if (auto turned = turn(kTurnMs); !turned) return turned;
  }
  return {};
}

Result<void> LoadDriver::turn(int timeout_ms) {
  std::array<epoll_event, kEventsMax> events;
  const int count = epoll_wait(epoll_, events.data(), kEventsMax, timeout_ms);
  if (count < 0 && errno != EINTR) return broken(std::strerror(errno));
  for (int i = 0; i < count; ++i) {
    auto& connection = *static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr);
    receive(connection);
    send(connection);
    const Initiator& initiator = *connection.initiator;
    if (initiator.phase() == Initiator::Phase::failed) return broken(initiator.error());
    if (initiator.phase() == Initiator::Phase::ended) drop(connection);
  }
  return {};
}

void LoadDriver::receive(Connection& connection) {
  Initiator& initiator = *connection.initiator;
  for (int i = 0; i < kReceivesInARow; ++i) {
    const Bytes space = initiator.stream().space();
    const ssize_t bytes = recv(connection.fd, space.data(), space.size(), MSG_DONTWAIT);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (bytes <= 0) {
      const bool over = initiator.phase() == Initiator::Phase::ended;
      if (!over) initiator.fail(bytes == 0 ? "the target closed the connection" : strerror(errno));
      return;
    }
    initiator.received(static_cast<size_t>(bytes), monotonic_ns());
    // A receive that does not fill the space has taken all there was.
    if (static_cast<size_t>(bytes) < space.size()) return;
  }
}

void LoadDriver::send(Connection& connection) {
  Initiator& initiator = *connection.initiator;
  SendQueue& output = initiator.output();
  while (!output.empty()) {
    const auto pending = output.pending();
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pending.data());
    message.msg_iovlen = pending.size();
    const ssize_t bytes = sendmsg(connection.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0 && errno == EAGAIN) return watch(connection, true);
    if (bytes < 0) return initiator.fail(std::strerror(errno));
    output.sent(static_cast<size_t>(bytes));
    // Slots that became free while this waited to be sent.
    if (output.empty() && connection.awaits_room) initiator.issue(monotonic_ns());
  }
  watch(connection, false);
}

void LoadDriver::watch(Connection& connection, bool room) {
  if (connection.awaits_room == room || !connection.open) return;
  connection.awaits_room = room;
  epoll_event event{};
  event.events = EPOLLIN;
  if (room) event.events |= EPOLLOUT;
  event.data.ptr = &connection;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void LoadDriver::drop(Connection& connection) {
  if (!connection.open) return;
  connection.open = false;
  --open_;
  close(connection.fd);
  connection.fd = -1;
}

}  // namespace tidemark::mgmt::bench
