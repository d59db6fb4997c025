// Which addresses an initiator is told of, by where it came in.
#include "target/portal.h"

#include <gtest/gtest.h>

#include "target/address.h"

namespace tidemark::target {
namespace {

using Addresses = std::vector<std::string>;

Portal portal(const std::string& bound, uint16_t group = 1, const std::string& advertise = {}) {
  return {{bound, group, advertise}, parse_endpoint(bound).value()};
}

Addresses seen(const std::vector<Portal>& portals, size_t through, const std::string& local) {
  return target_addresses(portals, portals[through], parse_endpoint(local).value());
}

TEST(TargetAddresses, BeginWithTheOneThatWasReached) {
  const std::vector<Portal> portals = {portal("10.0.0.1:3260", 1), portal("10.0.1.1:3260", 2)};
  EXPECT_EQ(seen(portals, 0, "10.0.0.1:3260"), (Addresses{"10.0.0.1:3260,1", "10.0.1.1:3260,2"}));
  EXPECT_EQ(seen(portals, 1, "10.0.1.1:3260"), (Addresses{"10.0.1.1:3260,2", "10.0.0.1:3260,1"}));
}

TEST(TargetAddresses, NeverNameAnUnspecifiedAddress) {
  const std::vector<Portal> portals = {portal("0.0.0.0:3260"), portal("[::]:3260", 3)};
  EXPECT_EQ(seen(portals, 0, "192.168.1.5:3260"), Addresses{"192.168.1.5:3260,1"});
  EXPECT_EQ(seen(portals, 1, "[fd00::5]:3260"), Addresses{"[fd00::5]:3260,3"});
}

TEST(TargetAddresses, ALoopbackPortalIsForThoseOnTheMachine) {
  const std::vector<Portal> portals = {portal("10.0.0.1:3260"), portal("127.0.0.1:3261"),
                                       portal("[::1]:3262")};
  EXPECT_EQ(seen(portals, 0, "10.0.0.1:3260"), Addresses{"10.0.0.1:3260,1"});
  EXPECT_EQ(seen(portals, 1, "127.0.0.1:3261"), (Addresses{"127.0.0.1:3261,1", "[::1]:3262,1"}));
}

TEST(TargetAddresses, AnAdvertisedOneStandsForTheRealOne) {
  const std::vector<Portal> portals = {portal("10.0.0.1:3260", 1, "san.example.com:3260"),
                                       portal("10.0.1.1:3260", 2, "[fd00::1]:860")};
  EXPECT_EQ(seen(portals, 0, "10.0.0.1:3260"),
            (Addresses{"san.example.com:3260,1", "[fd00::1]:860,2"}));
}

TEST(TargetAddresses, EachIsNamedOnce) {
  const std::vector<Portal> portals = {portal("0.0.0.0:3260"), portal("10.0.0.1:3260")};
  EXPECT_EQ(seen(portals, 0, "10.0.0.1:3260"), Addresses{"10.0.0.1:3260,1"});
}

}  // namespace
}  // namespace tidemark::target
