#include "tests/system/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace tidemark::system_test {
namespace {

using Clock = std::chrono::steady_clock;

/// In the child, between fork and exec.
[[noreturn]] void become(const std::vector<std::string>& words, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  std::perror(arguments[0]);
  _exit(127);
}

int status_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

int remaining_ms(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

/// Gathers output until the child closes it; false if the deadline came first.
bool gather(int from, Clock::time_point deadline, std::string& output) {
  char buffer[16384];
  while (true) {
    pollfd fd{from, POLLIN, 0};
    if (poll(&fd, 1, remaining_ms(deadline)) <= 0) return false;
    const ssize_t got = read(from, buffer, sizeof buffer);
    if (got <= 0) return true;
    output.append(buffer, static_cast<size_t>(got));
  }
}

}  // namespace

Finished run_program(const std::vector<std::string>& words, std::chrono::seconds limit) {
  const auto deadline = Clock::now() + limit;
  int ends[2];
  Finished finished;
  if (pipe2(ends, O_CLOEXEC) != 0) return finished;
  const pid_t pid = fork();
  if (pid == 0) become(words, ends[1]);
  close(ends[1]);
  finished.timed_out = !gather(ends[0], deadline, finished.output);
  if (finished.timed_out) kill(pid, SIGKILL);
  close(ends[0]);
  int wait_status = 0;
  waitpid(pid, &wait_status, 0);
  finished.status = status_of(wait_status);
  return finished;
}

pid_t spawn_program(const std::vector<std::string>& words, const std::string& output_file) {
  const int output = open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const pid_t pid = fork();
  if (pid == 0) become(words, output);
  close(output);
  return pid;
}

int await_exit(pid_t pid, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  pollfd fd{handle, POLLIN, 0};
  const int ready = poll(&fd, 1, remaining_ms(deadline));
  close(handle);
  if (ready <= 0) return -1;
  int wait_status = 0;
  waitpid(pid, &wait_status, 0);
  return status_of(wait_status);
}

}  // namespace tidemark::system_test
