// The programs as people use them: the daemon's start and end, and `tidemark` against it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
