// The rows that change what is served: what they take, what they refuse, and what they answer.
#include <nlohmann/json.hpp>

#include "tests/mgmt/http_fixture.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;

constexpr const char* kTarget = "/api/v1/targets/iqn.2026-11.dev.tidemark:main";

class InventoryRows : public HttpPort {
 protected:
  HttpReply ask(const std::string& verb, const std::string& path, const std::string& body = {},
                const std::string& headers = {}) {
    return HttpClient(address).request(verb, path, body, headers);
  }
  json refused(const HttpReply& reply, unsigned status, const std::string& field = {}) {
    EXPECT_EQ(reply.status, status) << reply.body;
    json body = json::parse(reply.body);
    EXPECT_EQ(body.value("field", ""), field) << reply.body;
    return body;
  }
};

TEST_F(InventoryRows, AVolumeIsMade) {
  const HttpReply reply =
      post("/api/v1/volumes", R"({"name": "new", "size": "1GiB", "cache": "write-through"})");
  EXPECT_EQ(reply.status, 201u) << reply.body;
  EXPECT_EQ(reply.headers.at("location"), "/api/v1/volumes/new");
  EXPECT_EQ(json::parse(reply.body)["origin"], "port");
  EXPECT_EQ(backend.orders.volume_order.spec.size, kGiB);
  EXPECT_TRUE(backend.orders.volume_order.spec.write_through);
  EXPECT_TRUE(backend.orders.volume_order.spec.location.empty());
  EXPECT_FALSE(backend.orders.volume_order.import);
}

TEST_F(InventoryRows, ABadVolumeIsRefusedByField) {
  const std::pair<const char*, const char*> bodies[] = {
      {"{}", "name"},
      {R"({"name": "a/b", "size": 512})", "name"},
      {R"({"name": ".a", "size": 512})", "name"},
      {R"({"name": 7})", "name"},
      {R"({"name": "a", "size": 0})", "size"},
      {R"({"name": "a", "size": 100})", "size"},
      {R"({"name": "a", "size": "9EiB"})", "size"},
      {R"({"name": "a", "size": 18446744073709551104})", "size"},
      {R"({"name": "a", "size": 4096, "block_size": 1024})", "block_size"},
      {R"({"name": "a", "size": 4096, "location": "ftp:x"})", "location"},
      {R"({"name": "a", "size": 4096, "location": ""})", "location"},
      {R"({"name": "a", "size": 4096, "read_only": 1})", "read_only"},
      {R"({"name": "a", "size": 4096, "colour": 1})", "colour"},
      {R"({"name": "source", "size": 4096})", "name"},
  };
  for (const auto& [body, field] : bodies) {
    SCOPED_TRACE(body);
    refused(post("/api/v1/volumes", body),
            field == std::string("name") && std::string(body).find("source") != std::string::npos
                ? 409
                : 422,
            field);
  }
}

TEST_F(InventoryRows, AnImportNamesAPlace) {
  refused(post("/api/v1/volumes/import", R"({"name": "old"})"), 422, "location");
  EXPECT_EQ(
      post("/api/v1/volumes/import", R"({"name": "old", "location": "file:volumes/o.img"})").status,
      201u);
  EXPECT_TRUE(backend.orders.volume_order.import);
}

TEST_F(InventoryRows, AVolumeIsRemovedWithItsFileIfThatIsAsked) {
  post("/api/v1/volumes", R"({"name": "new", "size": 4096})");
  EXPECT_EQ(ask("DELETE", "/api/v1/volumes/new?erase=1").status, 200u);
  EXPECT_TRUE(backend.orders.volume_removal.erase);
  refused(ask("DELETE", "/api/v1/volumes/new"), 404);
  EXPECT_FALSE(backend.orders.volume_removal.erase);
  refused(ask("DELETE", "/api/v1/volumes/source"), 409);
  refused(ask("DELETE", "/api/v1/volumes/new?erase=2"), 422, "erase");
  refused(ask("DELETE", "/api/v1/volumes/new", R"({"erase": true})"), 422);
}

TEST_F(InventoryRows, AChangeThatWasDecidedOnAnotherStateIsRefused) {
  const HttpReply made = post("/api/v1/volumes", R"({"name": "new", "size": 4096})");
  const std::string tag = made.headers.at("etag");
  const json problem =
      refused(ask("DELETE", "/api/v1/volumes/new", {}, "If-Match: \"0\"\r\n"), 412, "If-Match");
  EXPECT_EQ(problem["status"], 412);
  EXPECT_EQ(ask("DELETE", "/api/v1/volumes/new", {}, "If-Match: \"0\", " + tag + "\r\n").status,
            200u);
  EXPECT_EQ(get("/api/v1/volumes/source").headers.at("etag"),
            get("/api/v1/volumes/source").headers.at("etag"));
  EXPECT_NE(get("/api/v1/volumes/source").headers.at("etag"),
            get("/api/v1/volumes/copy").headers.at("etag"));
}

