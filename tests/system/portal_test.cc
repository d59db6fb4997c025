// Portals as initiators meet them: IPv6, what discovery says of them, and targets that have moved.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/system/daemon.h"
#include "tests/system/initiator.h"
#include "tests/system/process.h"

namespace tidemark::system_test {
namespace {

constexpr const char* kHost = "iqn.2026-11.dev.tidemark.test:host";
constexpr const char* kMoving = "iqn.2026-11.dev.tidemark:moving";

std::string discovered(const std::string& portal) {
  return run_program({"iscsi-ls", "-i", kHost, "iscsi://" + portal + "/"}).output;
}

TEST(Portals, AreServedOverIpv6) {
  const Daemon daemon({.kind = "memory", .portals = R"(, {"address": "[::1]:0", "group": 2})"});
  const std::string portal = daemon.bound_portal(2);
  ASSERT_TRUE(portal.starts_with("[::1]:")) << portal;
  Initiator host(kHost);
  ASSERT_TRUE(host.connect(portal)) << host.error();
  EXPECT_TRUE(host.moves(65536));
  const std::string listed = discovered(portal);
  EXPECT_NE(listed.find(portal + ",2"), std::string::npos) << listed;
  EXPECT_NE(listed.find(daemon.portal() + ",1"), std::string::npos) << listed;
}

TEST(Portals, BehindAProxyTellTheAddressOfTheProxy) {
  const Daemon daemon(
      {.kind = "memory",
       .portals = R"(, {"address": "127.0.0.1:0", "advertise": "san.example.com:3260"})"});
  const std::string listed = discovered(daemon.bound_portal(2));
  EXPECT_NE(listed.find("san.example.com:3260,1"), std::string::npos) << listed;
  EXPECT_EQ(listed.find(daemon.bound_portal(2)), std::string::npos) << listed;
}

std::string moving_target(const std::string& keys) {
  return fmt::format(R"(, {{"name": "{}", "access": [{{"initiator": "{}"}}],
                           "luns": [{{"lun": 0, "volume": "copy"}}]{}}})",
                     kMoving, kHost, keys);
}

std::string moved_to(const Daemon& there, const char* permanent) {
  return moving_target(fmt::format(R"(, "redirect": {{"address": "{}", "permanent": {}}})",
                                   there.portal(), permanent));
}

TEST(Redirection, TakesInitiatorsWhereTheTargetIs) {
  const Daemon there({.kind = "memory", .targets = moving_target("")});
  const Daemon here({.kind = "memory", .targets = moved_to(there, "false")});
  Initiator host(kHost, kMoving);
  ASSERT_TRUE(host.connect(here)) << host.error();
  EXPECT_TRUE(host.moves(4096));
  EXPECT_NE(there.api().sessions().body.find(kMoving), std::string::npos);
  EXPECT_EQ(here.api().sessions().body.find(kMoving), std::string::npos);
}

TEST(Redirection, IsTemporaryOrPermanentAndForThoseWhoAreAdmitted) {
  const Daemon there({.kind = "memory"});
  const Daemon here({.kind = "memory", .targets = moved_to(there, "true")});
  Initiator host(kHost, kMoving);
  EXPECT_FALSE(host.connect(here));  // libiscsi does not follow for good
  EXPECT_NE(host.error().find("moved permanently"), std::string::npos) << host.error();
  Initiator stranger("iqn.2026-11.dev.tidemark.test:stranger", kMoving);
  EXPECT_FALSE(stranger.connect(here));
  EXPECT_EQ(stranger.error().find("moved"), std::string::npos) << stranger.error();
  const auto refused = nlohmann::json::parse(here.api().status().body)["refused_logins"];
  EXPECT_EQ(refused["moved"], 1);
  EXPECT_EQ(refused["not_listed"], 1);
}

}  // namespace
}  // namespace tidemark::system_test
