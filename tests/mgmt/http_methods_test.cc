// Every row of the method table over a real socket: what it answers, and what it refuses.
#include <nlohmann/json.hpp>

#include "base/log.h"

#include "tests/mgmt/http_fixture.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;

class HttpMethods : public HttpPort {
 protected:
  json good(const HttpReply& reply, unsigned status = 200) {
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(reply.headers.at("content-type"), "application/json");
    return json::parse(reply.body);
  }
  json refused(const HttpReply& reply, unsigned status, const std::string& field = {}) {
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(reply.headers.at("content-type"), "application/problem+json");
    json body = json::parse(reply.body);
    EXPECT_EQ(body["status"], status);
    EXPECT_FALSE(body["title"].get<std::string>().empty());
    EXPECT_EQ(body.value("field", ""), field) << reply.body;
    return body;
  }
};

TEST_F(HttpMethods, StatusTellsTheDaemon) {
  const json status = good(get("/api/v1/status"));
  EXPECT_EQ(status["name"], "tidemark");
  EXPECT_EQ(status["version"], "1.2.3");
  EXPECT_EQ(status["io_engine"], "threads");
  EXPECT_EQ(status["portals"], json::array({"127.0.0.1:3260"}));
  EXPECT_EQ(status["copies"], json({{"running", 0}, {"ended", 0}}));
  EXPECT_EQ(status["pid"], 4711);
}

TEST_F(HttpMethods, VolumesAreListed) {
  const json body = good(get("/api/v1/volumes"));
  ASSERT_EQ(body["volumes"].size(), 2u);
  EXPECT_EQ(body["volumes"][0]["cache"], "write-back");
  EXPECT_EQ(body["volumes"][1], good(get("/api/v1/volumes/copy")));
  EXPECT_EQ(body["volumes"][1]["write_protected"], true);
  EXPECT_EQ(body["volumes"][1]["block_size"], 4096);
  EXPECT_EQ(good(get("/api/v1/volumes/c%6fpy"))["name"], "copy");
}

TEST_F(HttpMethods, AnUnknownVolumeIsNotFound) {
  EXPECT_EQ(refused(get("/api/v1/volumes/nothing"), 404)["type"], "urn:tidemark:not_found");
}

TEST_F(HttpMethods, AVolumeGrowsToTheSizeAsked) {
  const json grown = good(post("/api/v1/volumes/source/grow", R"({"size": "1GiB"})"));
  EXPECT_EQ(grown["name"], "source");
  EXPECT_EQ(grown["size"], 1 << 30);
  EXPECT_EQ(refused(post("/api/v1/volumes/copy/grow", R"({"size": 512})"), 422)["detail"],
            "does not grow");
  refused(post("/api/v1/volumes/source/grow", "{}"), 422, "size");
  refused(post("/api/v1/volumes/source/grow", R"({"size": 1, "x": 2})"), 422, "x");
  refused(post("/api/v1/volumes/source/grow", "size"), 400);
}

TEST_F(HttpMethods, TargetsAndLunsAreListed) {
  const json target = good(get("/api/v1/targets"))["targets"][0];
  EXPECT_EQ(target["name"], "iqn.2026-11.dev.tidemark:main");
  EXPECT_EQ(
      target["access"],
      json::array({{{"initiator", "*"}, {"origin", "configuration"}, {"copy_commands", false}}}));
  EXPECT_EQ(target["luns"][1], json({{"lun", 1}, {"volume", "copy"}, {"origin", "configuration"}}));
  const json lun = good(get("/api/v1/luns"))["luns"][0];
  EXPECT_EQ(lun["naa"], "naa.3123456789abcdef");
  EXPECT_EQ(lun["size"], FakeBackend::kSize);
  EXPECT_EQ(lun["io"]["bytes_written"], 0);
}

TEST_F(HttpMethods, TheLogSaysMoreOrLess) {
  const auto set = [&](const std::string& body) {
    return HttpClient(address).request("PATCH", "/api/v1/log", body);
  };
  EXPECT_EQ(good(get("/api/v1/log"))["level"], "info");
  EXPECT_EQ(good(set(R"({"level": "error"})"))["level"], "error");
  EXPECT_FALSE(log_enabled(LogLevel::warning));
  EXPECT_EQ(good(set(R"({"level": "info"})"))["level"], "info");
  refused(set(R"({"level": "loud"})"), 422, "level");
  refused(set("{}"), 422, "level");
}

