// The command line from its words to its exit status, against a scripted daemon.
#include "mgmt/cli/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/mgmt/cli/fake_daemon.h"

namespace tidemark::mgmt::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kCopying =
    R"({"id":7,"origin":"rest","source":"a","destination":"b","state":"copying",
        "bytes":{"total":1000,"done":250},"rate":100,"eta_seconds":8,"held":{"now":1,"total":3}})";

std::string copy_in_state(const std::string& state) {
  return R"({"id":7,"source":"a","destination":"b","state":")" + state +
         R"(","bytes":{"total":1000,"done":1000},"error":{"code":"no_space","party":"store",)"
         R"("text":"nothing left"}})";
}

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

Outcome run(std::vector<const char*> words) {
  words.insert(words.begin(), "tidemark");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const auto line = read_command_line(static_cast<int>(words.size()), words.data());
  Console console;
  const int* refused = std::get_if<int>(&line);
  const int status =
      refused != nullptr ? *refused : run_command(std::get<CommandLine>(line), console);
  Outcome outcome{status, "", ""};
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

struct Commands : testing::Test {
  Outcome tidemark(std::vector<const char*> words) {
    words.insert(words.begin(), {"--target", url.c_str()});
    return run(words);
  }

  FakeDaemon daemon;
  std::string url = daemon.url();
};

TEST_F(Commands, StatusIsShownToPeople) {
  daemon.answer("GET /api/v1/status", 200,
                R"({"version":"0.1.0","uptime_seconds":65,"cores":2,"io_engine":"io_uring",
                    "portals":["127.0.0.1:3260"],"copies":{"running":1,"ended":4},"pid":42})");
  const Outcome outcome = tidemark({"status"});
  EXPECT_EQ(outcome.status, kExitOk);
  EXPECT_THAT(outcome.out, HasSubstr("1 min 5 s"));
  EXPECT_THAT(outcome.out, HasSubstr("2 (io_uring)"));
  EXPECT_THAT(outcome.out, HasSubstr("1 running, 4 ended"));
}

TEST_F(Commands, ListsAreTables) {
  daemon.answer("GET /api/v1/volumes", 200,
                R"({"volumes":[{"name":"source","kind":"file","location":"/x","size":1073741824,
                    "block_size":512,"write_protected":true,"cache":"write-back"}]})");
  daemon.answer("GET /api/v1/luns", 200,
                R"({"luns":[{"target":"iqn.t","lun":3,"volume":"source","size":512}]})");
  daemon.answer("GET /api/v1/sessions", 200,
                R"({"sessions":[{"id":1,"initiator":"iqn.\u001b[31mred","type":"discovery"}]})");
  EXPECT_THAT(tidemark({"volume", "list"}).out, HasSubstr("1 GiB    512  protected"));
  EXPECT_THAT(tidemark({"lun", "list"}).out, HasSubstr("iqn.t     3  source"));
  const Outcome sessions = tidemark({"session", "list"});
  EXPECT_THAT(sessions.out, HasSubstr("(discovery)"));
  EXPECT_THAT(sessions.out, Not(HasSubstr("\x1b"))) << "a peer's name must not steer the terminal";
}

