// What is made through the port of a real daemon: in force at once, there again after any end of
// the daemon, and never in the configuration file.
#include <gtest/gtest.h>

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/mgmt/daemon_process.h"
#include "tests/mgmt/http_client.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;

constexpr const char* kConfig = R"({
  "portals": ["127.0.0.1:0"], "management": {"listen": "127.0.0.1:0"},
  "volumes": [{"name": "source", "location": "memory:", "size": "1MiB"},
              {"name": "second", "location": "memory:", "size": "1MiB"}],
  "targets": [{"name": "iqn.2026-11.dev.tidemark:test", "access": [{"initiator": "*"}],
               "luns": [{"lun": 0, "volume": "source"}]}]
})";
constexpr const char* kTargets = "/api/v1/targets";
constexpr const char* kTarget = "/api/v1/targets/iqn.2026-11.dev.tidemark:test";
constexpr const char* kNewTarget = "/api/v1/targets/iqn.2026-11.dev.tidemark:new";

class MadeState : public testing::Test {
 protected:
  std::vector<std::string> arguments() const {
    return {"--config", config_, "--state-dir", state()};
  }
  std::string state() const { return directory_.path() + "/state"; }

  /// The first run's, which the daemon has left in its state directory.
  std::string bearer() const {
    std::string token;
    std::ifstream(state() + "/admin.token") >> token;
    return "Authorization: Bearer " + token + "\r\n";
  }
  json ask(DaemonProcess& daemon, const std::string& verb, const std::string& path,
           const std::string& body = {}, unsigned status = 200) {
    const HttpReply reply = HttpClient(daemon.management()).request(verb, path, body, bearer());
    EXPECT_EQ(reply.status, status) << verb << " " << path << ": " << reply.body;
    return json::parse(reply.body, nullptr, false);
  }
  json get(DaemonProcess& daemon, const std::string& path) { return ask(daemon, "GET", path); }
  void make_all(DaemonProcess& daemon) {
    ask(daemon, "POST", "/api/v1/volumes", R"({"name": "new", "size": "2MiB"})", 201);
    ask(daemon, "POST", "/api/v1/volumes",
        R"({"name": "ram", "size": "1MiB", "location": "memory:"})", 201);
    ask(daemon, "POST", kTargets, R"({"name": "iqn.2026-11.dev.tidemark:new"})", 201);
    ask(daemon, "POST", std::string(kNewTarget) + "/luns", R"({"volume": "new"})", 201);
    ask(daemon, "POST", std::string(kTarget) + "/luns", R"({"volume": "ram"})", 201);
    ask(daemon, "PUT", std::string(kNewTarget) + "/access/iqn.2026-11.a:b",
        R"({"luns": [{"lun": 5, "volume": "second"}], "copy_commands": true})");
  }
  std::string config_text() const {
    std::ostringstream text;
    text << std::ifstream(config_).rdbuf();
    return text.str();
  }

  TemporaryDirectory directory_;
  std::string config_ = directory_.write("tidemark.json", kConfig);
};

TEST_F(MadeState, OutlivesAKilledDaemonAndLeavesTheFileAlone) {
  json targets;
  json volumes;
  {
    DaemonProcess daemon(arguments());
    ASSERT_TRUE(daemon.ready()) << daemon.output();
    make_all(daemon);
    targets = get(daemon, kTargets);
    volumes = get(daemon, "/api/v1/volumes");
    daemon.signal(SIGKILL);
    EXPECT_EQ(daemon.exit_code(), -SIGKILL);
  }
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  EXPECT_EQ(get(daemon, kTargets), targets);
  EXPECT_EQ(get(daemon, "/api/v1/volumes"), volumes);
  EXPECT_EQ(get(daemon, std::string(kTarget) + "/luns/1")["volume"], "ram");
  EXPECT_EQ(get(daemon, std::string(kNewTarget) + "/luns/0")["origin"], "port");
  EXPECT_EQ(config_text(), kConfig);
  EXPECT_TRUE(std::filesystem::exists(state() + "/volumes/new.img"));
}