TEST_F(HttpMethods, TheConfigurationIsShownAndReadAgain) {
  EXPECT_EQ(good(get("/api/v1/configuration")), json::object());
  refused(post("/api/v1/configuration/reload"), 422, "cores");
  refused(post("/api/v1/configuration/reload", R"({"now": true})"), 422);
}

TEST_F(HttpMethods, ASessionIsDropped) {
  const auto drop = [&](const char* id) {
    return HttpClient(address).request("DELETE", "/api/v1/sessions/" + std::string(id));
  };
  EXPECT_EQ(good(drop("3"))["id"], 3);
  refused(drop("4"), 404);
  refused(drop("x"), 404);
}

TEST_F(HttpMethods, SessionsAreListed) {
  const json session = good(get("/api/v1/sessions"))["sessions"][0];
  EXPECT_EQ(session["isid"], "0x00023d000001");
  EXPECT_EQ(session["type"], "normal");
  EXPECT_EQ(session["connections"], 1);
}

TEST_F(HttpMethods, ACopyIsStartedWithALocation) {
  const HttpReply reply = post("/api/v1/copies",
                               R"({"source":"source","destination":"copy","consistency":"segment",
          "segment_size":"8MiB","grain":4096,"release":"ram","rate_limit":"1MiB",
          "on_preserve_error":"fail_write"})");
  const json copy = good(reply, 201);
  EXPECT_EQ(reply.headers.at("location"), "/api/v1/copies/1");
  EXPECT_EQ(copy["id"], 1);
  EXPECT_EQ(copy["origin"], "rest");
  EXPECT_EQ(copy["state"], "copying");
  EXPECT_EQ(copy["consistency"], "segment");
  EXPECT_EQ(copy["segment_size"], 8 * kMiB);
  EXPECT_EQ(copy["grain"], 4096);
  EXPECT_EQ(copy["release"], "ram");
  EXPECT_EQ(copy["rate_limit"], kMiB);
  EXPECT_EQ(copy["on_preserve_error"], "fail_write");
  EXPECT_EQ(copy["t0"], "2023-11-14T22:13:20.123456789Z");
  EXPECT_EQ(copy["t0_unix_ns"], 1'700'000'000'123'456'789);
  EXPECT_TRUE(copy["ended"].is_null());
  EXPECT_TRUE(copy["error"].is_null());
  EXPECT_TRUE(copy["segments"]["active"].is_null());
  EXPECT_EQ(copy["held"], json({{"now", 0}, {"total", 0}}));
  EXPECT_FALSE(copy.contains("ranges"));
  EXPECT_EQ(good(get("/api/v1/copies/1")), copy);
}

TEST_F(HttpMethods, CopiesAreListedNewestFirst) {
  start_one();
  start_one();
  const json copies = good(get("/api/v1/copies"))["copies"];
  ASSERT_EQ(copies.size(), 2u);
  EXPECT_EQ(copies[0]["id"], 2);
  EXPECT_EQ(copies[1]["id"], 1);
}

TEST_F(HttpMethods, PauseResumeCancelActOnTheCopy) {
  start_one();
  EXPECT_EQ(good(post("/api/v1/copies/1/pause"))["state"], "paused");
  EXPECT_EQ(good(post("/api/v1/copies/1/resume", "{}"))["state"], "copying");
  EXPECT_EQ(good(post("/api/v1/copies/1/cancel"))["state"], "cancelled");
  EXPECT_EQ(refused(post("/api/v1/copies/1/cancel"), 409)["type"], "urn:tidemark:conflict");
  for (const char* verb : {"pause", "resume", "cancel"})
    refused(post("/api/v1/copies/77/" + std::string(verb)), 404);
}

TEST_F(HttpMethods, PatchChangesWhatIsNamedAndNothingElse) {
  start_one();
  const auto patch = [&](const std::string& body, const std::string& path = "/api/v1/copies/1") {
    return HttpClient(address).request("PATCH", path, body);
  };
  json copy = good(patch(R"({"impact": "low", "rate_limit": "64MiB"})"));
  EXPECT_EQ(copy["impact"], "low");
  EXPECT_EQ(copy["rate_limit"], 64 * kMiB);
  EXPECT_EQ(copy["latency_budget_us"], 0);
  copy = good(patch(R"({"latency_budget_us": 1500})"));
  EXPECT_EQ(copy["impact"], "low");
  EXPECT_EQ(copy["latency_budget_us"], 1500);
  EXPECT_EQ(good(get("/api/v1/copies/1"))["rate_limit"], 64 * kMiB);
  refused(patch(R"({"impact": "none"})"), 422, "impact");
  refused(patch(R"({"latency_budget_us": -1})"), 422, "latency_budget_us");
  refused(patch(R"({"grain": 4096})"), 422, "grain");
  refused(patch("{}", "/api/v1/copies/77"), 404);
}

