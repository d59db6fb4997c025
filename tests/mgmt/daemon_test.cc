// tidemarkd as a process: what it refuses, how it ends, what it remembers.
#include <gtest/gtest.h>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/mgmt/daemon_process.h"
#include "tests/mgmt/http_client.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;

constexpr const char* kConfig = R"({
  // Any free ports.
  "portals": ["127.0.0.1:0"],
  "management": {"listen": "127.0.0.1:0"},
  "volumes": [{"name": "source", "location": "file:source.img", "size": "16MiB"},
              {"name": "copy", "location": "file:copy.img", "size": "16MiB"}],
  "targets": [{"name": "iqn.2026-11.dev.tidemark:test", "access": [{"initiator": "*"}],
               "luns": [{"lun": 0, "volume": "source"}, {"lun": 1, "volume": "copy"}]}]
})";

class Daemon : public testing::Test {
 protected:
  std::vector<std::string> arguments() const {
    return {"--config", config_, "--state-dir", state()};
  }
  std::string state() const { return directory_.path() + "/state"; }
  std::vector<std::string> arguments(const std::string& config) {
    return {"--config", directory_.write("other.json", config), "--state-dir", state()};
  }

  // Runs it to its end: exit code and all output.
  static std::pair<int, std::string> run(const std::vector<std::string>& with) {
    DaemonProcess daemon(with);
    const int code = daemon.exit_code();
    return {code, daemon.output()};
  }
  static void expect_one_line(const std::string& output, const std::string& part) {
    EXPECT_NE(output.find(part), std::string::npos) << output;
    EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 1) << output;
    EXPECT_TRUE(output.starts_with("tidemarkd: ")) << output;
  }
  static json get(DaemonProcess& daemon, const std::string& path) {
    const HttpReply reply = HttpClient(daemon.management()).get(path);
    EXPECT_EQ(reply.status, 200u) << reply.body;
    return json::parse(reply.body);
  }
  static json start_copy(DaemonProcess& daemon, const std::string& more = {}) {
    const HttpReply reply =
        HttpClient(daemon.management())
            .post("/api/v1/copies", R"({"source":"source","destination":"copy")" + more + "}");
    EXPECT_EQ(reply.status, 201u) << reply.body;
    return json::parse(reply.body);
  }
  static void wait_for_state(DaemonProcess& daemon, const std::string& state) {
    HttpClient events(daemon.management());
    events.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 0\r\n\r\n");
    EXPECT_FALSE(events.receive_until("\"state\":\"" + state + "\"").empty());
  }

  TemporaryDirectory directory_;
  std::string config_ = directory_.write("tidemark.json", kConfig);
};

TEST_F(Daemon, HelpTellsTheExitCodes) {
  const auto [code, output] = run({"--help"});
  EXPECT_EQ(code, 0);
  for (const char* part : {"--config", "--state-dir", "--portal", "--management", "--check",
                           "--log-level", "--version", "Exit status"})
    EXPECT_NE(output.find(part), std::string::npos) << part;
}

TEST_F(Daemon, VersionIsOneLine) {
  const auto [code, output] = run({"--version"});
  EXPECT_EQ(code, 0);
  EXPECT_EQ(output, "tidemarkd 0.1.0\n");
}

TEST_F(Daemon, AnUnknownOptionIsRefused) {
  EXPECT_EQ(run({"--nonsense"}).first, 2);
  EXPECT_EQ(run({"--log-level", "loud"}).first, 2);
  EXPECT_EQ(run({"--config"}).first, 2);
}

TEST_F(Daemon, CheckTouchesNothing) {
  const auto [code, output] = run({"--config", config_, "--state-dir", state(), "--check"});
  EXPECT_EQ(code, 0) << output;
  EXPECT_EQ(output, config_ + ": good\n");
  EXPECT_FALSE(std::filesystem::exists(state()));
  EXPECT_EQ(run({"--check"}).second, "default: good\n");
}