TEST_F(Commands, VolumesGrow) {
  daemon.answer("POST /api/v1/volumes/a%2Fb/grow", 200, R"({"name":"a/b","size":2147483648})");
  const Outcome outcome = tidemark({"volume", "grow", "a/b", "2GiB"});
  EXPECT_EQ(outcome.status, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2 GiB"));
  EXPECT_EQ(tidemark({"volume", "grow", "a"}).status, kExitUsage);
}

TEST_F(Commands, PortGroupsAreListedAndSet) {
  const std::string group =
      R"({"tag":2,"luns":[{"lun":7,"volume":"source","state":"standby","preferred":true}]})";
  daemon.answer("GET /api/v1/targets/iqn.t/port-groups", 200, R"({"port_groups":[)" + group + "]}");
  daemon.answer("POST /api/v1/targets/iqn.t/port-groups/2", 200, group);
  const std::string row = "    2    7  source  standby  yes";
  EXPECT_THAT(tidemark({"port-group", "list", "iqn.t"}).out, HasSubstr(row));
  const Outcome set =
      tidemark({"port-group", "set", "iqn.t", "2", "--state", "standby", "--preferred", "true"});
  EXPECT_EQ(set.status, kExitOk) << set.err;
  EXPECT_THAT(set.out, HasSubstr(row));
  EXPECT_EQ(daemon.requests().back(),
            "POST /api/v1/targets/iqn.t/port-groups/2 {\"preferred\":true,\"state\":\"standby\"}");
  EXPECT_EQ(tidemark({"port-group", "set", "iqn.t", "2", "--state", "odd"}).status, kExitUsage);
  EXPECT_EQ(tidemark({"port-group", "set", "iqn.t", "70000"}).status, kExitUsage);
}

TEST_F(Commands, JsonIsPassedOn) {
  daemon.answer("GET /api/v1/copies", 200, R"({"copies":[],"more":1})");
  EXPECT_EQ(tidemark({"--json", "copy", "list"}).out, "{\"copies\":[],\"more\":1}\n");
  EXPECT_EQ(tidemark({"copy", "list", "--json"}).out, "{\"copies\":[],\"more\":1}\n");
}

TEST_F(Commands, StartSendsWhatWasSaidAndNothingElse) {
  daemon.answer("POST /api/v1/copies", 201, kCopying);
  EXPECT_EQ(tidemark({"copy", "start", "a", "b"}).status, kExitOk);
  EXPECT_EQ(tidemark({"copy", "start", "a", "b", "--grain", "4KiB", "--consistency", "segment",
                      "--release=ram", "--on-preserve-error", "fail_write"})
                .status,
            kExitOk);
  EXPECT_THAT(
      daemon.requests(),
      ElementsAre(
          R"(POST /api/v1/copies {"destination":"b","source":"a"})",
          R"(POST /api/v1/copies {"consistency":"segment","destination":"b","grain":"4KiB",)"
          R"("on_preserve_error":"fail_write","release":"ram","source":"a"})"));
}

TEST_F(Commands, ARefusalNamesTheFieldOnOneLine) {
  daemon.answer("POST /api/v1/copies", 422,
                R"({"title":"x","detail":"no volume has this name","field":"source"})");
  const Outcome outcome = tidemark({"copy", "start", "a", "b", "--watch"});
  EXPECT_EQ(outcome.status, kExitRefused);
  EXPECT_EQ(outcome.err, "tidemark: source: no volume has this name\n");
}

TEST_F(Commands, AFieldThatTheRefusalNamesItselfIsNotNamedTwice) {
  daemon.answer("POST /api/v1/copies", 422,
                R"({"title":"x","detail":"grain: is not a size","field":"grain"})");
  EXPECT_EQ(tidemark({"copy", "start", "a", "b"}).err, "tidemark: grain: is not a size\n");
}

TEST_F(Commands, WatchStaysUntilTheCopyEnds) {
  daemon.answer("GET /api/v1/copies/7", 200, kCopying);
  daemon.answer("GET /api/v1/copies/7", 200, copy_in_state("completed"));
  const Outcome outcome = tidemark({"copy", "watch", "7"});
  EXPECT_EQ(outcome.status, kExitOk);
  EXPECT_THAT(outcome.out, HasSubstr("25.0 %  250 B of 1000 B  100 B/s  to go 8 s  held 3"));
  EXPECT_THAT(outcome.out, HasSubstr("100 %"));
  EXPECT_EQ(daemon.requests().size(), 2u);
}

TEST_F(Commands, AWatchedCopyThatIsNotCompletedHasItsOwnStatus) {
  daemon.answer("POST /api/v1/copies", 201, kCopying);
  daemon.answer("GET /api/v1/copies/7", 200, copy_in_state("broken"));
  const Outcome outcome = tidemark({"copy", "start", "a", "b", "--watch"});
  EXPECT_EQ(outcome.status, kExitNotCompleted);
  EXPECT_THAT(outcome.out, HasSubstr("store: no_space (nothing left)"));
}

TEST_F(Commands, VerbsOnACopyArePosted) {
  for (const char* verb : {"pause", "resume", "cancel"}) {
    daemon.answer(std::string("POST /api/v1/copies/7/") + verb, 200, kCopying);
    EXPECT_EQ(tidemark({"copy", verb, "7"}).status, kExitOk) << verb;
  }
  EXPECT_EQ(tidemark({"copy", "pause", "8"}).status, kExitRefused);
}

TEST_F(Commands, SetSendsWhatWasSaidAndNothingElse) {
  daemon.answer("PATCH /api/v1/copies/7", 200, kCopying);
  EXPECT_EQ(tidemark({"copy", "set", "7", "--impact", "low", "--latency-budget", "2000"}).status,
            kExitOk);
  EXPECT_THAT(daemon.requests(),
              ElementsAre(R"(PATCH /api/v1/copies/7 {"impact":"low","latency_budget_us":2000})"));
  EXPECT_EQ(tidemark({"copy", "set", "7", "--impact", "none"}).status, kExitUsage);
}

TEST_F(Commands, MapIsDrawn) {
  daemon.answer("GET /api/v1/copies/7/map?buckets=64", 200,
                R"({"id":7,"size":5120,"grain":4096,"buckets":[
                    {"offset":0,"length":1024,"copied":1024},
                    {"offset":1024,"length":1024,"copied":512,"owed":512},
                    {"offset":2048,"length":1024,"preserved":1,"owed":1023},
                    {"offset":3072,"length":1024,"in_flight":1,"preserved":1},
                    {"offset":4096,"length":1024,"owed":1024}]})");
  EXPECT_THAT(tidemark({"copy", "map", "7", "--lines", "1"}).out, HasSubstr("0 B  #-o~.\n"));
}