TEST_F(MadeState, TakesTheTokenOfAnAdministrator) {
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  const std::string body = R"({"name": "new", "size": "2MiB"})";
  EXPECT_EQ(HttpClient(daemon.management()).post("/api/v1/volumes", body).status, 401u);
  const json ci = ask(daemon, "POST", "/api/v1/tokens", R"({"name":"ci","role":"operator"})", 201);
  const std::string token = ci["token"];
  const HttpReply refused =
      HttpClient(daemon.management())
          .request("POST", "/api/v1/volumes", body, "Authorization: Bearer " + token + "\r\n");
  EXPECT_EQ(refused.status, 403u) << refused.body;
  ask(daemon, "POST", "/api/v1/volumes", body, 201);
  std::ostringstream audit;
  audit << std::ifstream(state() + "/audit.log").rdbuf();
  EXPECT_NE(audit.str().find(R"("token":"admin")"), std::string::npos) << audit.str();
  EXPECT_EQ(audit.str().find(token), std::string::npos);
}

TEST_F(MadeState, IsPartOfTheConfigurationInForceWhichIsReadAgain) {
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  make_all(daemon);
  json exported = get(daemon, "/api/v1/configuration");
  EXPECT_EQ(exported["volumes"].size(), 4u);
  // As a file it is in order, and as the file it changes nothing.
  exported.erase("state_dir");
  const std::string file = directory_.write("exported.json", exported.dump());
  DaemonProcess check({"--config", file, "--check"});
  EXPECT_EQ(check.exit_code(), 0) << check.output();
  EXPECT_EQ(ask(daemon, "POST", "/api/v1/configuration/reload"),
            get(daemon, "/api/v1/configuration"));
  // A change of the file is applied; what does not fit is refused, and changes nothing.
  std::string other = kConfig;
  other.replace(other.find("iqn.2026-11.dev.tidemark:test"), 29, "iqn.2026-11.dev.tidemark:else");
  directory_.write("tidemark.json", other);
  const json refused = ask(daemon, "POST", "/api/v1/configuration/reload", {}, 409);
  EXPECT_NE(refused["detail"].get<std::string>().find("there is no target"), std::string::npos);
  ask(daemon, "DELETE", std::string(kTarget) + "/luns/1");
  ask(daemon, "POST", "/api/v1/configuration/reload");
  EXPECT_EQ(get(daemon, kTargets)["targets"][0]["name"], "iqn.2026-11.dev.tidemark:else");
  EXPECT_EQ(get(daemon, kNewTarget)["luns"].size(), 1u);
}

TEST_F(MadeState, IsTakenAwayAgainInTheRightOrder) {
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  const json targets = get(daemon, kTargets);
  make_all(daemon);
  const json mapped = ask(daemon, "DELETE", "/api/v1/volumes/new", {}, 409);
  EXPECT_EQ(mapped["detail"], "it is LUN 0 of iqn.2026-11.dev.tidemark:new: unmap it first");
  ask(daemon, "DELETE", std::string(kNewTarget) + "/luns/0");
  ask(daemon, "DELETE", "/api/v1/volumes/new?erase=1");
  EXPECT_FALSE(std::filesystem::exists(state() + "/volumes/new.img"));
  ask(daemon, "DELETE", std::string(kTarget) + "/luns/1");
  ask(daemon, "DELETE", "/api/v1/volumes/ram?erase=1", {}, 422);
  ask(daemon, "DELETE", "/api/v1/volumes/ram");
  ask(daemon, "DELETE", std::string(kNewTarget) + "/access/iqn.2026-11.a:b");
  ask(daemon, "DELETE", kNewTarget);
  EXPECT_EQ(get(daemon, kTargets), targets);
  EXPECT_EQ(get(daemon, "/api/v1/volumes")["volumes"].size(), 2u);
}

TEST_F(MadeState, WhatTheFileSaysIsNotChanged) {
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  for (const std::string& path :
       {std::string("/api/v1/volumes/second"), std::string(kTarget),
        std::string(kTarget) + "/luns/0", std::string(kTarget) + "/access/%2A"}) {
    const json problem = ask(daemon, "DELETE", path, {}, 409);
    EXPECT_NE(problem["detail"].get<std::string>().find("configuration file"), std::string::npos);
  }
  ask(daemon, "PUT", std::string(kTarget) + "/access/%2A", "{}", 409);
}

TEST_F(MadeState, OnlyFilesOfItsOwnFolderAreMadeOrImported) {
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  for (const char* place : {"file:/etc/passwd", "file:volumes/../state.db", "file:state.db",
                            "file:volumes", "file:../x", "block:/dev/null"})
    for (const char* how : {"/api/v1/volumes", "/api/v1/volumes/import"}) {
      const std::string body =
          R"({"name": "x", "size": "1MiB", "location": ")" + std::string(place) + "\"}";
      EXPECT_EQ(ask(daemon, "POST", how, body, 403)["field"], "location") << place;
    }
}