TEST_F(Daemon, ABadConfigurationIsRefusedWithFilePathAndReason) {
  const std::string file = directory_.write(
      "bad.json",
      R"({"volumes": [{"name": "a", "location": "memory:", "size": 0}], "targets": []})");
  for (const std::vector<std::string>& with :
       {std::vector<std::string>{"--config", file, "--check"}, {"--config", file}}) {
    const auto [code, output] = run(with);
    EXPECT_EQ(code, 2);
    EXPECT_EQ(output, "tidemarkd: " + file + ": volumes[0].size: must not be zero\n");
  }
}

TEST_F(Daemon, ASyntaxErrorIsLocated) {
  const std::string file = directory_.write("bad.json", "{\n  \"volumes\": [\n");
  const auto [code, output] = run({"--config", file});
  EXPECT_EQ(code, 2);
  expect_one_line(output, file + ": line 3, column 1: ");
}

TEST_F(Daemon, AMissingConfigurationIsOneLine) {
  const auto [code, output] = run({"--config", "/nonexistent.json"});
  EXPECT_EQ(code, 1);
  expect_one_line(output, "/nonexistent.json: cannot be read: No such file or directory");
}

TEST_F(Daemon, ManagementBeyondLoopbackIsRefused) {
  const auto [code, output] = run({"--management", "0.0.0.0:8260"});
  EXPECT_EQ(code, 2);
  expect_one_line(output, "--management: must be a loopback address");
  EXPECT_EQ(run({"--portal", "nowhere"}).first, 2);
}

TEST_F(Daemon, AnImpossibleStateDirectoryIsOneLine) {
  const auto [code, output] = run({"--config", config_, "--state-dir", "/dev/null/state"});
  EXPECT_EQ(code, 1);
  expect_one_line(output, "cannot make the directory /dev/null/state");
}

TEST_F(Daemon, AVolumeThatCannotBeOpenedIsNamed) {
  const auto [code, output] = run(arguments(R"({"targets": [],
    "volumes": [{"name": "a", "location": "file:/nonexistent/a.img", "size": 4096}]})"));
  EXPECT_EQ(code, 1);
  expect_one_line(output, "volumes[0].location: ");
}

TEST_F(Daemon, PortsInUseAreOneLine) {
  DaemonProcess first(arguments());
  ASSERT_TRUE(first.ready()) << first.output();
  const std::string other = directory_.path() + "/other";
  const auto portal = run({"--config", config_, "--state-dir", other, "--portal", first.portal()});
  EXPECT_EQ(portal.first, 1);
  expect_one_line(portal.second, first.portal());
  const auto management =
      run({"--config", config_, "--state-dir", other, "--management", first.management()});
  EXPECT_EQ(management.first, 1);
  expect_one_line(management.second, "cannot listen on " + first.management());
}

TEST_F(Daemon, OneStateDirectoryServesOneDaemon) {
  DaemonProcess first(arguments());
  ASSERT_TRUE(first.ready()) << first.output();
  const auto [code, output] = run(arguments());
  EXPECT_EQ(code, 1);
  expect_one_line(output, "is in use by another daemon");
}

TEST_F(Daemon, ASignalEndsItInOrder) {
  for (const int number : {SIGTERM, SIGINT}) {
    DaemonProcess daemon(arguments());
    ASSERT_TRUE(daemon.ready()) << daemon.output();
    daemon.signal(number);
    EXPECT_EQ(daemon.exit_code(), 0) << daemon.output();
  }
}