TEST_F(Commands, AnAnswerThatIsNoHttpIsUnreachable) {
  daemon.answer_raw("SSH-2.0-OpenSSH\r\n");
  EXPECT_EQ(tidemark({"status"}).status, kExitUnreachable);
}

TEST_F(Commands, AnAnswerThatIsNoJsonIsAnError) {
  for (const char* nonsense : {"<html>", "[1]", "", "{\"volumes\":3}"}) {
    FakeDaemon other;
    const std::string other_url = other.url();
    other.answer("GET /api/v1/volumes", 200, nonsense);
    const Outcome outcome = run({"--target", other_url.c_str(), "volume", "list"});
    EXPECT_EQ(outcome.status, kExitRefused) << nonsense;
    EXPECT_THAT(outcome.err, HasSubstr("the daemon's answer"));
  }
}

TEST(CommandLineWords, WrongUseIsTwo) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{},
                                             {"copy"},
                                             {"copy", "start", "a"},
                                             {"copy", "pause", "seven"},
                                             {"copy", "pause", "-1"},
                                             {"copy", "start", "a", "b", "--release", "never"},
                                             {"copy", "map", "7", "--lines", "1000"},
                                             {"--nonsense", "status"},
                                             {"--target", "ftp://x", "status"},
                                             {"--target", "http://x:99999999", "status"}})
    EXPECT_EQ(run(words).status, kExitUsage) << (words.empty() ? "" : words[0]);
  EXPECT_EQ(run({"--help"}).status, kExitOk);
}

TEST(CommandLineWords, NobodyAtThePortIsThree) {
  std::string url;
  { url = FakeDaemon().url(); }
  const Outcome outcome = run({"--target", url.c_str(), "status"});
  EXPECT_EQ(outcome.status, kExitUnreachable);
  EXPECT_THAT(outcome.err, HasSubstr("refused"));
}

constexpr const char* kGroup =
    R"({"id":3,"state":"copying","t0":"2026-11-27T07:20:11Z","fence_us":812.5,
        "copies":[{"id":3,"source":"a","destination":"b","state":"copying"},
                  {"id":4,"source":"c","destination":"d","state":"completed"}]})";

TEST_F(Commands, AGroupIsOrderedAndShown) {
  daemon.answer("POST /api/v1/groups", 201, kGroup);
  const Outcome outcome =
      tidemark({"group", "start", "a:b", "c:d", "--release", "durable", "--fence-deadline", "50"});
  EXPECT_EQ(outcome.status, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2026-11-27T07:20:11Z"));
  EXPECT_THAT(outcome.out, HasSubstr("completed"));
  ASSERT_EQ(daemon.requests().size(), 1u);
  EXPECT_THAT(daemon.requests()[0],
              HasSubstr(R"({"destination":"d","release":"durable","source":"c"})"));
  EXPECT_THAT(daemon.requests()[0], HasSubstr(R"("fence_deadline_ms":50)"));
}

TEST_F(Commands, GroupsAreListed) {
  daemon.answer("GET /api/v1/groups", 200, R"({"groups":[)" + std::string(kGroup) + "]}");
  const Outcome outcome = tidemark({"group", "list"});
  EXPECT_EQ(outcome.status, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("copying"));
}

}  // namespace
}  // namespace tidemark::mgmt::cli
