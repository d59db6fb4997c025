#include "scsi/unit_attentions.h"

#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

using namespace attention;

std::vector<Asc> all(UnitAttentions attentions) {
  std::vector<Asc> found;
  while (const auto asc = attentions.take()) found.push_back(*asc);
  return found;
}

TEST(UnitAttention, ComesOldestFirstAndEachOnce) {
  UnitAttentions attentions;
  for (const Asc asc : {kCapacityChanged, kModeParametersChanged, kCapacityChanged})
    attentions.add(asc);
  EXPECT_EQ(all(attentions), (std::vector<Asc>{kCapacityChanged, kModeParametersChanged}));
}

TEST(UnitAttention, AResetMakesWhatCameBeforeObsolete) {
  UnitAttentions attentions;
  for (const Asc asc : {kCapacityChanged, kUnitReset, kModeParametersChanged}) attentions.add(asc);
  EXPECT_EQ(all(attentions), (std::vector<Asc>{kUnitReset, kModeParametersChanged}));
}

TEST(UnitAttention, TheGreaterResetCoversTheLesser) {
  for (const auto& [first, second] :
       {std::pair{kNexusLoss, kUnitReset}, {kUnitReset, kNexusLoss}}) {
    UnitAttentions attentions;
    attentions.add(first);
    attentions.add(second);
    EXPECT_EQ(all(attentions), std::vector<Asc>{kUnitReset});
  }
  UnitAttentions attentions;
  attentions.add(kPowerOn);
  attentions.add(kUnitReset);
  EXPECT_EQ(all(attentions), std::vector<Asc>{kPowerOn});
}

TEST(UnitAttention, WhenTooManyOneStandsForAll) {
  UnitAttentions attentions;
  for (Asc asc = 0x3f00; asc < 0x3f10; ++asc) attentions.add(asc);
  EXPECT_EQ(all(attentions).front(), kPowerOn);
}

class Protection : public ::testing::Test {
 protected:
  void protect(bool on) {
    target_.executor_.as(0, [&] { target_.gate_.protect(on, 0, [] {}); });
    target_.settle();
  }
  TestTarget target_{UnitOptions{.cores = 2}};
  ItNexus& one_ = target_.attach(0);
  ItNexus& two_ = target_.attach(1);
};

TEST_F(Protection, ByACopyIsToldToEveryNexusAndSoIsItsEnd) {
  for (const bool on : {true, false}) {
    protect(on);
    EXPECT_TRUE(target_.send_to(one_, {0x00}).attention(kModeParametersChanged));
    EXPECT_TRUE(target_.send_to(one_, {0x00}).good());
    EXPECT_TRUE(target_.send_to(two_, {0x00}).attention(kModeParametersChanged));
    const Data modes = target_.send_to(two_, {0x1a, 0x08, 0x3f, 0, 252, 0}).data;
    EXPECT_EQ((modes[2] & 0x80) != 0, on) << "WP";
  }
}

TEST_F(Protection, IsNoNewsToANexusThatComesLater) {
  protect(true);
  EXPECT_TRUE(target_.send_to(target_.attach(1), {0x00}).good());
}

}  // namespace
}  // namespace tidemark::scsi
