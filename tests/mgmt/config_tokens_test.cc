// The `tokens` of the configuration.
#include "mgmt/daemon/config_tokens.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mgmt/daemon/config.h"

namespace tidemark::mgmt {
namespace {

/// The path of the first fault, "" if there is none.
std::string fault_of(const std::string& text, TokensConfig& tokens) {
  Faults faults;
  read_tokens(nlohmann::json::parse(text), "tokens", tokens, faults);
  return faults.any() ? faults.first().field : "";
}

TEST(ConfigTokens, WhatIsNotNamedKeepsItsDefault) {
  TokensConfig tokens;
  EXPECT_EQ(fault_of("{}", tokens), "");
  EXPECT_EQ(tokens, TokensConfig{});
}

TEST(ConfigTokens, TimesAndSizesAreTakenAndWrittenAsTheyAreRead) {
  TokensConfig tokens;
  EXPECT_EQ(fault_of(R"({"lifetime_seconds": 120, "inactivity_seconds": 5,
                         "max_inactivity_seconds": 50, "store_limit": "8MiB"})",
                     tokens),
            "");
  EXPECT_EQ(tokens.limits.lifetime, 120u);
  EXPECT_EQ(tokens.limits.inactivity, 5u);
  EXPECT_EQ(tokens.limits.inactivity_most, 50u);
  EXPECT_EQ(tokens.store_limit, 8 * kMiB);
  TokensConfig again;
  EXPECT_EQ(fault_of(write_tokens(tokens).dump(), again), "");
  EXPECT_EQ(again, tokens);
}

TEST(ConfigTokens, WhatCannotBeIsRefusedByPath) {
  const auto fault = [](const std::string& text) {
    TokensConfig tokens;
    return fault_of(text, tokens);
  };
  EXPECT_EQ(fault(R"({"lifetime_seconds": 0})"), "tokens.lifetime_seconds");
  EXPECT_EQ(fault(R"({"inactivity_seconds": 601})"), "tokens.inactivity_seconds");
  EXPECT_EQ(fault(R"({"store_limit": 4096})"), "tokens.store_limit");
  EXPECT_EQ(fault(R"({"lifetime": 5})"), "tokens.lifetime");
}

TEST(ConfigTokens, StandAtTheTopOfTheConfiguration) {
  const auto config = parse_config(R"({"volumes": [], "targets": [],
                                       "tokens": {"lifetime_seconds": 7}})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config.value().tokens.limits.lifetime, 7u);
}

}  // namespace
}  // namespace tidemark::mgmt
