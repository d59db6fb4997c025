// Rows of resources: what is asked of the daemon for each, and what people see of the answer.
#include "mgmt/cli/resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mgmt/cli/commands.h"
#include "tests/mgmt/cli/fake_daemon.h"

namespace tidemark::mgmt::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Resources : public testing::Test {
 protected:
  /// Runs it; what it printed, and what it asked.
  int tidemark(std::vector<const char*> words) {
    words.insert(words.begin(), {"tidemark", "--target", url.c_str()});
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto line = read_command_line(static_cast<int>(words.size()), words.data());
    Console console;
    const int* ended = std::get_if<int>(&line);
    const int status = ended ? *ended : run_command(std::get<CommandLine>(line), console);
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return status;
  }

  FakeDaemon daemon;
  std::string url = daemon.url();
  std::string out;
  std::string err;
};

TEST_F(Resources, AskForWhatTheirRowsSay) {
  const std::string target = "/api/v1/targets/iqn.a:b";
  const std::pair<std::vector<const char*>, std::string> asked[] = {
      {{"volume", "create", "v", "1GiB", "--cache", "write-through", "--read-only"},
       R"(POST /api/v1/volumes {"name":"v","size":"1GiB","read_only":true,"cache":"write-through"})"},
      {{"volume", "import", "v", "file:volumes/v.img", "--block-size", "4096"},
       R"(POST /api/v1/volumes/import {"name":"v","location":"file:volumes/v.img","block_size":4096})"},
      {{"volume", "delete", "a/b", "--erase"}, "DELETE /api/v1/volumes/a%2Fb?erase=1"},
      {{"volume", "delete", "v"}, "DELETE /api/v1/volumes/v"},
      {{"volume", "show", "v"}, "GET /api/v1/volumes/v"},
      {{"target", "create", "iqn.a:b", "--initiator", "iqn.c:d", "--initiator", "iqn.e:*"},
       R"(POST /api/v1/targets {"name":"iqn.a:b","access":[{"initiator":"iqn.c:d"},{"initiator":"iqn.e:*"}]})"},
      {{"target", "delete", "iqn.a:b"}, "DELETE " + target},
      {{"target", "show", "iqn.a:b"}, "GET " + target},
      {{"lun", "map", "iqn.a:b", "v"}, "POST " + target + R"(/luns {"volume":"v"})"},
      {{"lun", "map", "iqn.a:b", "v", "--lun", "3"},
       "POST " + target + R"(/luns {"volume":"v","lun":3})"},
      {{"lun", "unmap", "iqn.a:b", "3"}, "DELETE " + target + "/luns/3"},
      {{"lun", "show", "iqn.a:b", "3"}, "GET " + target + "/luns/3"},
      {{"image", "create", "v", "--name", "night", "--store-limit", "1GiB"},
       R"(POST /api/v1/images {"source":"v","name":"night","store_limit":"1GiB"})"},
      {{"image", "create", "v"}, R"(POST /api/v1/images {"source":"v"})"},
      {{"image", "list"}, "GET /api/v1/images"},
      {{"image", "show", "night"}, "GET /api/v1/images/night"},
      {{"image", "attach", "night", "iqn.a:b", "--lun", "3"},
       R"(POST /api/v1/images/night/luns {"target":"iqn.a:b","lun":3})"},
      {{"image", "detach", "night"}, "DELETE /api/v1/images/night/luns"},
      {{"image", "drop", "night", "--force"}, "DELETE /api/v1/images/night?force=1"},
      {{"log", "set", "debug"}, R"(PATCH /api/v1/log {"level":"debug"})"},
      {{"log", "show"}, "GET /api/v1/log"},
      {{"config", "export"}, "GET /api/v1/configuration"},
      {{"config", "reload"}, "POST /api/v1/configuration/reload {}"},
      {{"session", "drop", "7"}, "DELETE /api/v1/sessions/7"},
      {{"access", "set", "iqn.a:b", "iqn.c:*", "--lun", "0=v", "--lun", "1=w"},
       "PUT " + target +
           R"(/access/iqn.c:%2A {"luns":[{"lun":0,"volume":"v"},{"lun":1,"volume":"w"}]})"},
      {{"access", "set", "iqn.a:b", "*"}, "PUT " + target + "/access/%2A {}"},
      {{"access", "set", "iqn.a:b", "*", "--copy-commands"},
       "PUT " + target + R"(/access/%2A {"copy_commands":true})"},
      {{"access", "remove", "iqn.a:b", "*"}, "DELETE " + target + "/access/%2A"},
      {{"token", "create", "ci", "--role", "viewer"},
       R"(POST /api/v1/tokens {"name":"ci","role":"viewer"})"},
      {{"token", "revoke", "ci"}, "DELETE /api/v1/tokens/ci"},
      {{"token", "list"}, "GET /api/v1/tokens"},
      {{"token", "whoami"}, "GET /api/v1/whoami"},
      {{"target", "list"}, "GET /api/v1/targets"},
  };
  size_t seen = 0;
  for (const auto& [words, request] : asked) {
    EXPECT_EQ(tidemark(words), kExitRefused) << request;  // the daemon knows nothing
    ASSERT_EQ(daemon.requests().size(), ++seen);
    EXPECT_EQ(daemon.requests().back(), request);
  }
  EXPECT_EQ(seen, resource_rows().size() + 5);  // a second way for five of them
}

