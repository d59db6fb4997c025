#include "target/session_registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace tidemark::target {
namespace {

class Registry : public testing::Test {
 protected:
  struct Claim {
    std::optional<SessionRegistry::Grant> grant;
  };
  void claim(Claim& claim, const std::string& target = "t", uint64_t isid = 1, uint16_t tsih = 0) {
    registry_.claim({"i", isid, target}, tsih, 1,
                    [&claim](const SessionRegistry::Grant& grant) { claim.grant = grant; });
  }
  size_t ends(const Claim& claim) const {
    return static_cast<size_t>(std::count(ended_.begin(), ended_.end(), claim.grant->id));
  }
  std::vector<uint64_t> ended_;
  SessionRegistry registry_{UINT16_MAX, [this](uint64_t id, CoreId core) {
                              EXPECT_EQ(core, 1);
                              ended_.push_back(id);
                            }};
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
  EXPECT_EQ(ends(old), 1u);
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
  EXPECT_EQ(ends(a), 1u);
  registry_.release(a.grant->id);
  ASSERT_TRUE(b.grant);
  EXPECT_EQ(ends(b), 1u);
  EXPECT_FALSE(c.grant);
  registry_.release(b.grant->id);
  ASSERT_TRUE(c.grant);
  EXPECT_EQ(ends(c), 0u);
}

TEST_F(Registry, DiscoveryReinstatesNothing) {
  Claim a, b;
  claim(a, "");
  claim(b, "");
  EXPECT_TRUE(a.grant && b.grant);
  EXPECT_EQ(ends(a), 0u);
}

TEST_F(Registry, UnknownTsihDoesNotExist) {
  Claim a;
  claim(a, "t", 1, 5);
  EXPECT_EQ(a.grant->status, LoginStatus::session_does_not_exist);
}

TEST_F(Registry, KnownTsihLeadsToItsSession) {
  Claim a, b;
  claim(a);
  claim(b, "t", 1, a.grant->tsih);
  ASSERT_EQ(b.grant->status, LoginStatus::success);
  EXPECT_TRUE(b.grant->joins);
  EXPECT_EQ(b.grant->id, a.grant->id);
  EXPECT_EQ(b.grant->core, 1);
  EXPECT_EQ(ends(a), 0u);
}

TEST_F(Registry, KnownTsihWithAnotherNameDoesNotExist) {
  Claim a, b;
  claim(a);
  claim(b, "t", 2, a.grant->tsih);
  EXPECT_EQ(b.grant->status, LoginStatus::session_does_not_exist);
}

TEST_F(Registry, ASessionThatEndsTakesNoConnection) {
  Claim a, b, c;
  claim(a);
  claim(b);  // reinstatement
  claim(c, "t", 1, a.grant->tsih);
  EXPECT_EQ(c.grant->status, LoginStatus::session_does_not_exist);
}

TEST_F(Registry, SessionsAreBounded) {
  SessionRegistry small(1, [](uint64_t, CoreId) {});
  std::optional<SessionRegistry::Grant> one, two;
  small.claim({"i", 1, "t"}, 0, 0, [&](const SessionRegistry::Grant& grant) { one = grant; });
  small.claim({"i", 2, "t"}, 0, 0, [&](const SessionRegistry::Grant& grant) { two = grant; });
  EXPECT_EQ(two->status, LoginStatus::out_of_resources);
  small.release(one->id);
  small.claim({"i", 2, "t"}, 0, 0, [&](const SessionRegistry::Grant& grant) { two = grant; });
  EXPECT_EQ(two->status, LoginStatus::success);
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