TEST_F(HttpMethods, ACopyCanBeVerified) {
  const auto start = [&](const std::string& verify) {
    return post("/api/v1/copies",
                R"({"source": "source", "destination": "copy", "verify": )" + verify + "}");
  };
  const json copy = good(start("true"), 201);
  EXPECT_EQ(copy["verify"], true);
  EXPECT_EQ(copy["bytes"]["verified"], 0);
  EXPECT_FALSE(copy.contains("mismatches"));
  refused(start("1"), 422, "verify");
}

TEST_F(HttpMethods, RangesSayWhereEachGoes) {
  const json copy =
      good(post("/api/v1/copies", R"({"source": "source", "destination": "copy", "ranges":
           [{"source_offset": "1MiB", "destination_offset": 0, "length": 4096},
            {"source_offset": 65536, "length": "64KiB"}]})"),
           201);
  EXPECT_EQ(copy["ranges"],
            json::parse(R"([{"source_offset": 1048576, "destination_offset": 0, "length": 4096},
                {"source_offset": 65536, "destination_offset": 65536, "length": 65536}])"));
  const auto with = [&](const std::string& ranges) {
    return post("/api/v1/copies",
                R"({"source": "source", "destination": "copy", "ranges": )" + ranges + "}");
  };
  refused(with("[]"), 422, "ranges");
  refused(with(R"([{"length": 512}])"), 422, "ranges[0].source_offset");
  refused(with(R"([{"source_offset": 0, "length": 512, "at": 1}])"), 422, "ranges[0].at");
}

TEST_F(HttpMethods, AHeldCopyTakesMoreRangesUntilItIsStarted) {
  good(post("/api/v1/copies", R"({"source": "source", "destination": "copy", "hold": true,
       "ranges": [{"source_offset": 0, "length": 4096}]})"),
       201);
  EXPECT_EQ(good(get("/api/v1/copies/1"))["state"], "collecting");
  const json more = good(
      post("/api/v1/copies/1/ranges", R"({"ranges": [{"source_offset": "1MiB", "length": 512}]})"));
  EXPECT_EQ(more["ranges"].size(), 2u);
  refused(post("/api/v1/copies/1/ranges", "{}"), 422, "ranges");
  refused(post("/api/v1/copies/1/ranges", R"({"ranges": [], "hold": true})"), 422, "hold");
  EXPECT_EQ(good(post("/api/v1/copies/1/start"))["state"], "copying");
}

TEST_F(HttpMethods, AGroupIsStartedWithALocation) {
  const HttpReply reply = post("/api/v1/groups", R"({"fence_deadline_ms": 200, "copies": [
      {"source": "source", "destination": "copy", "release": "ram"},
      {"source": "source", "destination": "copy2"}]})");
  const json group = good(reply, 201);
  EXPECT_EQ(reply.headers.at("location"), "/api/v1/groups/1");
  EXPECT_EQ(group["state"], "copying");
  EXPECT_EQ(group["t0_unix_ns"], 1'700'000'000'123'456'789);
  ASSERT_EQ(group["copies"].size(), 2u);
  EXPECT_EQ(group["copies"][0]["release"], "ram");
  EXPECT_EQ(group["copies"][1]["group"], 1);
  EXPECT_EQ(good(get("/api/v1/groups/1")), group);
  EXPECT_EQ(good(get("/api/v1/groups"))["groups"], json::array({group}));
  refused(get("/api/v1/groups/2"), 404);
}

TEST_F(HttpMethods, AGroupsBodyIsCheckedCopyByCopy) {
  refused(post("/api/v1/groups", R"({"copies": [{"source": "source", "destination": "copy"},
      {"source": "source", "destination": "copy2", "grain": "1MiB"}]})"),
          422, "copies[1].grain");
  refused(post("/api/v1/groups", R"({"copies": [{"source": "source"}]})"), 422,
          "copies[0].destination");
  refused(post("/api/v1/groups", R"({"copies": [], "fence_deadline_ms": 0})"), 422,
          "fence_deadline_ms");
  refused(post("/api/v1/groups", "{}"), 422, "copies");
  refused(post("/api/v1/groups", "copies"), 400);
}