TEST_F(Resources, AreShownAsLinesAndLists) {
  daemon.answer("GET /api/v1/targets", 200,
                R"({"targets":[{"name":"iqn.a:b","origin":"port","luns":[{"lun":0,"volume":"v",
                    "origin":"port"},{"lun":1,"volume":"w"}],"access":[{"initiator":"*"}]}]})");
  daemon.answer("GET /api/v1/volumes/v", 200, "{\"name\":\"v\\u001b[31m\",\"size\":4096}");
  EXPECT_EQ(tidemark({"target", "list"}), kExitOk);
  EXPECT_EQ(out, "name     luns        access  origin\niqn.a:b  0: v, 1: w  *       port\n");
  EXPECT_EQ(tidemark({"volume", "show", "v"}), kExitOk);
  EXPECT_EQ(out, "name  v?[31m\nsize  4096\n");
  EXPECT_EQ(tidemark({"--json", "volume", "show", "v"}), kExitOk);
  EXPECT_THAT(out, HasSubstr("{\"name\""));
}

TEST_F(Resources, WrongUseIsToldBeforeTheDaemonIsAsked) {
  for (const std::vector<const char*>& words :
       {std::vector<const char*>{"volume", "create", "v"},
        {"volume", "create", "v", "1GiB", "--cache", "none"},
        {"lun", "map", "iqn.a:b"},
        {"lun", "unmap", "iqn.a:b", "x"},
        {"token", "create", "ci"},
        {"token", "create", "ci", "--role", "root"},
        {"--watch", "volume", "delete", "v"}})
    EXPECT_EQ(tidemark(words), kExitUsage) << words[1];
  EXPECT_TRUE(daemon.requests().empty());
}

TEST_F(Resources, DoctorSaysWhyAnInitiatorIsNotLetIn) {
  daemon.answer("GET /api/v1/status", 200,
                R"({"version":"1","io_engine":"threads","portals":["127.0.0.1:1"],
                    "refused_logins":{"not_admitted":3,"chap":0}})");
  daemon.answer("GET /api/v1/whoami", 200, R"({"token":null,"role":"operator"})");
  daemon.answer("GET /api/v1/volumes", 200, R"({"volumes":[]})");
  daemon.answer("GET /api/v1/targets", 200,
                R"({"targets":[{"name":"iqn.t:1","luns":[],"access":[{"initiator":"iqn.other"}]},
                    {"name":"iqn.t:2","luns":[{"lun":0,"volume":"v"}],
                     "access":[{"initiator":"*"},{"initiator":"IQN.a:*","chap":{"user":"u"}}]}]})");
  EXPECT_EQ(tidemark({"doctor", "--initiator", "iqn.a:host"}), kExitRefused);
  EXPECT_THAT(out, HasSubstr("wrong  portal 127.0.0.1:1 cannot be reached from here: "));
  EXPECT_THAT(out, HasSubstr("look   io_uring is not used"));
  EXPECT_THAT(out, HasSubstr("look   3 log-ins were refused since the start: not_admitted"));
  EXPECT_THAT(out, HasSubstr("wrong  iqn.t:1 does not list iqn.a:host"));
  EXPECT_THAT(out, HasSubstr("iqn.t:2 admits it by the row IQN.a:*: it has to prove itself by CHAP "
                             "as user u; it finds 1 LUNs and may not use copy commands"));
  EXPECT_THAT(out, testing::Not(HasSubstr("start: chap")));
}

}  // namespace
}  // namespace tidemark::mgmt::cli
