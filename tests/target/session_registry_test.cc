#include "target/session_registry.h"

#include <gtest/gtest.h>

#include <optional>

namespace tidemark::target {
namespace {

class Registry : public testing::Test {
 protected:
  struct Claim {
    std::optional<SessionRegistry::Grant> grant;
    int ends = 0;
  };
  void claim(Claim& claim, const std::string& target = "t", uint64_t isid = 1, uint16_t tsih = 0) {
    registry_.claim(
        {"i", isid, target}, tsih, [&claim] { ++claim.ends; },
        [&claim](SessionRegistry::Grant grant) { claim.grant = grant; });
  }
  SessionRegistry registry_;
};

TEST_F(Registry, GrantsNumbersThatAreNotInUse) {
  Claim a, b;
  claim(a, "t", 1);
  claim(b, "t", 2);
  ASSERT_TRUE(a.grant && b.grant);
  EXPECT_NE(a.grant->tsih, 0);
  EXPECT_NE(a.grant->tsih, b.grant->tsih);
  EXPECT_NE(a.grant->id, b.grant->id);
}

TEST_F(Registry, ReinstatementWaitsForTheEndOfTheOld) {
  Claim old, fresh;
  claim(old);
  claim(fresh);
  EXPECT_EQ(old.ends, 1);
  EXPECT_FALSE(fresh.grant);
  registry_.release(old.grant->id);
  ASSERT_TRUE(fresh.grant);
  EXPECT_EQ(fresh.grant->status, LoginStatus::success);
  EXPECT_EQ(registry_.size(), 1u);
}

TEST_F(Registry, ManyAtOnceTakeOverInTurn) {
  Claim a, b, c;
  claim(a);
  claim(b);
  claim(c);
  EXPECT_EQ(a.ends, 1);
  registry_.release(a.grant->id);
  ASSERT_TRUE(b.grant);
  EXPECT_EQ(b.ends, 1);
  EXPECT_FALSE(c.grant);
  registry_.release(b.grant->id);
  ASSERT_TRUE(c.grant);
  EXPECT_EQ(c.ends, 0);
}

TEST_F(Registry, DiscoveryReinstatesNothing) {
  Claim a, b;
  claim(a, "");
  claim(b, "");
  EXPECT_TRUE(a.grant && b.grant);
  EXPECT_EQ(a.ends, 0);
}

TEST_F(Registry, UnknownTsihDoesNotExist) {
  Claim a;
  claim(a, "t", 1, 5);
  EXPECT_EQ(a.grant->status, LoginStatus::session_does_not_exist);
}

TEST_F(Registry, KnownTsihMeansTooManyConnections) {
  Claim a, b;
  claim(a);
  claim(b, "t", 1, a.grant->tsih);
  EXPECT_EQ(b.grant->status, LoginStatus::too_many_connections);
  EXPECT_EQ(a.ends, 0);
}

TEST_F(Registry, AllNumbersInUseIsOutOfResources) {
  std::vector<std::unique_ptr<Claim>> claims;
  for (uint64_t isid = 1; isid <= UINT16_MAX; ++isid) {
    claims.push_back(std::make_unique<Claim>());
    claim(*claims.back(), "", isid);
  }
  Claim last;
  claim(last, "", 1);
  EXPECT_EQ(last.grant->status, LoginStatus::out_of_resources);
  registry_.release(claims[10]->grant->id);
  Claim again;
  claim(again, "", 1);
  EXPECT_EQ(again.grant->tsih, claims[10]->grant->tsih);
}

}  // namespace
}  // namespace tidemark::target
