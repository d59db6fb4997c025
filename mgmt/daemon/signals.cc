#include "mgmt/daemon/signals.h"

#include <signal.h>
#include <unistd.h>

namespace tidemark::mgmt {
namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

void end_at_once(int number) {
  _exit(128 + number);
}

}  // namespace

void hold_signals() {
  const sigset_t set = ending_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int wait_for_signal() {
  const sigset_t set = ending_signals();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  signal(SIGTERM, end_at_once);
  signal(SIGINT, end_at_once);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  return number;
}

}  // namespace tidemark::mgmt