TEST_F(HttpMethods, AnUnknownCopyIsNotFound) {
  refused(get("/api/v1/copies/1"), 404);
  refused(get("/api/v1/copies/1/map"), 404);
  refused(get("/api/v1/copies/one"), 404);
  refused(get("/api/v1/copies/-1"), 404);
  refused(get("/api/v1/copies/99999999999999999999999"), 404);
}

TEST_F(HttpMethods, TheMapComesInPagesOfRuns) {
  start_one();
  const json first = good(get("/api/v1/copies/1/map?limit=3"));
  ASSERT_EQ(first["runs"].size(), 3u);
  EXPECT_EQ(first["size"], FakeBackend::kSize);
  EXPECT_EQ(first["runs"][1], json({{"offset", 16384}, {"length", 16384}, {"state", "in_flight"}}));
  EXPECT_EQ(first["next"], 3 * 16384);
  const uint64_t last = FakeBackend::kSize - 16384;
  const json end = good(get("/api/v1/copies/1/map?from=" + std::to_string(last)));
  ASSERT_EQ(end["runs"].size(), 1u);
  EXPECT_EQ(end["runs"][0]["state"], "copied");
  EXPECT_TRUE(end["next"].is_null());
}

TEST_F(HttpMethods, TheMapCanBeReducedToBuckets) {
  start_one();
  const json body = good(get("/api/v1/copies/1/map?buckets=16"));
  ASSERT_EQ(body["buckets"].size(), 16u);
  for (const json& bucket : body["buckets"])
    for (const char* state : {"owed", "in_flight", "preserved", "copied"})
      EXPECT_EQ(bucket[state], FakeBackend::kSize / 16 / 4);
}

TEST_F(HttpMethods, APartOfTheMapCanBeReduced) {
  start_one();
  // Grains 4 to 11, though asked for a little less: the window is whole grains.
  const json body = good(get("/api/v1/copies/1/map?buckets=4&from=65537&length=131070"));
  ASSERT_EQ(body["buckets"].size(), 4u);
  EXPECT_EQ(body["buckets"][0]["offset"], 65536);
  EXPECT_EQ(body["buckets"][0]["length"], 32768);
  EXPECT_EQ(body["buckets"][0]["owed"], 16384);
  EXPECT_EQ(body["buckets"][0]["in_flight"], 16384);
  EXPECT_EQ(body["buckets"][3]["copied"], 16384);
  const json last =
      good(get("/api/v1/copies/1/map?buckets=4&from=" + std::to_string(FakeBackend::kSize - 1)));
  ASSERT_EQ(last["buckets"].size(), 1u);
  EXPECT_EQ(last["buckets"][0]["copied"], 16384);
}

TEST_F(HttpMethods, QueryParametersAreChecked) {
  start_one();
  const std::string map = "/api/v1/copies/1/map";
  refused(get(map + "?limit=0"), 422, "limit");
  refused(get(map + "?limit=65537"), 422, "limit");
  refused(get(map + "?limit=ten"), 422, "limit");
  refused(get(map + "?from"), 422, "from");
  refused(get(map + "?from=" + std::to_string(FakeBackend::kSize)), 422, "from");
  refused(get(map + "?buckets=4097"), 422, "buckets");
  refused(get(map + "?buckets=4&limit=4"), 422, "limit");
  refused(get(map + "?length=4096"), 422, "length");
  refused(get(map + "?buckets=4&length=0"), 422, "length");
  refused(get(map + "?buckets=4&from=" + std::to_string(FakeBackend::kSize)), 422, "from");
  refused(get(map + "?from=0&from=0"), 422, "from");
  refused(get(map + "?colour=3"), 422, "colour");
  refused(get("/api/v1/status?x=1"), 422, "x");
  refused(get(map + "?from=%zz"), 400);
}

struct BadBody {
  const char* body;
  unsigned status;
  const char* field;
};

