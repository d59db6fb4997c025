#include "target/isns_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "target/address.h"

namespace tidemark::target {
namespace {

using Endpoint = boost::asio::ip::tcp::endpoint;

/// Far more than there are targets; a server that is out of its mind is left alone for a while.
constexpr int kMessagesOfAnErrand = 1000;

TimePoint now() {
  return std::chrono::steady_clock::now();
}

Error failure(const char* what, int error) {
  return {ErrorKind::io, std::string(what) + ": " + std::strerror(error), {}};
}

IsnsAddress bytes_of(const boost::asio::ip::address& address) {
  namespace ip = boost::asio::ip;
  return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes()
                         : address.to_v6().to_bytes();
}

struct Socket {
  explicit Socket(int family)
      : fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
  const int fd;
};

/// One errand's use of its socket: every wait ends with `deadline`, or when `stop` is readable (-1:
/// nothing stops it).
struct Wire {
  int fd;
  int stop;
  TimePoint deadline;

  Result<void> await(short events) const {
    std::array<pollfd, 2> all = {pollfd{fd, events, 0}, pollfd{stop, POLLIN, 0}};
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
      if (left <= 0) return Error{ErrorKind::io, "it does not answer in time", {}};
      const int ready = ::poll(all.data(), all.size(), static_cast<int>(left));
      if (ready < 0 && errno != EINTR) return failure("poll", errno);
      if (all[1].revents != 0) return Error{ErrorKind::io, "the daemon ends", {}};
      if (ready > 0 && all[0].revents != 0) return {};
    }
  }
  Result<void> connect(const Endpoint& to) const {
    if (::connect(fd, to.data(), static_cast<socklen_t>(to.size())) == 0) return {};
    if (errno != EINPROGRESS) return failure("it cannot be reached", errno);
    if (auto done = await(POLLOUT); !done) return done;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return failure("it cannot be reached", error);
    return {};
  }
  Result<void> send(ConstBytes bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes = bytes.subspan(static_cast<size_t>(sent));
      } else if (errno == EAGAIN) {
        if (auto done = await(POLLOUT); !done) return done;
      } else if (errno != EINTR) {
        return failure("sending to it failed", errno);
      }
    }
    return {};
  }
  Result<void> receive(Bytes bytes) const {
    while (!bytes.empty()) {
      const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
      if (got > 0) {
        bytes = bytes.subspan(static_cast<size_t>(got));
      } else if (got == 0) {
        return Error{ErrorKind::io, "it hangs up instead of answering", {}};
      } else if (errno == EAGAIN) {
        if (auto done = await(POLLIN); !done) return done;
      } else if (errno != EINTR) {
        return failure("receiving from it failed", errno);
      }
    }
    return {};
  }
};

Endpoint local_of(int fd) {
  Endpoint local;
  socklen_t length = static_cast<socklen_t>(local.capacity());
  if (::getsockname(fd, local.data(), &length) == 0) local.resize(length);
  return local;
}

}  // namespace

std::vector<IsnsPortal> isns_portals(const std::vector<Portal>& portals, const Endpoint& local) {
  std::vector<IsnsPortal> found;
  for (const Portal& portal : portals) {
    const auto place = parse_endpoint(reachable_address(portal, local));
    if (!place) continue;
    const IsnsPortal one{bytes_of(place.value().address()), place.value().port(),
                         portal.spec.group};
    const auto is_there = [&](const IsnsPortal& other) {
      return other.address == one.address && other.port == one.port;
    };
    if (std::ranges::none_of(found, is_there)) found.push_back(one);
  }
  return found;
}

IsnsClient::IsnsClient(Options options)
    : options_(std::move(options)),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      registration_(options_.entity, options_.period),
      pause_(options_.first_pause) {
  thread_ = std::thread([this] { run(); });
}

IsnsClient::~IsnsClient() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  ::eventfd_write(stop_event_, 1);
  thread_.join();
  ::close(stop_event_);
}

void IsnsClient::serve(std::vector<std::string> targets, std::vector<Portal> portals) {
  {
    const std::lock_guard lock(mutex_);
    targets_ = std::move(targets);
    portals_ = std::move(portals);
    changed_ = true;
  }
  wake_.notify_one();
}

/// False: it is to stop.
bool IsnsClient::wait_until(TimePoint due) {
  std::unique_lock lock(mutex_);
  const auto woken = [this] { return stopping_ || changed_; };
  if (due == TimePoint::max())
    wake_.wait(lock, woken);
  else
    wake_.wait_until(lock, due, woken);
  // A change is told at once, also to a server that has just failed: it may be another portal that
  // leads to it now.
  changed_ = false;
  return !stopping_;
}

void IsnsClient::run() {
  TimePoint due = TimePoint::max();
  while (wait_until(due)) {
    const Result<void> done = errand(now() + options_.errand_time, false);
    note(done);
    if (done)
      due = registration_.registered() ? registration_.refresh_at() : TimePoint::max();
    else
      due = now() + std::exchange(pause_, std::min(pause_ * 2, options_.longest_pause));
  }
  if (!registration_.registered()) return;
  if (const auto done = errand(now() + options_.farewell_time, true); !done)
    log_warning("iSNS server {} is not told that the targets are gone: {}",
                to_text(options_.server), done.error().message);
}

void IsnsClient::note(const Result<void>& done) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;  // that is why
  }
  if (!done) {
    if (!std::exchange(failing_, true))
      log_warning("iSNS server {}: {}; it is tried again", to_text(options_.server),
                  done.error().message);
    return;
  }
  pause_ = options_.first_pause;
  if (std::exchange(failing_, false))
    log_info("iSNS server {} knows what is served here again", to_text(options_.server));
}

Result<void> IsnsClient::errand(TimePoint deadline, bool farewell) {
  const Socket socket(options_.server.protocol().family());
  if (socket.fd < 0) return failure("no socket", errno);
  const Wire wire{socket.fd, farewell ? -1 : stop_event_, deadline};
  if (auto done = wire.connect(options_.server); !done) return done;
  auto done = exchange(socket.fd, deadline, farewell);
  if (!done) registration_.unanswered();
  return done;
}

Result<void> IsnsClient::exchange(int fd, TimePoint deadline, bool farewell) {
  const Wire wire{fd, farewell ? -1 : stop_event_, deadline};
  registration_.want(wanted(local_of(fd), farewell));
  for (int i = 0; i < kMessagesOfAnErrand; ++i) {
    auto message = registration_.next(now());
    if (!message) return message.error();
    if (!message.value()) return {};
    if (auto done = wire.send(*message.value()); !done) return done;
    std::array<uint8_t, kIsnsHeaderSize> header{};
    if (auto done = wire.receive(header); !done) return done;
    const auto length =
        isns_payload_length(header, registration_.function(), registration_.transaction());
    if (!length) return length.error();
    std::vector<uint8_t> payload(length.value());
    if (auto done = wire.receive(payload); !done) return done;
    if (auto done = registration_.answer(payload, now()); !done) return done;
  }
  return Error{ErrorKind::io, "whatever it is told, it wants more", {}};
}

IsnsEntity IsnsClient::wanted(const Endpoint& local, bool farewell) {
  if (farewell) return {};
  const std::lock_guard lock(mutex_);
  return {targets_, isns_portals(portals_, local)};
}

}  // namespace tidemark::target
