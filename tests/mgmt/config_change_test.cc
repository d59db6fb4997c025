// From one configuration to the next: which volumes come and go, and what takes a restart.
#include "mgmt/daemon/config_change.h"

#include <gtest/gtest.h>

#include "storage/engines.h"

namespace tidemark::mgmt {
namespace {

Config config(const std::vector<std::string>& volumes) {
  Config made;
  for (const std::string& name : volumes) made.volumes.push_back({name, "file:/" + name, 4096});
  return made;
}

TEST(ConfigChange, NamesVolumesThatComeAndGo) {
  const auto change = change_of(config({"a", "b", "c"}), config({"d", "c", "a", "e"}));
  ASSERT_TRUE(change);
  EXPECT_EQ(change.value().removed, std::vector<std::string>{"b"});
  EXPECT_EQ(change.value().added, (std::vector<size_t>{0, 3}));
}

TEST(ConfigChange, TargetsAccessPortalsAndDiscoveryMayChange) {
  Config next = config({"a"});
  next.portals = {{"127.0.0.1:9"}};
  next.targets = {{"iqn.2026-11.x:t", {{0, "a"}}, {{"*", {}, {}}}, {}}};
  next.discovery.chap = ChapConfig{"u", {"/s", ""}, {}};
  const auto change = change_of(config({"a"}), next);
  ASSERT_TRUE(change);
  EXPECT_TRUE(change.value().removed.empty());
  EXPECT_TRUE(change.value().added.empty());
}

TEST(ConfigChange, WhatTakesARestartIsRefusedByPath) {
  const Config now = config({"a", "b"});
  const auto refused = [&](const auto& edit) {
    Config next = now;
    edit(next);
    const auto change = change_of(now, next);
    EXPECT_FALSE(change);
    return change ? "" : change.error().field;
  };
  EXPECT_EQ(refused([](Config& c) { c.management = "127.0.0.1:1"; }), "management.listen");
  EXPECT_EQ(refused([](Config& c) { c.state_dir = "/elsewhere"; }), "state_dir");
  EXPECT_EQ(refused([](Config& c) { c.cores += 1; }), "cores");
  EXPECT_EQ(refused([](Config& c) { c.io_engine = storage::EngineChoice::threads; }), "io_engine");
  EXPECT_EQ(refused([](Config& c) { c.limits.sessions += 1; }), "limits");
  EXPECT_EQ(refused([](Config& c) { c.xcopy.gather = Duration{1}; }), "xcopy");
  EXPECT_EQ(refused([](Config& c) { c.tokens.limits.lifetime += 1; }), "tokens");
  EXPECT_EQ(refused([](Config& c) { c.store_pool = 1; }), "copies.store_pool");
  EXPECT_EQ(refused([](Config& c) { c.volumes[1].location = "file:/x"; }), "volumes[1]");
  EXPECT_EQ(refused([](Config& c) { c.volumes[0].size = 8192; }), "volumes[0]");
  EXPECT_EQ(refused([](Config& c) { c.volumes[0].read_only = true; }), "volumes[0]");
}

}  // namespace
}  // namespace tidemark::mgmt