TEST_F(Daemon, ItTellsWhatItServes) {
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  const json status = get(daemon, "/api/v1/status");
  EXPECT_EQ(status["name"], "tidemark");
  EXPECT_EQ(status["portals"], json::array({daemon.portal()}));
  EXPECT_EQ(status["volumes"], 2);
  EXPECT_EQ(status["targets"], 1);
  EXPECT_EQ(status["sessions"], 0);
  const json volume = get(daemon, "/api/v1/volumes/source");
  EXPECT_EQ(volume["size"], 16 << 20);
  EXPECT_EQ(volume["location"], "file:" + state() + "/source.img");
  EXPECT_EQ(get(daemon, "/api/v1/luns")["luns"].size(), 2u);
  EXPECT_EQ(get(daemon, "/api/v1/sessions")["sessions"].size(), 0u);
}

TEST_F(Daemon, UnitsKeepTheirIdentityOverRestarts) {
  json luns;
  for (int run = 0; run < 2; ++run) {
    DaemonProcess daemon(arguments());
    ASSERT_TRUE(daemon.ready()) << daemon.output();
    const json now = get(daemon, "/api/v1/luns");
    if (run > 0) {
      EXPECT_EQ(now, luns);
    }
    luns = now;
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.exit_code(), 0);
  }
  EXPECT_NE(luns["luns"][0]["naa"], luns["luns"][1]["naa"]);
}

TEST_F(Daemon, ACopyByRestIsACopy) {
  std::string data(16 << 20, '\0');
  for (size_t i = 0; i < data.size(); i += 512)
    data.replace(i, 8, std::to_string(i) + "........", 0, 8);
  directory_.write("state/source.img", data);
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  EXPECT_EQ(start_copy(daemon)["id"], 1);
  wait_for_state(daemon, "completed");
  const json copy = get(daemon, "/api/v1/copies/1");
  EXPECT_EQ(copy["bytes"]["done"], data.size());
  EXPECT_TRUE(copy["error"].is_null());
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.exit_code(), 0) << daemon.output();
  EXPECT_TRUE(directory_.read("state/copy.img") == data);
}

TEST_F(Daemon, TheDestinationIsProtectedWhileCopying) {
  directory_.write("state/source.img", std::string(16 << 20, 'x'));
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  start_copy(daemon, R"(,"rate_limit":"1MiB")");
  EXPECT_EQ(get(daemon, "/api/v1/volumes/copy")["write_protected"], true);
  EXPECT_EQ(get(daemon, "/api/v1/volumes/source")["write_protected"], false);
  const json map = get(daemon, "/api/v1/copies/1/map");
  EXPECT_EQ(map["size"], 16 << 20);
  const json buckets = get(daemon, "/api/v1/copies/1/map?buckets=4");
  EXPECT_EQ(buckets["buckets"].size(), 4u);
  const HttpReply second =
      HttpClient(daemon.management())
          .post("/api/v1/copies", R"({"source":"source","destination":"copy"})");
  EXPECT_EQ(second.status, 409u) << second.body;
  EXPECT_EQ(HttpClient(daemon.management()).post("/api/v1/copies/1/pause").status, 200u);
  EXPECT_EQ(get(daemon, "/api/v1/copies/1")["state"], "paused");
  EXPECT_EQ(HttpClient(daemon.management()).post("/api/v1/copies/1/resume").status, 200u);
  EXPECT_EQ(HttpClient(daemon.management()).post("/api/v1/copies/1/cancel").status, 200u);
  wait_for_state(daemon, "cancelled");
  // The copier's last writes are on their way: protected until they have come back, no longer.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (get(daemon, "/api/v1/volumes/copy")["write_protected"] == true &&
         std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(get(daemon, "/api/v1/volumes/copy")["write_protected"], false);
}

