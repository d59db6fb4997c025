#include "target/keep_alive.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/log.h"

namespace tidemark::target {
namespace {

constexpr int kProbes = 3;

void set(int fd, int level, int name, int value) {
  if (::setsockopt(fd, level, name, &value, sizeof value) != 0)
    log_warning("socket option {} of TCP keepalive: {}", name, std::strerror(errno));
}

}  // namespace

void keep_alive(int fd, Duration silence) {
  const auto seconds = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(silence).count());
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, seconds / kProbes));
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
}

}  // namespace tidemark::target