TEST_F(HttpMethods, BadBodiesAreRefusedByField) {
  const BadBody bodies[] = {
      {"", 400, ""},
      {"{", 400, ""},
      {"{\"source\":\"a\",}", 400, ""},
      {"// no comments here\n{}", 400, ""},
      {"\xff\xfe", 400, ""},
      {"[]", 422, ""},
      {"7", 422, ""},
      {R"({})", 422, "source"},
      {R"({"source":"source"})", 422, "destination"},
      {R"({"source":7,"destination":"copy"})", 422, "source"},
      {R"({"source":"source","destination":null})", 422, "destination"},
      {R"({"source":"source","destination":"copy","speed":1})", 422, "speed"},
      {R"({"source":"source","source":"copy","destination":"copy"})", 422, "source"},
      {R"({"source":"source","destination":"copy","consistency":"loose"})", 422, "consistency"},
      {R"({"source":"source","destination":"copy","consistency":true})", 422, "consistency"},
      {R"({"source":"source","destination":"copy","segment_size":"8MB"})", 422, "segment_size"},
      {R"({"source":"source","destination":"copy","segment_size":-1})", 422, "segment_size"},
      {R"({"source":"source","destination":"copy","segment_size":1.5})", 422, "segment_size"},
      {R"({"source":"source","destination":"copy","grain":"128KiB"})", 422, "grain"},
      {R"({"source":"source","destination":"copy","grain":4294967296})", 422, "grain"},
      {R"({"source":"source","destination":"copy","grain":512})", 422, "grain"},
      {R"({"source":"source","destination":"copy","release":"never"})", 422, "release"},
      {R"({"source":"source","destination":"copy","release":"forever"})", 422, "release"},
      {R"({"source":"source","destination":"copy","rate_limit":"fast"})", 422, "rate_limit"},
      {R"({"source":"source","destination":"copy","on_preserve_error":"x"})", 422,
       "on_preserve_error"},
      {R"({"source":"none","destination":"copy"})", 404, "source"},
      {R"({"source":"source","destination":"full"})", 507, ""},
  };
  for (const BadBody& bad : bodies) {
    SCOPED_TRACE(bad.body);
    refused(post("/api/v1/copies", bad.body), bad.status, bad.field);
  }
  EXPECT_TRUE(good(get("/api/v1/copies"))["copies"].empty());
}

TEST_F(HttpMethods, MalformedJsonIsLocated) {
  const json body = refused(post("/api/v1/copies", "{\n  \"source\": oops}"), 400);
  EXPECT_NE(body["detail"].get<std::string>().find("line 2, column"), std::string::npos) << body;
}

TEST_F(HttpMethods, DeepNestingIsRefused) {
  refused(post("/api/v1/copies", std::string(500'000, '[') + std::string(500'000, ']')), 400);
}

TEST_F(HttpMethods, ABodyWhereNoneBelongsIsRefused) {
  start_one();
  refused(post("/api/v1/copies/1/pause", R"({"now":true})"), 422);
}

TEST_F(HttpMethods, TheWrongVerbIsAnsweredWithAllow) {
  const HttpReply posted = post("/api/v1/status");
  refused(posted, 405);
  EXPECT_EQ(posted.headers.at("allow"), "GET, HEAD");
  const HttpReply deleted = HttpClient(address).request("DELETE", "/api/v1/copies");
  refused(deleted, 405);
  EXPECT_EQ(deleted.headers.at("allow"), "GET, HEAD, POST");
  const HttpReply got = get("/api/v1/copies/1/pause");
  refused(got, 405);
  EXPECT_EQ(got.headers.at("allow"), "POST");
  refused(HttpClient(address).request("BREW", "/"), 405);
}

TEST_F(HttpMethods, AnUnknownPathIsNotFound) {
  for (const char* path : {"/nothing", "/api", "/api/v1/", "/api/v1/status/", "/api/v2/status",
                           "/api/v1/volumes/a/b", "//", "/api/v1/copies//map"})
    refused(get(path), 404);
  refused(get("/%"), 400);
  refused(get("/api/v1/volumes/%00"), 400);
}

TEST_F(HttpMethods, TheListNamesEveryMethod) {
  const HttpReply reply = get("/api/v1");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.headers.at("content-type"), "text/plain; charset=utf-8");
  for (const MethodRow& row : api_methods(backend))
    EXPECT_NE(reply.body.find(row.verb + std::string(7 - row.verb.size(), ' ') + row.pattern),
              std::string::npos)
        << row.pattern;
}

TEST_F(HttpMethods, HeadAnswersLikeGetWithoutABody) {
  HttpClient client(address);
  const HttpReply head = client.request("HEAD", "/api/v1/volumes");
  EXPECT_EQ(head.status, 200u);
  const HttpReply got = client.get("/api/v1/volumes");
  EXPECT_EQ(head.headers.at("content-length"), std::to_string(got.body.size()));
}

}  // namespace
}  // namespace tidemark::mgmt
