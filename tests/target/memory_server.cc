// Serves one memory LUN until it is told to end: what an outside judge (iscsi-test-cu) is run
// against. memory_server [ADDRESS:PORT]
#include <fmt/core.h>

#include <csignal>

#include "tests/target/served_target.h"

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  tidemark::target::ServedOptions options;
  if (argc > 1) options.address = argv[1];
  tidemark::target::ServedTarget served(options);
  fmt::print("iscsi://{}/{}/0\n", served.address(), tidemark::target::kTargetName);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}
