#include "mgmt/http/port_group_api.h"

#include <nlohmann/json.hpp>

#include "tests/mgmt/http_fixture.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;
using PortGroups = HttpPort;

const std::string kPath = "/api/v1/targets/iqn.2026-11.dev.tidemark:main/port-groups";

TEST_F(PortGroups, AreListedWithTheStateOfEachLun) {
  const HttpReply reply = get(kPath);
  ASSERT_EQ(reply.status, 200u);
  const json group = json::parse(reply.body)["port_groups"][0];
  EXPECT_EQ(group["tag"], 1);
  EXPECT_EQ(group["luns"][0]["state"], "optimized");
  EXPECT_EQ(group["luns"][0]["preferred"], false);
  EXPECT_EQ(get("/api/v1/targets/iqn.2026-11.dev.tidemark:other/port-groups").status, 404u);
}

TEST_F(PortGroups, TakeEveryStateByItsName) {
  for (const char* state :
       {"non-optimized", "standby", "unavailable", "transitioning", "optimized"}) {
    const HttpReply reply = post(kPath + "/1", json{{"state", state}}.dump());
    ASSERT_EQ(reply.status, 200u) << reply.body;
    EXPECT_EQ(json::parse(reply.body)["luns"][0]["state"], state);
  }
  const HttpReply reply = post(kPath + "/1", R"({"preferred":true})");
  EXPECT_EQ(json::parse(reply.body)["luns"][0]["preferred"], true);
}

TEST_F(PortGroups, RefuseWhatIsNoOrder) {
  EXPECT_EQ(post(kPath + "/1", R"({})").status, 422u);
  EXPECT_EQ(post(kPath + "/1", R"({"state":"broken"})").status, 422u);
  EXPECT_EQ(post(kPath + "/1", R"({"state":"standby","more":1})").status, 422u);
  EXPECT_EQ(post(kPath + "/1", R"({"preferred":"yes"})").status, 422u);
  EXPECT_EQ(post(kPath + "/1", "{").status, 400u);
  EXPECT_EQ(post(kPath + "/9", R"({"state":"standby"})").status, 404u);
  EXPECT_EQ(post(kPath + "/70000", R"({"state":"standby"})").status, 404u);
  EXPECT_EQ(backend.group.luns[0].state, scsi::AccessState::optimized);
}

}  // namespace
}  // namespace tidemark::mgmt
