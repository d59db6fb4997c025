#include "mgmt/daemon/signals.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace tidemark::mgmt {
namespace {

sigset_t held_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

void end_at_once(int number) {
  _exit(128 + number);
}

}  // namespace

void hold_signals() {
  const sigset_t set = held_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Asked wait_for_signal(std::optional<std::chrono::milliseconds> limit) {
  const sigset_t set = held_signals();
  const auto milliseconds = limit.value_or(std::chrono::hours(24)).count();
  const timespec time{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
  int number = 0;
  do {
    number = sigtimedwait(&set, nullptr, &time);
    if (number < 0 && errno == EAGAIN && limit) return Asked::nothing;
  } while (number < 0);
  if (number == SIGHUP) return Asked::to_reload;
  signal(SIGTERM, end_at_once);
  signal(SIGINT, end_at_once);
  signal(SIGHUP, SIG_IGN);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  return Asked::to_end;
}

}  // namespace tidemark::mgmt
