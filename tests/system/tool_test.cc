// The programs as people use them: the daemon's start and end, and `tidemark` against it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/system/daemon.h"
#include "tests/system/process.h"

namespace tidemark::system_test {
namespace {

using testing::HasSubstr;

Finished tidemark(const Daemon& daemon, std::vector<std::string> words) {
  words.insert(words.begin(), {TIDEMARK_PATH, "--target", daemon.management_url()});
  return run_program(words);
}

TEST(Tool, ShowsADaemonAtRest) {
  Daemon daemon;
  const auto session = daemon.attach(0, "visitor");
  const Finished status = tidemark(daemon, {"status"});
  EXPECT_EQ(status.status, 0) << status.output;
  EXPECT_THAT(status.output, HasSubstr(daemon.portal()));
  EXPECT_THAT(tidemark(daemon, {"volume", "list"}).output, HasSubstr("32 MiB"));
  EXPECT_THAT(tidemark(daemon, {"lun", "list"}).output, HasSubstr(kTarget));
  EXPECT_THAT(tidemark(daemon, {"session", "list"}).output, HasSubstr("visitor"));
  EXPECT_THAT(tidemark(daemon, {"--json", "status"}).output, HasSubstr("\"name\""));
  EXPECT_EQ(tidemark(daemon, {"copy", "show", "1"}).status, 1);
}

TEST(Tool, StartsAndShowsCopies) {
  Daemon daemon;
  const Finished copied = tidemark(daemon, {"copy", "start", "source", "copy", "--watch"});
  EXPECT_EQ(copied.status, 0) << copied.output;
  EXPECT_THAT(copied.output, HasSubstr("completed"));
  EXPECT_THAT(tidemark(daemon, {"copy", "list"}).output, HasSubstr("completed"));
  EXPECT_THAT(tidemark(daemon, {"copy", "map", "1"}).output, HasSubstr("####"));
  EXPECT_THAT(tidemark(daemon, {"copy", "show", "1"}).output, HasSubstr("32 MiB of 32 MiB"));
  const Finished pause = tidemark(daemon, {"copy", "pause", "1"});
  EXPECT_EQ(pause.status, 1);
  EXPECT_THAT(pause.output, HasSubstr("tidemark: "));
  const Finished refused = tidemark(daemon, {"copy", "start", "source", "nowhere"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, HasSubstr("destination"));
}

TEST(Tool, MakesAVolumeThatHostsFindAsALun) {
  Daemon daemon;
  const std::string token = daemon.directory() / "state" / "admin.token";
  ASSERT_EQ(setenv("TIDEMARK_TOKEN_FILE", token.c_str(), 1), 0);
  const auto done = [&](std::vector<std::string> words) {
    const Finished finished = tidemark(daemon, std::move(words));
    EXPECT_EQ(finished.status, 0) << finished.output;
    return finished.output;
  };
  done({"volume", "create", "more", "16MiB"});
  EXPECT_THAT(done({"lun", "map", kTarget, "more"}), HasSubstr("lun         2"));
  EXPECT_EQ(daemon.attach(2, "visitor")->size(), 16u << 20);
  EXPECT_THAT(done({"target", "list"}), HasSubstr("2: more"));
  const Finished refused = tidemark(daemon, {"volume", "delete", "more"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, HasSubstr("unmap it first"));
  done({"lun", "unmap", kTarget, "2"});
  done({"volume", "delete", "more", "--erase"});
  EXPECT_FALSE(std::filesystem::exists(daemon.directory() / "state/volumes/more.img"));
  unsetenv("TIDEMARK_TOKEN_FILE");
  // Without it, and without one to be found, what is served is not changed.
  setenv("XDG_STATE_HOME", daemon.directory().c_str(), 1);
  EXPECT_EQ(tidemark(daemon, {"volume", "create", "more", "16MiB"}).status, 1);
}

/// What `tidemark` writes to a terminal of 60 columns, and its exit status.
std::pair<int, std::string> in_terminal(const Daemon& daemon, std::vector<std::string> words) {
  words.insert(words.begin(), {TIDEMARK_PATH, "--target", daemon.management_url()});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const winsize size{.ws_row = 24, .ws_col = 60, .ws_xpixel = 0, .ws_ypixel = 0};
  int terminal = -1;
  const pid_t pid = forkpty(&terminal, nullptr, nullptr, &size);
  if (pid == 0) {
    execv(TIDEMARK_PATH, argv.data());
    _exit(127);
  }
  std::string output;
  char buffer[4096];
  for (ssize_t count; (count = read(terminal, buffer, sizeof buffer)) > 0;)
    output.append(buffer, static_cast<size_t>(count));
  close(terminal);
  int status = 0;
  waitpid(pid, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

TEST(Tool, DrawsProgressOnATerminalAndWritesPlainLinesIntoAPipe) {
  Daemon daemon;
  const std::vector<std::string> copy = {"copy", "start", "source", "copy", "--watch"};
  const auto [status, drawn] = in_terminal(daemon, copy);
  EXPECT_EQ(status, 0) << drawn;
  EXPECT_THAT(drawn, HasSubstr("\r\x1b[K"));
  for (size_t at = 0; at < drawn.size();) {
    const size_t end = std::min(drawn.find('\r', at), drawn.size());
    EXPECT_LE(end - at, 60u + std::string("\x1b[K").size());
    at = end + 1;
  }
  const Finished piped = tidemark(daemon, copy);
  EXPECT_EQ(piped.status, 0);
  EXPECT_EQ(piped.output.find_first_of("\r\x1b"), std::string::npos) << piped.output;
  // Again and again, until it is ended.
  const pid_t pid = spawn_program(
      {TIDEMARK_PATH, "--target", daemon.management_url(), "--watch", "volume", "list"},
      daemon.directory() / "watched");
  const auto lists = [&] {
    std::ifstream file(daemon.directory() / "watched");
    std::string word;
    int count = 0;
    while (file >> word) count += word == "source" ? 1 : 0;
    return count;
  };
  for (int i = 0; i < 200 && lists() < 2; ++i) usleep(50'000);
  EXPECT_GE(lists(), 2);
  kill(pid, SIGTERM);
  EXPECT_EQ(await_exit(pid, std::chrono::seconds(5)), 128 + SIGTERM);
}

TEST(Tool, DemonstratesItself) {
  Daemon daemon;
  const Finished demo = tidemark(daemon, {"demo", "--seed", "5"});
  EXPECT_EQ(demo.status, 0) << demo.output;
  EXPECT_THAT(demo.output,
              HasSubstr("proof        holds: the copy is the source after exactly n ="));
}

TEST(DaemonStart, RefusesAPortInUse) {
  Daemon daemon;
  const Finished second = run_program({TIDEMARKD_PATH, "--state-dir", daemon.directory() / "second",
                                       "--portal", daemon.portal(), "--management", "127.0.0.1:0"});
  EXPECT_FALSE(second.timed_out);
  EXPECT_NE(second.status, 0);
  EXPECT_THAT(second.output, HasSubstr(daemon.portal()));
  EXPECT_TRUE(daemon.running());
}

TEST(DaemonStart, RefusesAWrongConfiguration) {
  Daemon daemon;
  const std::string file = daemon.directory() / "wrong.json";
  const auto check = [&](const std::string& text) {
    std::ofstream(file) << text;
    return run_program({TIDEMARKD_PATH, "--check", "--config", file});
  };
  for (const char* text : {"{", "[]", "{\"portal\": []}", "{\"cores\": -1}", "{\"volumes\": 7}"}) {
    const Finished refused = check(text);
    EXPECT_EQ(refused.status, 2) << text << "\n" << refused.output;
    EXPECT_THAT(refused.output, HasSubstr("wrong.json")) << text;
  }
}

TEST(DaemonStart, KeepsWhatWasWrittenBefore) {
  Daemon daemon;
  const std::vector<uint8_t> data(64 * 1024, 0xc3);
  {
    const auto disk = daemon.attach(0);
    ASSERT_NE(disk, nullptr);
    disk->write(1 << 20, data, [](const std::string& error) { EXPECT_EQ(error, ""); });
    ASSERT_TRUE(disk->drain().ok());
  }
  daemon.restart();
  const auto disk = daemon.attach(0);
  ASSERT_NE(disk, nullptr);
  std::vector<uint8_t> back(data.size());
  disk->read(1 << 20, back, [](const std::string& error) { EXPECT_EQ(error, ""); });
  ASSERT_TRUE(disk->drain().ok());
  EXPECT_EQ(back, data);
}

}  // namespace
}  // namespace tidemark::system_test