TEST_F(MadeState, AFileThatIsThereIsImportedAndNotMadeAnew) {
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  std::filesystem::create_directories(state() + "/volumes");
  std::ofstream(state() + "/volumes/old.img") << std::string(8192, 'o');
  ask(daemon, "POST", "/api/v1/volumes", R"({"name": "old", "size": 8192})", 409);
  const std::string body = R"({"name": "old", "location": "file:volumes/old.img"})";
  EXPECT_EQ(ask(daemon, "POST", "/api/v1/volumes/import", body, 201)["size"], 8192);
  EXPECT_EQ(ask(daemon, "POST", "/api/v1/volumes/import", body, 409)["field"], "name");
  const std::string none = R"({"name": "none", "location": "file:volumes/none.img"})";
  EXPECT_EQ(ask(daemon, "POST", "/api/v1/volumes/import", none, 404)["field"], "location");
  EXPECT_FALSE(std::filesystem::exists(state() + "/volumes/none.img"));
}

TEST_F(MadeState, AGrownVolumeIsAsLargeAfterARestart) {
  {
    DaemonProcess daemon(arguments());
    ASSERT_TRUE(daemon.ready()) << daemon.output();
    make_all(daemon);
    ask(daemon, "POST", "/api/v1/volumes/new/grow", R"({"size": "4MiB"})");
    // A change that looks at all volumes again finds nothing changed in it.
    ask(daemon, "DELETE", std::string(kNewTarget) + "/luns/0");
    daemon.signal(SIGKILL);
    daemon.exit_code();
  }
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  EXPECT_EQ(get(daemon, "/api/v1/volumes/new")["size"], 4 << 20);
}

TEST_F(MadeState, WhatTheFileNoLongerHasIsLeftOutUntilItHasItAgain) {
  {
    DaemonProcess daemon(arguments());
    ASSERT_TRUE(daemon.ready()) << daemon.output();
    ask(daemon, "POST", std::string(kTarget) + "/luns", R"({"volume": "second", "lun": 9})", 201);
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.exit_code(), 0) << daemon.output();
  }
  std::string without = kConfig;
  const size_t at = without.find(",\n              {\"name\": \"second\"");
  without.erase(at, without.find('}', at) + 1 - at);
  directory_.write("tidemark.json", without);
  {
    DaemonProcess daemon(arguments());
    ASSERT_TRUE(daemon.ready()) << daemon.output();
    EXPECT_EQ(get(daemon, kTarget)["luns"].size(), 1u);
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.exit_code(), 0);
    EXPECT_NE(daemon.output().find("not served: lun 9 of iqn.2026-11.dev.tidemark:test"),
              std::string::npos)
        << daemon.output();
  }
  directory_.write("tidemark.json", kConfig);
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  EXPECT_EQ(get(daemon, std::string(kTarget) + "/luns/9")["volume"], "second");
}

// Orders are sent without waiting; the daemon is killed when some have been answered, wherever it
// is with the next one. Names are new in each round: a kill may leave the file of a volume that
// is none yet.
TEST_F(MadeState, AfterAKillItIsTheStateBeforeOrAfterEachOrder) {
  constexpr size_t kOrders = 6;
  size_t known = 0;
  for (size_t round = 0; round < 12; ++round) {
    DaemonProcess daemon(arguments());
    ASSERT_TRUE(daemon.ready()) << daemon.output();
    const json found = get(daemon, "/api/v1/volumes")["volumes"];
    ASSERT_GE(found.size(), 2 + known);
    ASSERT_LE(found.size(), 2 + known + kOrders);
    known = found.size() - 2;
    for (size_t i = 2; i < found.size(); ++i) EXPECT_EQ(found[i]["size"], 4096);

    HttpClient client(daemon.management());
    std::string orders;
    for (size_t i = 0; i < kOrders; ++i) {
      const std::string body = R"({"name": "v)" + std::to_string(round) + "-" + std::to_string(i) +
                               R"(", "size": 4096})";
      orders += "POST /api/v1/volumes HTTP/1.1\r\nHost: localhost\r\n" + bearer() +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    ASSERT_TRUE(client.send(orders));
    for (size_t answered = 0; answered < round % kOrders; ++answered, ++known)
      ASSERT_EQ(client.receive().status, 201u);
    daemon.signal(SIGKILL);
    EXPECT_EQ(daemon.exit_code(), -SIGKILL);
  }
}

}  // namespace
}  // namespace tidemark::mgmt