TEST_F(InventoryRows, ATargetIsMadeAndShown) {
  const HttpReply made =
      post("/api/v1/targets",
           R"({"name": "iqn.2026-11.dev.tidemark:new", "access": [{"initiator": "iqn.2026-11.a:b"},
          {"initiator": "iqn.2026-11.a:c", "copy_commands": true}]})");
  EXPECT_EQ(made.status, 201u) << made.body;
  EXPECT_EQ(made.headers.at("location"), "/api/v1/targets/iqn.2026-11.dev.tidemark:new");
  EXPECT_EQ(
      backend.orders.target_order.access,
      (std::vector<TargetOrder::Access>{{"iqn.2026-11.a:b", false}, {"iqn.2026-11.a:c", true}}));
  EXPECT_EQ(json::parse(get(kTarget).body)["luns"].size(), 2u);
  refused(get("/api/v1/targets/iqn.none"), 404);
  refused(post("/api/v1/targets", "{}"), 422, "name");
  refused(post("/api/v1/targets", R"({"name": "x", "access": [{}]})"), 422, "access[0].initiator");
  refused(post("/api/v1/targets", R"({"name": "x", "access": {}})"), 422, "access");
  refused(post("/api/v1/targets", R"({"name": "x", "luns": []})"), 422, "luns");
  refused(ask("DELETE", kTarget), 409);
  refused(ask("DELETE", "/api/v1/targets/iqn.none"), 404);
}

TEST_F(InventoryRows, ALunIsMappedShownAndUnmapped) {
  const std::string luns = std::string(kTarget) + "/luns";
  const HttpReply mapped = post(luns, R"({"volume": "source"})");
  EXPECT_EQ(mapped.status, 201u) << mapped.body;
  EXPECT_EQ(mapped.headers.at("location"), luns + "/7");
  EXPECT_EQ(json::parse(get(luns + "/0").body)["volume"], "source");
  EXPECT_EQ(ask("DELETE", luns + "/7").status, 200u);
  refused(ask("DELETE", luns + "/8"), 404);
  refused(ask("DELETE", luns + "/16384"), 404);
  refused(get(luns + "/9"), 404);
  refused(get(luns + "/x"), 404);
  refused(post(luns, "{}"), 422, "volume");
  refused(post(luns, R"({"volume": "none"})"), 404, "volume");
  refused(post(luns, R"({"volume": "source", "lun": 0})"), 409, "lun");
  refused(post(luns, R"({"volume": "source", "lun": 16384})"), 422, "lun");
  refused(post(luns, R"({"volume": "source", "lun": -1})"), 422, "lun");
}

TEST_F(InventoryRows, AccessIsPutAndTakenAway) {
  const std::string row = std::string(kTarget) + "/access/iqn.2026-11.a:b%2A";
  EXPECT_EQ(ask("PUT", row, "{}").status, 200u);
  EXPECT_EQ(backend.orders.access_order.initiator, "iqn.2026-11.a:b*");
  EXPECT_FALSE(backend.orders.access_order.luns);
  EXPECT_FALSE(backend.orders.access_order.copy_commands);
  EXPECT_EQ(ask("PUT", row, R"({"luns": [{"lun": 3, "volume": "source"}]})").status, 200u);
  ASSERT_TRUE(backend.orders.access_order.luns);
  EXPECT_EQ(backend.orders.access_order.luns->at(0).lun, 3);
  refused(ask("PUT", row, R"({"luns": [{"lun": 3}]})"), 422, "luns[0].volume");
  EXPECT_EQ(ask("PUT", row, R"({"copy_commands": true})").status, 200u);
  EXPECT_TRUE(backend.orders.access_order.copy_commands);
  refused(ask("PUT", row, R"({"copy_commands": "yes"})"), 422, "copy_commands");
  refused(ask("PUT", row, R"({"chap": {}})"), 422, "chap");
  EXPECT_EQ(ask("DELETE", row, {}, "If-Match: *\r\n").status, 200u);
  EXPECT_EQ(backend.orders.access_removal.if_match, "*");
}

TEST_F(InventoryRows, ARequestSentAgainIsAnsweredAgainAndCarriedOutOnce) {
  const std::string key = "Idempotency-Key: one\r\n";
  const std::string body = R"({"name": "new", "size": 4096})";
  const HttpReply first = ask("POST", "/api/v1/volumes", body, key);
  const HttpReply again = ask("POST", "/api/v1/volumes", body, key);
  EXPECT_EQ(first.status, 201u);
  EXPECT_EQ(again.status, 201u);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers.at("location"), first.headers.at("location"));
  EXPECT_EQ(again.headers.at("idempotency-replayed"), "true");
  EXPECT_EQ(backend.orders.made, 1);
  refused(ask("POST", "/api/v1/volumes", R"({"name": "b", "size": 4096})", key), 422,
          "Idempotency-Key");
  refused(ask("POST", "/api/v1/volumes", body, "Idempotency-Key: a b\r\n"), 422, "Idempotency-Key");
  refused(ask("POST", "/api/v1/volumes", body), 409, "name");
}

TEST_F(InventoryRows, ListsComeInPages) {
  const json all = json::parse(get("/api/v1/volumes").body);
  EXPECT_EQ(all["volumes"].size(), 2u);
  EXPECT_TRUE(all["next"].is_null());
  const json first = json::parse(get("/api/v1/volumes?limit=1").body);
  EXPECT_EQ(first["volumes"].size(), 1u);
  EXPECT_EQ(first["next"], 1);
  const json second = json::parse(get("/api/v1/volumes?from=1&limit=1").body);
  EXPECT_EQ(second["volumes"][0], all["volumes"][1]);
  EXPECT_TRUE(second["next"].is_null());
  EXPECT_TRUE(json::parse(get("/api/v1/luns?from=99").body)["luns"].empty());
  for (const char* list : {"volumes", "targets", "luns", "sessions", "copies"}) {
    refused(get("/api/v1/" + std::string(list) + "?limit=0"), 422, "limit");
    refused(get("/api/v1/" + std::string(list) + "?from=-1"), 422, "from");
  }
}

}  // namespace
}  // namespace tidemark::mgmt
