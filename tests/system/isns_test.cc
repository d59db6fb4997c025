// The daemon and a real iSNS server, isnsd of Debian's open-isns-server. What the server knows is
// read from its database by its own program. Skipped where it is not installed.
#include <arpa/inet.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/system/daemon.h"
#include "tests/system/initiator.h"
#include "tests/system/process.h"

namespace tidemark::system_test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kIsnsd = "/usr/sbin/isnsd";
constexpr const char* kSecond = "iqn.2026-11.dev.tidemark:second";

/// One that nobody listens on, below those that Linux gives to outgoing connections and those of
/// the daemons under test.
int free_port() {
  for (int port = 10000 + getpid() % 1900;; ++port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    if (free) return port;
  }
}

/// What the server has of us. Portals with their group, as "127.0.0.1:3260,1", once for each node.
struct Known {
  std::set<std::string> entities, nodes, portals;
  std::multiset<std::string> groups;
  bool operator==(const Known&) const = default;
};

class Isnsd {
 public:
  Isnsd() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "tidemark-isns-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    std::ofstream(config()) << fmt::format(
        "SourceName = iqn.2026-11.dev.tidemark.test:isns\nBindAddress = {1}\n"
        "ControlSocket = {0}/control\nPIDFile = {0}/pid\nDatabase = {0}/db\nSecurity = 0\n"
        "SLPRegister = 0\nRegistrationPeriod = 10\n",
        directory_.string(), address());
  }
  ~Isnsd() {
    stop();
    std::filesystem::remove_all(directory_);
  }

  void start() { pid_ = spawn_program({kIsnsd, "-f", "-c", config()}, log()); }
  void stop() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    EXPECT_GE(await_exit(pid_, 10s), 0);
    pid_ = -1;
  }
  /// Nothing of what it knew is left.
  void lose_all() { std::filesystem::remove_all(directory_ / "db"); }

  std::string address() const { return fmt::format("127.0.0.1:{}", port_); }

  Known known() const {
    if (!std::filesystem::exists(directory_ / "db")) return {};
    const Finished dump = run_program({kIsnsd, "--dump-db", "-c", config()});
    Known found;
    std::string state, address, port, owner;
    struct Group {
      std::string node, portal, tag;
    };
    std::vector<Group> groups;
    static const std::regex object(R"(Object: .* state=(\w+).*)");
    static const std::regex attribute(R"re(  (00[0-9a-f]{2})  \w+ *: [\w /]+ = "?([^"]*)"?)re");
    std::istringstream lines(dump.output);
    std::smatch match;
    for (std::string line; std::getline(lines, line);) {
      if (std::regex_match(line, match, object)) state = match[1];
      // What was removed stays in the file, in limbo, for as long as others refer to it.
      if (state != "mature" || !std::regex_match(line, match, attribute)) continue;
      const std::string tag = match[1];
      std::string value = match[2];
      if (value.ends_with("/tcp")) value.resize(value.size() - 4);
      if (tag == "0001") found.entities.insert(value);
      if (tag == "0020") found.nodes.insert(value);
      if (tag == "0010" || tag == "0031") address = value;
      if (tag == "0011") found.portals.insert(address + ":" + value);
      if (tag == "0030") owner = value;
      if (tag == "0032") port = value;
      if (tag == "0033") groups.push_back({owner, address + ":" + port, value});
    }
    // The server keeps a group as long as it has either its node or its portal.
    for (const Group& group : groups)
      if (found.nodes.contains(group.node) && found.portals.contains(group.portal))
        found.groups.insert(group.portal + "," + group.tag);
    return found;
  }
  bool comes_to_know(const Known& wanted, std::chrono::seconds within = 20s) const {
    const auto deadline = std::chrono::steady_clock::now() + within;
    Known found = known();
    for (; found != wanted; found = known()) {
      if (std::chrono::steady_clock::now() > deadline) {
        for (const std::string& one : found.entities) std::printf("entity %s\n", one.c_str());
        for (const std::string& one : found.nodes) std::printf("node %s\n", one.c_str());
        for (const std::string& one : found.groups) std::printf("portal group %s\n", one.c_str());
        return false;
      }
      std::this_thread::sleep_for(20ms);
    }
    return true;
  }

 private:
  std::string config() const { return (directory_ / "config").string(); }
  std::string log() const { return (directory_ / "log").string(); }

  const int port_ = free_port();
  std::filesystem::path directory_;
  pid_t pid_ = -1;
};

struct Isns : testing::Test {
  void SetUp() override {
    if (!std::filesystem::exists(kIsnsd))
      GTEST_SKIP() << "Debian's open-isns-server is not installed (scripts/setup --isns)";
  }
  DaemonOptions options() const {
    DaemonOptions made{.size = "8MiB", .kind = "memory"};
    made.keys = fmt::format(R"(, "isns": {{"server": "{}", "registration_seconds": 10}})",
                            server.address());
    return made;
  }
  /// What there is to know of a daemon with these targets, and with portals beside its own two.
  static Known of(const Daemon& daemon, const std::set<std::string>& targets,
                  const std::vector<std::string>& more = {}) {
    Known known;
    known.entities = {entity_of(daemon)};
    known.nodes = targets;
    std::vector<std::string> portals = {daemon.portal() + ",1", daemon.second_portal() + ",1"};
    portals.insert(portals.end(), more.begin(), more.end());
    for (const std::string& portal : portals) {
      known.portals.insert(portal.substr(0, portal.find(',')));
      for (size_t i = 0; i < targets.size(); ++i) known.groups.insert(portal);
    }
    return known;
  }
  static std::string entity_of(const Daemon& daemon) {
    std::string id;
    std::ifstream(daemon.directory() / "state" / "id") >> id;
    return "tidemark:" + id;
  }

  Isnsd server;
};

TEST_F(Isns, TheServerKnowsWhatIsServedThroughReloadsAndKillsAndUntilTheEnd) {
  server.start();
  DaemonOptions with = options();
  {
    Daemon daemon(with);
    EXPECT_TRUE(server.comes_to_know(of(daemon, {kTarget})));

    const std::string third = "127.0.0.2:" + std::to_string(daemon.portal_port());
    with.portals = ", {\"address\": \"" + third + "\", \"group\": 2}";
    with.targets = fmt::format(
        R"(, {{"name": "{}", "access": [], "luns": [{{"lun": 0, "volume": "copy"}}]}})", kSecond);
    daemon.reload(with);
    EXPECT_TRUE(server.comes_to_know(of(daemon, {kTarget, kSecond}, {third + ",2"})));

    // What a killed one leaves is not there twice.
    with.targets.clear();
    daemon.reload(with);
    EXPECT_TRUE(server.comes_to_know(of(daemon, {kTarget}, {third + ",2"})));
    kill(daemon.pid(), SIGKILL);
    daemon.restart_after_kill();
    EXPECT_TRUE(server.comes_to_know(of(daemon, {kTarget}, {third + ",2"})));

    with.portals.clear();
    daemon.reload(with);
    EXPECT_TRUE(server.comes_to_know(of(daemon, {kTarget})));
  }
  EXPECT_EQ(server.known(), Known{}) << "before the daemon has ended";
}

TEST_F(Isns, AServerThatComesLateOrLosesEverythingIsToldAndNobodyElseNotices) {
  Daemon daemon(options());
  Initiator host("iqn.2026-11.dev.tidemark.test:host");
  ASSERT_TRUE(host.connect(daemon)) << host.error();
  EXPECT_TRUE(host.moves(65536));
  server.start();
  EXPECT_TRUE(server.comes_to_know(of(daemon, {kTarget})));
  server.stop();
  server.lose_all();
  EXPECT_TRUE(host.moves(65536));
  server.start();
  EXPECT_TRUE(server.comes_to_know(of(daemon, {kTarget}))) << "with the next refresh";
  EXPECT_TRUE(host.moves(65536));
  const std::string log = daemon.log();
  const std::string line = "iSNS server " + server.address() + ": it cannot be reached";
  EXPECT_NE(log.find(line), std::string::npos) << log;
  const size_t first = log.find(line);
  const size_t again = log.find("knows what is served here again", first);
  ASSERT_NE(again, std::string::npos) << log;
  EXPECT_EQ(log.substr(first + 1, again - first).find(line), std::string::npos)
      << "one line, however often it was tried";
}

TEST_F(Isns, TheKeyMayComeAndGoWithAReload) {
  server.start();
  DaemonOptions with = options();
  const std::string keys = std::exchange(with.keys, "");
  Daemon daemon(with);
  with.keys = keys;
  daemon.reload(with);
  EXPECT_TRUE(server.comes_to_know(of(daemon, {kTarget})));
  with.keys.clear();
  daemon.reload(with);
  EXPECT_EQ(server.known(), Known{}) << "before the reload was over";
}

}  // namespace
}  // namespace tidemark::system_test