TEST_F(Daemon, ACopyUnderWayGoesOnAfterAStopAndAfterAKill) {
  const std::string data(16 << 20, 'x');
  for (const char* release : {"written", "durable"}) {
    directory_.write("state/source.img", data);
    directory_.write("state/copy.img", std::string(data.size(), 'y'));
    json started;
    for (const int number : {SIGTERM, SIGKILL, 0}) {
      DaemonProcess daemon(arguments());
      ASSERT_TRUE(daemon.ready()) << daemon.output();
      const std::string order = R"(,"rate_limit":"4MiB","release":")" + std::string(release) + '"';
      if (started.is_null()) started = start_copy(daemon, order);
      const std::string path = "/api/v1/copies/" + started["id"].dump();
      const json copy = get(daemon, path);
      EXPECT_EQ(copy["t0_unix_ns"], started["t0_unix_ns"]);
      if (number == 0) {
        EXPECT_GE(copy["resumed"], 1) << "or 2, if the one killed had come to its first record";
        wait_for_state(daemon, "completed");
        EXPECT_EQ(get(daemon, path)["bytes"]["done"], data.size());
        daemon.signal(SIGTERM);
        EXPECT_EQ(daemon.exit_code(), 0) << daemon.output();
        break;
      }
      EXPECT_EQ(copy["state"], "copying");
      EXPECT_EQ(get(daemon, "/api/v1/volumes/copy")["write_protected"], true);
      daemon.signal(number);
      EXPECT_EQ(daemon.exit_code(), number == SIGTERM ? 0 : -SIGKILL) << daemon.output();
    }
    EXPECT_TRUE(directory_.read("state/copy.img") == data);
    EXPECT_TRUE(std::filesystem::is_empty(state() + "/stores"));
    EXPECT_TRUE(std::filesystem::is_empty(state() + "/journals"));
  }
}

TEST_F(Daemon, ACopyInMemoryEndsWithTheDaemonAndSaysSo) {
  directory_.write("state/source.img", std::string(16 << 20, 'x'));
  for (const auto& [number, state_after] : {std::pair{SIGTERM, "cancelled"}, {SIGKILL, "broken"}}) {
    json started;
    {
      DaemonProcess daemon(arguments());
      ASSERT_TRUE(daemon.ready()) << daemon.output();
      started = start_copy(daemon, R"(,"rate_limit":"1MiB","release":"ram")");
      daemon.signal(number);
      daemon.exit_code();
    }
    DaemonProcess daemon(arguments());
    ASSERT_TRUE(daemon.ready()) << daemon.output();
    const json copy = get(daemon, "/api/v1/copies/" + started["id"].dump());
    EXPECT_EQ(copy["state"], state_after);
    EXPECT_NE(copy["error"]["text"].get<std::string>().find("does not outlive"), std::string::npos);
    EXPECT_EQ(get(daemon, "/api/v1/volumes/copy")["write_protected"], false);
    EXPECT_TRUE(std::filesystem::is_empty(state() + "/stores"));
  }
}

TEST_F(Daemon, ACopyWhoseVolumeIsAnotherOneIsBroken) {
  directory_.write("state/source.img", std::string(16 << 20, 'x'));
  {
    DaemonProcess daemon(arguments());
    ASSERT_TRUE(daemon.ready()) << daemon.output();
    start_copy(daemon, R"(,"rate_limit":"1MiB")");
    daemon.signal(SIGKILL);
    EXPECT_EQ(daemon.exit_code(), -SIGKILL);
  }
  std::filesystem::copy_file(state() + "/source.img", state() + "/other.img");
  std::filesystem::rename(state() + "/other.img", state() + "/source.img");
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  const json copy = get(daemon, "/api/v1/copies/1");
  EXPECT_EQ(copy["state"], "broken");
  EXPECT_EQ(copy["error"]["text"], "volume 'source' is another one than before");
  EXPECT_TRUE(std::filesystem::is_empty(state() + "/stores"));
  EXPECT_EQ(start_copy(daemon)["id"], 2);
}

TEST_F(Daemon, GarbageOnThePortalHarmsNobody) {
  DaemonProcess daemon(arguments());
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  HttpClient garbage(daemon.portal());
  garbage.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + std::string(4096, '\xff'));
  EXPECT_EQ(get(daemon, "/api/v1/status")["name"], "tidemark");
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.exit_code(), 0) << daemon.output();
}

}  // namespace
}  // namespace tidemark::mgmt
