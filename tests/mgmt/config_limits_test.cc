#include "mgmt/daemon/config_limits.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "mgmt/daemon/config.h"

namespace tidemark::mgmt {
namespace {

/// The first fault of `text` as limits, "" if there is none.
std::string fault_of(const std::string& text, target::Limits& limits) {
  Faults faults;
  read_limits(nlohmann::json::parse(text), "limits", limits, faults);
  return faults.any() ? faults.first().field + ": " + faults.first().message : "";
}
std::string fault_of(const std::string& text) {
  target::Limits limits;
  return fault_of(text, limits);
}

TEST(ConfigLimits, WhatIsNotNamedKeepsItsDefault) {
  target::Limits limits;
  EXPECT_EQ(fault_of("{}", limits), "");
  const target::Limits defaults;
  EXPECT_EQ(limits.connections, defaults.connections);
  EXPECT_EQ(limits.login_time, defaults.login_time);
  EXPECT_EQ(limits.max_burst, defaults.max_burst);
  EXPECT_EQ(limits.memory_per_core, defaults.memory_per_core);
}

TEST(ConfigLimits, NumbersSecondsAndSizesAreTaken) {
  target::Limits limits;
  EXPECT_EQ(fault_of(R"({"connections": 7, "login_seconds": 5, "receive_segment": "64KiB",
                         "memory_per_core": "64MiB", "write_bytes": 2097152})",
                     limits),
            "");
  EXPECT_EQ(limits.connections, 7u);
  EXPECT_EQ(limits.login_time, std::chrono::seconds(5));
  EXPECT_EQ(limits.receive_segment, 64 * kKiB);
  EXPECT_EQ(limits.memory_per_core, 64 * kMiB);
  EXPECT_EQ(limits.write_bytes, 2 * kMiB);
}

TEST(ConfigLimits, ZeroSwitchesThePingOff) {
  target::Limits limits;
  EXPECT_EQ(fault_of(R"({"idle_ping_seconds": 0})", limits), "");
  EXPECT_EQ(limits.idle_ping, Duration::zero());
}

TEST(ConfigLimits, FaultsNameTheKeyAndWhatIsRight) {
  EXPECT_TRUE(fault_of(R"({"conections": 7})").starts_with("limits.conections: is not known"));
  EXPECT_TRUE(fault_of(R"({"connections": 0})").starts_with("limits.connections: "));
  EXPECT_TRUE(fault_of(R"({"connections": "many"})").starts_with("limits.connections: "));
  EXPECT_EQ(fault_of(R"({"receive_segment": 100})"),
            "limits.receive_segment: must be 512 to 16777215");
  EXPECT_EQ(fault_of(R"({"first_burst": "1MiB", "max_burst": "64KiB"})"),
            "limits.first_burst: must not be more than max_burst");
  EXPECT_EQ(fault_of(R"({"write_bytes": "1GiB"})"),
            "limits.write_bytes: must not be more than memory_per_core");
}

TEST(ConfigLimits, ArePartOfTheConfiguration) {
  const auto config = parse_config(R"({"volumes": [], "targets": [], "limits": {"window": 16}})");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config.value().limits.window_depth, 16u);
  EXPECT_FALSE(parse_config(R"({"volumes": [], "targets": [], "limits": 3})").ok());
}

TEST(ConfigLimits, APoolBoundsAllStores) {
  const auto config =
      parse_config(R"({"volumes": [], "targets": [], "copies": {"store_pool": "2GiB"}})");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config.value().store_pool, 2 * kGiB);
  EXPECT_EQ(parse_config(R"({"volumes": [], "targets": []})").value().store_pool, 0u);
  EXPECT_EQ(parse_config(R"({"volumes": [], "targets": [], "copies": {"pool": 1}})").error().field,
            "copies.pool");
}

TEST(ConfigLimits, AreAllInTheManual) {
  std::ifstream file(std::string(TIDEMARK_SOURCE_DIR) + "/docs/configuration.md");
  std::ostringstream text;
  text << file.rdbuf();
  target::Limits limits;
  const std::string all = fault_of(R"({"": 0})", limits);  // names what is known
  std::istringstream known(all.substr(all.find("known: ") + 7));
  int keys = 0;
  for (std::string key; std::getline(known, key, ',') && key.find(')') == std::string::npos;) {
    key.erase(0, key.find_first_not_of(' '));
    ++keys;
    EXPECT_NE(text.str().find("`" + key + "`"), std::string::npos) << key;
  }
  EXPECT_GT(keys, 20);
}

}  // namespace
}  // namespace tidemark::mgmt
