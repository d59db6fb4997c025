#include "tests/system/mount.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "tests/system/process.h"

namespace tidemark::system_test {
namespace {

constexpr char kAllIsWell = 'w';

bool control(const char* path, unsigned long request) {
  const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = fd >= 0 && ioctl(fd, request, 0) == 0;
  if (fd >= 0) close(fd);
  return done;
}

/// Waits for the test's last word. Between fork and exit: system calls and nothing else.
[[noreturn]] void stand_guard(int test, const char* path, const char* image, const char* parent) {
  // What it inherited would keep others waiting for the test's output.
  dup2(test, 0);
  close_range(1, ~0U, 0);
  char word = 0;
  if (read(0, &word, 1) == 1 && word == kAllIsWell) _exit(0);
  control(path, FITHAW);
  umount2(path, MNT_DETACH);
  unlink(image);
  rmdir(path);
  rmdir(parent);
  _exit(0);
}

}  // namespace

Mount::Mount() {
  std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-fs-XXXXXX").string();
  directory_ = mkdtemp(pattern.data());
  const std::string image = (directory_ / "image").string();
  std::filesystem::create_directory(path());
  if (geteuid() != 0) return;
  start_guard();
  mounted_ = run_program({"truncate", "-s", "96M", image}).status == 0 &&
             run_program({"mkfs.ext4", "-q", "-F", image}).status == 0 &&
             run_program({"mount", "-o", "loop", image, path()}).status == 0;
}

void Mount::start_guard() {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  guard_ = ends[1];
  const std::string fs = path(), image = (directory_ / "image").string();
  const pid_t between = fork();
  if (between == 0) {
    setsid();
    if (fork() == 0) stand_guard(ends[0], fs.c_str(), image.c_str(), directory_.c_str());
    _exit(0);
  }
  waitpid(between, nullptr, 0);
  close(ends[0]);
}

Mount::~Mount() {
  thaw();
  if (mounted_) {
    EXPECT_EQ(run_program({"umount", path()}).status, 0);
  }
  std::filesystem::remove_all(directory_);
  if (guard_ < 0) return;
  EXPECT_EQ(write(guard_, &kAllIsWell, 1), 1);
  close(guard_);
}

bool Mount::freeze() {
  return frozen_ = control(path().c_str(), FIFREEZE);
}

void Mount::thaw() {
  if (std::exchange(frozen_, false)) {
    EXPECT_TRUE(control(path().c_str(), FITHAW));
  }
}

}  // namespace tidemark::system_test
