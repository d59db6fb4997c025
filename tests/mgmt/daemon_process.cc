#include "tests/mgmt/daemon_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tidemark::mgmt {
namespace {

// The rest of the line after the last `mark`.
std::string after(const std::string& text, const std::string& mark) {
  const size_t at = text.rfind(mark);
  if (at == std::string::npos) return {};
  const size_t begin = at + mark.size();
  const size_t end = text.find('\n', begin);
  return end == std::string::npos ? std::string() : text.substr(begin, end - begin);
}

}  // namespace

DaemonProcess::DaemonProcess(const std::vector<std::string>& arguments) {
  std::vector<char*> argv = {const_cast<char*>(TIDEMARKD)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  int ends[2];
  if (pipe(ends) != 0) return;
  pid_ = fork();
  if (pid_ == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    execv(TIDEMARKD, argv.data());
    _exit(127);
  }
  close(ends[1]);
  pipe_ = ends[0];
}

DaemonProcess::~DaemonProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    exit_code();
  }
  close(pipe_);
}

bool DaemonProcess::read_more() {
  char buffer[4096];
  const ssize_t count = read(pipe_, buffer, sizeof buffer);
  if (count <= 0) return false;
  output_.append(buffer, static_cast<size_t>(count));
  return true;
}

bool DaemonProcess::ready() {
  while (management_.empty()) {
    if (!read_more()) return false;
    const std::string url = after(output_, "management at ");  // http:// or https://
    if (!url.empty()) management_ = url.substr(url.find("//") + 2);
  }
  portal_ = after(output_, "iSCSI portal at ");
  return true;
}

void DaemonProcess::signal(int number) {
  kill(pid_, number);
}

int DaemonProcess::exit_code() {
  while (read_more()) {
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace tidemark::mgmt
