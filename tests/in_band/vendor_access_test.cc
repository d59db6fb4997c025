// The right to the vendor commands: nobody has it whose access row does not say so, and it follows
// the row while the session goes on.
#include <fstream>

#include "scsi/vendor_layout.h"
#include "tests/in_band/in_band_host.h"
#include "tests/mgmt/http_client.h"

namespace tidemark::in_band {
namespace {

using system_test::DaemonOptions;
using system_test::ScsiHost;

constexpr const char* kAccess =
    "/api/v1/targets/iqn.2026-11.dev.tidemark:test/access/iqn.2026-11.dev.tidemark.test:";

DaemonOptions with_access(const std::string& rows) {
  DaemonOptions options;
  options.kind = "memory";
  options.access = rows;
  return options;
}

Bytes order_of(uint8_t opcode, uint8_t action, size_t length) {
  Bytes cdb(16);
  cdb[0] = opcode;
  cdb[1] = action;
  store_be<4>(&cdb[10], length);
  return cdb;
}

Bytes start_list() {
  scsi::StartList list;
  list.source = {scsi::UnitName::Form::volume, 0, "source"};
  list.destination = {scsi::UnitName::Form::volume, 0, "copy"};
  return encode_start_list_2(list);
}

Ended start_copy(ScsiHost& host) {
  const Bytes list = start_list();
  return host.send(order_of(0xc8, 0x01, list.size()), list);
}

/// What VPD page C0h says: bit 0 of byte 14.
bool told_it_may(ScsiHost& host) {
  const Ended page = host.send({0x12, 0x01, 0xc0, 0x00, 0x40, 0x00}, {}, 64);
  EXPECT_TRUE(page.good());
  return page.data.size() > 14 && (page.data[14] & 1) != 0;
}

/// LIMITS, which neither takes nor changes anything.
Ended ask_limits(ScsiHost& host) {
  return host.send(order_of(0xc9, 0x04, 64), {}, 64);
}

bool may(ScsiHost& host) {
  const bool told = told_it_may(host);
  const Ended limits = ask_limits(host);
  EXPECT_EQ(limits.good(), told);
  EXPECT_TRUE(limits.good() || limits.failed(0x05, 0x2002));
  return limits.good();
}

class VendorAccess : public testing::Test {
 protected:
  /// As the administrator of the first run.
  void ask(const system_test::Daemon& daemon, const std::string& verb, const std::string& path,
           const std::string& body = {}) {
    std::string token;
    std::ifstream(daemon.directory() / "state" / "admin.token") >> token;
    const auto reply = mgmt::HttpClient(daemon.management())
                           .request(verb, path, body, "Authorization: Bearer " + token + "\r\n");
    EXPECT_EQ(reply.status, 200u) << reply.body;
  }
};

TEST_F(VendorAccess, ARowThatDoesNotSayItDoesNotGrantIt) {
  const system_test::Daemon daemon(with_access(R"({"initiator": "*"})"));
  ScsiHost host(daemon, "host");
  for (uint8_t action = 0x01; action <= 0x07; ++action) {
    const bool list = action == 0x01 || action == 0x05 || action == 0x06;
    const Bytes out = action == 0x01 ? start_list() : list ? Bytes(64) : Bytes();
    EXPECT_TRUE(host.send(order_of(0xc8, action, out.size()), out).failed(0x05, 0x2002))
        << int{action};
  }
  for (uint8_t action = 0x01; action <= 0x04; ++action)
    EXPECT_TRUE(host.send(order_of(0xc9, action, 64), {}, 64).failed(0x05, 0x2002)) << int{action};
  EXPECT_FALSE(told_it_may(host));
  EXPECT_EQ(daemon.api().copies().body.find("\"id\""), std::string::npos);
}

TEST_F(VendorAccess, ItIsOfTheRowThatAdmitsEachWithLunsOfItsOwn) {
  const system_test::Daemon daemon(with_access(
      R"({"initiator": "*"},
         {"initiator": "iqn.2026-11.dev.tidemark.test:copier", "copy_commands": true,
          "luns": [{"lun": 5, "volume": "source"}, {"lun": 6, "volume": "copy"}]},
         {"initiator": "iqn.2026-11.dev.tidemark.test:c*", "copy_commands": false})"));
  ScsiHost copier(daemon, "copier", 5);
  ScsiHost other(daemon, "host");
  ScsiHost alike(daemon, "copier-2");
  EXPECT_TRUE(may(copier));
  EXPECT_FALSE(may(other));
  EXPECT_FALSE(may(alike));
  EXPECT_TRUE(start_copy(other).failed(0x05, 0x2002));
  EXPECT_TRUE(start_copy(copier).good());
}

TEST_F(VendorAccess, WithoutItExtendedCopyIsStillThere) {
  const system_test::Daemon daemon(with_access(R"({"initiator": "*"})"));
  InBandHost host(daemon, "host");
  XcopyBytes list;
  list.add_naa(host.naa(kSource));
  list.add_naa(host.naa(kCopy));
  list.add_blocks(0, 1, 0, 0, 8);
  EXPECT_TRUE(host.extended_copy(list.build()).good());
}

TEST_F(VendorAccess, AReloadGivesAndTakesItWhileSessionsAndCopiesGoOn) {
  DaemonOptions options = with_access(R"({"initiator": "*"})");
  system_test::Daemon daemon(options);
  ScsiHost host(daemon, "host");
  EXPECT_FALSE(may(host));
  options.access = R"({"initiator": "*", "copy_commands": true})";
  EXPECT_NE(daemon.reload(options).find("is in force"), std::string::npos);
  EXPECT_TRUE(may(host));
  EXPECT_TRUE(start_copy(host).good());
  options.access = R"({"initiator": "*"})";
  EXPECT_NE(daemon.reload(options).find("is in force"), std::string::npos);
  EXPECT_FALSE(may(host));
  EXPECT_TRUE(host.test_unit_ready().good());
  const auto done = [](const mgmt::cli::CopyView& copy) { return copy.completed(); };
  EXPECT_TRUE(system_test::await_copy(daemon.api(), 1, done).completed());
}

TEST_F(VendorAccess, ARowMadeThroughThePortGivesItAtOnceAndKeepsItOverARestart) {
  system_test::Daemon daemon(with_access(R"({"initiator": "iqn.2026-11.dev.tidemark.test:a"})"));
  ask(daemon, "PUT", std::string(kAccess) + "b", R"({"copy_commands": true})");
  {
    ScsiHost host(daemon, "b");
    EXPECT_TRUE(may(host));
    ask(daemon, "PUT", std::string(kAccess) + "b", "{}");
    EXPECT_FALSE(may(host));
    ask(daemon, "PUT", std::string(kAccess) + "b", R"({"copy_commands": true})");
    EXPECT_TRUE(may(host));
  }
  daemon.restart();
  ScsiHost again(daemon, "b");
  ScsiHost of_the_file(daemon, "a");
  EXPECT_TRUE(may(again));
  EXPECT_FALSE(may(of_the_file));
}

}  // namespace
}  // namespace tidemark::in_band
