#include "mgmt/daemon/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "storage/file_descriptor.h"

namespace tidemark::mgmt {
namespace {

std::string taken(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  unsetenv(name);
  return text;
}

}  // namespace

ServiceManager::ServiceManager() : socket_(taken("NOTIFY_SOCKET")) {
  const std::string pid = taken("WATCHDOG_PID");
  const uint64_t microseconds = std::strtoull(taken("WATCHDOG_USEC").c_str(), nullptr, 10);
  if (!pid.empty() && pid != std::to_string(getpid())) return;
  // Half of the time after which we are given up, as sd_watchdog_enabled(3) asks.
  if (microseconds >= 2000) interval_ = std::chrono::milliseconds(microseconds / 2000);
}

void ServiceManager::reloading() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds =
      static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
  say("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void ServiceManager::say(const std::string& text) const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof to.sun_path) return;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const storage::FileDescriptor fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // Whoever does not listen any more is not told.
  [[maybe_unused]] const ssize_t sent = sendto(fd.get(), text.data(), text.size(), MSG_NOSIGNAL,
                                               reinterpret_cast<sockaddr*>(&to), size);
}

}  // namespace tidemark::mgmt
