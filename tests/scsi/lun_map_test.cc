// What a nexus can name: its own LUN map, and what becomes of it when the map grows.
#include "scsi/lun_map.h"

#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

std::vector<uint16_t> reported(TestTarget& target, ItNexus& nexus) {
  Sent& sent = target.send_to(nexus, CdbBuilder(0xa0).set(FieldRole::allocation_length, 4096));
  std::vector<uint16_t> luns;
  for (size_t at = 8; at + 8 <= sent.data.size(); at += 8)
    luns.push_back(decode_lun(load_be64(&sent.data[at])).value());
  return luns;
}

std::unique_ptr<ItNexus> attach(TestTarget& target, const LunMap& units, uint64_t isid) {
  std::unique_ptr<ItNexus> nexus;
  target.executor_.as(0, [&] {
    nexus = target.device_.attach("iqn.host", isid, std::make_shared<const LunMap>(units));
  });
  return nexus;
}

TEST(LunMaps, TwoInitiatorsOfOneTargetMayHaveDifferentOnes) {
  TestTarget target;
  const auto one = attach(target, {{0, target.unit_}}, 1);
  const auto other = attach(target, {{5, target.unit_}, {300, target.unit_}}, 2);
  EXPECT_EQ(reported(target, *one), std::vector<uint16_t>{0});
  EXPECT_EQ(reported(target, *other), (std::vector<uint16_t>{5, 300}));
  EXPECT_TRUE(target.send_to(*other, {0x00}).failed(SenseKey::illegal_request, 0x2500));
}

TEST(LunMaps, AnInitiatorIsToldThatItsMapHasGrownAndFindsWhatIsNew) {
  TestTarget target;
  const auto nexus = attach(target, {{0, target.unit_}}, 1);
  target.send_to(*nexus, {0x00});  // fetches the attention every nexus begins with
  EXPECT_TRUE(target.device_.extend(
      *nexus, std::make_shared<const LunMap>(LunMap{{0, target.unit_}, {1, target.unit_}})));
  EXPECT_TRUE(target.send_to(*nexus, {0x00}).attention(attention::kLunsChanged));
  EXPECT_TRUE(target.send_to(*nexus, {0x00}).good());
  EXPECT_EQ(reported(target, *nexus), (std::vector<uint16_t>{0, 1}));
}

TEST(LunMaps, TheSameMapAgainIsNoNews) {
  TestTarget target;
  const auto nexus = attach(target, {{0, target.unit_}}, 1);
  target.send_to(*nexus, {0x00});
  EXPECT_TRUE(
      target.device_.extend(*nexus, std::make_shared<const LunMap>(LunMap{{0, target.unit_}})));
  EXPECT_TRUE(target.send_to(*nexus, {0x00}).good());
}

TEST(LunMaps, NothingIsTakenFromANexus) {
  TestTarget target;
  TestTarget elsewhere;
  const auto nexus = attach(target, {{0, target.unit_}, {1, target.unit_}}, 1);
  const LunMap lost = {{0, target.unit_}, {2, target.unit_}};
  const LunMap exchanged = {{0, target.unit_}, {1, elsewhere.unit_}};
  for (const LunMap& units : {lost, exchanged})
    EXPECT_FALSE(target.device_.extend(*nexus, std::make_shared<const LunMap>(units)));
  EXPECT_EQ(reported(target, *nexus), (std::vector<uint16_t>{0, 1}));
}

}  // namespace
}  // namespace tidemark::scsi
