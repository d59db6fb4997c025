#include "mgmt/daemon/signals.h"

#include <signal.h>
#include <unistd.h>

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

Asked wait_for_signal() {
  const sigset_t set = held_signals();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  if (number == SIGHUP) return Asked::to_reload;
  signal(SIGTERM, end_at_once);
  signal(SIGINT, end_at_once);
  signal(SIGHUP, SIG_IGN);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  return Asked::to_end;
}

}  // namespace tidemark::mgmt
