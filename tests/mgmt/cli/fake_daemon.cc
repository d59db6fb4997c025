#include "tests/mgmt/cli/fake_daemon.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace tidemark::mgmt::cli {
namespace {

size_t body_length(const std::string& head) {
  const std::string name = "Content-Length: ";
  const size_t at = head.find(name);
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + name.size(), nullptr, 10);
}

void check(bool fine, const char* what) {
  if (fine) return;
  std::perror(what);
  std::abort();
}

}  // namespace

FakeDaemon::FakeDaemon() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  check(bind(listener_, generic, length) == 0, "bind");
  check(listen(listener_, 16) == 0, "listen");
  check(getsockname(listener_, generic, &length) == 0, "getsockname");
  check(pipe(wake_) == 0, "pipe");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

FakeDaemon::~FakeDaemon() {
  check(write(wake_[1], "x", 1) == 1, "write");
  thread_.join();
  close(wake_[0]);
  close(wake_[1]);
  close(listener_);
}

void FakeDaemon::answer(const std::string& request, int status, const std::string& body) {
  const std::lock_guard lock(mutex_);
  replies_[request].push_back({status, body});
}

void FakeDaemon::answer_raw(const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  raw_ = bytes;
}

std::vector<std::string> FakeDaemon::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeDaemon::serve() {
  while (true) {
    pollfd fds[] = {{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    check(poll(fds, 2, -1) > 0, "poll");
    if (fds[1].revents != 0) return;
    const int connection = accept(listener_, nullptr, nullptr);
    check(connection >= 0, "accept");
    handle(connection);
    close(connection);
  }
}

void FakeDaemon::handle(int connection) {
  std::string text;
  char buffer[4096];
  size_t head_end = std::string::npos;
  while (head_end == std::string::npos || text.size() < head_end + 4 + body_length(text)) {
    const ssize_t got = read(connection, buffer, sizeof buffer);
    if (got <= 0) return;
    text.append(buffer, static_cast<size_t>(got));
    head_end = text.find("\r\n\r\n");
  }
  const std::string request = text.substr(0, text.find(" HTTP/"));
  const std::string body = text.substr(head_end + 4);
  const std::string reply = reply_to(request);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(body.empty() ? request : request + " " + body);
  }
  // A client that has gone away is its own business.
  [[maybe_unused]] const ssize_t sent = send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);
}

std::string FakeDaemon::reply_to(const std::string& request) {
  const std::lock_guard lock(mutex_);
  if (!raw_.empty()) return raw_;
  Reply reply{404, R"({"title":"Not Found","detail":"there is no such thing"})"};
  if (const auto found = replies_.find(request); found != replies_.end()) {
    reply = found->second.front();
    if (found->second.size() > 1) found->second.erase(found->second.begin());
  }
  return fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                     reply.status, reply.body.size(), reply.body);
}

}  // namespace tidemark::mgmt::cli
