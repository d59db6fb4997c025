// Asymmetric access of the real daemon: states set by management and by a host.
#include <gtest/gtest.h>
#include <signal.h>

#include "base/big_endian.h"
#include "tests/mgmt/http_client.h"
#include "tests/system/process.h"
#include "tests/system/scsi_host.h"

namespace tidemark::system_test {
namespace {

constexpr uint8_t kNotReady = 0x02, kUnitAttention = 0x06;
constexpr uint16_t kAccessStateChanged = 0x2a06, kStandby = 0x040b;

Ended set_state(ScsiHost& host, uint8_t state, uint16_t group) {
  Bytes cdb(12);
  cdb[0] = 0xa4;
  cdb[1] = 0x0a;
  Bytes list(8);
  cdb[9] = static_cast<uint8_t>(list.size());
  list[4] = state;
  store_be16(&list[6], group);
  return host.send(cdb, list);
}

TEST(PortGroups, StandbyKeepsHostsOffUntilOneTakesItBack) {
  Daemon daemon;
  ScsiHost a(daemon, "a"), b(daemon, "b");
  mgmt::HttpClient client(daemon.management());
  const std::string path = std::string("/api/v1/targets/") + kTarget + "/port-groups";
  EXPECT_EQ(client.post(path + "/1", R"({"state":"standby"})").status, 200u);
  for (ScsiHost* host : {&a, &b}) {
    EXPECT_TRUE(host->read(0, 1).failed(kUnitAttention, kAccessStateChanged));
    EXPECT_TRUE(host->read(0, 1).failed(kNotReady, kStandby));
    EXPECT_TRUE(host->send({0x12, 0, 0, 0, 96, 0}, {}, 96).good());
  }
  EXPECT_TRUE(set_state(a, 0, 1).good());
  EXPECT_TRUE(a.read(0, 1).good());
  EXPECT_TRUE(b.read(0, 1).failed(kUnitAttention, kAccessStateChanged));
  EXPECT_TRUE(b.read(0, 1).good());
}

/// Group 1 are the daemon's own two portals, group 2 is a third.
DaemonOptions with_two_groups() {
  return {.portals = R"(, {"address": "127.0.0.1:0", "group": 2})"};
}

/// `tidemark port-group` with these words; it has to succeed.
std::string port_group(const Daemon& daemon, std::vector<std::string> words) {
  words.insert(words.begin(), {TIDEMARK_PATH, "--target", daemon.management_url(), "port-group"});
  const Finished done = run_program(words);
  EXPECT_EQ(done.status, 0) << done.output;
  return done.output;
}

TEST(PortGroups, OnePathInStandbyLeavesTheOther) {
  const Daemon daemon(with_two_groups());
  ScsiHost near(daemon, "host"), far(daemon.bound_portal(2), "host");
  port_group(daemon, {"set", kTarget, "2", "--state", "standby"});
  EXPECT_TRUE(far.read(0, 1).failed(kUnitAttention, kAccessStateChanged));
  EXPECT_TRUE(far.read(0, 1).failed(kNotReady, kStandby));
  EXPECT_TRUE(near.read(0, 1).failed(kUnitAttention, kAccessStateChanged));
  EXPECT_TRUE(near.read(0, 1).good());
  // Through the path in standby a host sees both, and takes it.
  const Ended groups = far.send({0xa3, 0x0a, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0}, {}, 255);
  ASSERT_TRUE(groups.good());
  EXPECT_EQ(groups.data[4] & 0x0f, 0x0) << "group 1 is optimized";
  EXPECT_EQ(groups.data[16] & 0x0f, 0x2) << "group 2 is in standby";
  EXPECT_TRUE(set_state(far, 0, 2).good());
  EXPECT_TRUE(far.read(0, 1).good());
}

TEST(PortGroups, StatesOutliveARestartAndAKill) {
  Daemon daemon(with_two_groups());
  port_group(daemon, {"set", kTarget, "2", "--state", "unavailable", "--preferred", "true"});
  const std::string before = port_group(daemon, {"list", kTarget});
  EXPECT_NE(before.find("unavailable"), std::string::npos) << before;
  daemon.restart();
  EXPECT_EQ(port_group(daemon, {"list", kTarget}), before);
  kill(daemon.pid(), SIGKILL);
  daemon.restart_after_kill();
  EXPECT_EQ(port_group(daemon, {"list", kTarget}), before);
  EXPECT_TRUE(ScsiHost(daemon, "host").read(0, 1).good());
}

TEST(PortGroups, OfATargetWithoutLunsAreAnsweredFor) {
  DaemonOptions options = with_two_groups();
  options.targets = R"(, {"name": "iqn.2026-11.dev.tidemark:empty", "luns": [], "access": []})";
  const Daemon daemon(options);
  const std::string target = "iqn.2026-11.dev.tidemark:empty";
  EXPECT_EQ(port_group(daemon, {"set", target, "2", "--state", "standby"}).find("standby"),
            std::string::npos);
  port_group(daemon, {"list", target});
  mgmt::HttpClient client(daemon.management());
  EXPECT_EQ(
      client.post("/api/v1/targets/" + target + "/port-groups/3", R"({"state":"standby"})").status,
      404u);
}

TEST(PortGroups, ReachALunThatOnlyAnAccessRowHas) {
  DaemonOptions options;
  options.volumes = R"(, {"name": "own", "location": "memory:", "size": "8MiB"})";
  options.access =
      R"({"initiator": "*"}, {"initiator": "iqn.2026-11.dev.tidemark.test:other",
                              "luns": [{"lun": 3, "volume": "own"}]})";
  const Daemon daemon(options);
  const std::string set = port_group(daemon, {"set", kTarget, "1", "--state", "standby"});
  EXPECT_NE(set.find("own"), std::string::npos) << set;
}

}  // namespace
}  // namespace tidemark::system_test
