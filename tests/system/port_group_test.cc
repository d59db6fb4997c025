// Asymmetric access of the real daemon: states set by management and by a host.
#include <gtest/gtest.h>

#include "base/big_endian.h"
#include "tests/mgmt/http_client.h"
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

}  // namespace
}  // namespace tidemark::system_test
