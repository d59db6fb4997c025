// A test that is killed while its file system is frozen leaves nothing behind.
#include "tests/system/mount.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace tidemark::system_test {
namespace {

using namespace std::chrono_literals;

bool is_mounted(const std::string& path) {
  std::ostringstream mounts;
  mounts << std::ifstream("/proc/mounts").rdbuf();
  return mounts.str().find(" " + path + " ") != std::string::npos;
}

/// In a process that is killed with its file system frozen. Where that was; empty if there can be
/// none here.
std::string killed_frozen() {
  int ends[2];
  if (pipe(ends) != 0) return "";
  const pid_t child = fork();
  if (child == 0) {
    Mount mount;
    const std::string path = mount.mounted() ? mount.path() : "";
    if (!path.empty() && !mount.freeze()) _exit(1);
    if (write(ends[1], path.data(), path.size()) < 0) _exit(1);
    kill(getpid(), SIGKILL);
  }
  close(ends[1]);
  char path[4096] = {};
  const ssize_t length = read(ends[0], path, sizeof path - 1);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return {path, length > 0 ? static_cast<size_t>(length) : 0};
}

TEST(Mount, OfATestThatIsKilledIsThawedAndTakenAway) {
  const std::string path = killed_frozen();
  if (path.empty()) GTEST_SKIP() << "no file system can be mounted here";
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (is_mounted(path) || std::filesystem::exists(std::filesystem::path(path).parent_path())) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << path << " is still there";
    std::this_thread::sleep_for(5ms);
  }
}

}  // namespace
}  // namespace tidemark::system_test
