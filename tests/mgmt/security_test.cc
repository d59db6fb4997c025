// Who may ask what: every row with every role, tokens, and what is written down.
#include <nlohmann/json.hpp>

#include "tests/mgmt/http_fixture.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;

class Security : public testing::Test {
 protected:
  Security() {
    auto bound = server.listen("127.0.0.1:0");
    if (bound) address = bound.value();
    server.start();
  }
  HttpReply ask(const std::string& verb, const std::string& path, const std::string& token,
                const std::string& body = {}, const std::string& headers = {}) {
    const std::string bearer = token.empty() ? "" : "Authorization: Bearer " + token + "\r\n";
    return HttpClient(address).request(verb, path, body, bearer + headers);
  }
  /// All that was written down, once nothing is written any more.
  std::vector<AuditEntry> written() {
    server.stop();
    return entries;
  }

  FakeBackend backend;
  std::vector<AuditEntry> entries;  // the HTTP thread's, until written()
  HttpServer server{
      MethodTable(api_methods(backend)), {}, {&backend.doorman, [this](const AuditEntry& entry) {
                                                entries.push_back(entry);
                                              }}};
  std::string address;
};

std::string path_for(std::string pattern) {
  for (const auto& [word, value] : std::initializer_list<std::pair<const char*, const char*>>{
           {"{id}", "9"}, {"{name}", "x"}, {"{initiator}", "iqn.2026-11.a:b"}})
    for (size_t at; (at = pattern.find(word)) != std::string::npos;)
      pattern.replace(at, std::string(word).size(), value);
  return pattern;
}

TEST_F(Security, EveryRowIsForItsRoleAndThoseAboveIt) {
  size_t refused = 0;
  for (const MethodRow& row : api_methods(backend)) {
    if (row.event_stream) continue;
    for (const Role role : {Role::none, Role::viewer, Role::operator_, Role::administrator}) {
      const std::string token = role == Role::none ? "" : std::string(name_of(role));
      const unsigned status = ask(row.verb, path_for(row.pattern), token).status;
      SCOPED_TRACE(row.verb + " " + row.pattern + " " + token);
      if (role >= role_of(row)) {
        EXPECT_TRUE(status != 401 && status != 403) << status;
      } else {
        EXPECT_EQ(status, token.empty() ? 401u : 403u);
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 50u);
}

TEST_F(Security, RowsThatChangeWhatIsServedAreForAdministrators) {
  for (const MethodRow& row : api_methods(backend)) {
    const bool copies =
        row.pattern.starts_with("/api/v1/copies") || row.pattern.starts_with("/api/v1/groups");
    const bool groups = row.pattern.find("port-groups") != std::string::npos;
    const bool grows = row.pattern.ends_with("/grow");  // takes nothing from anybody
    if (row.verb != "GET" && !copies && !groups && !grows) {
      EXPECT_EQ(role_of(row), Role::administrator) << row.verb << " " << row.pattern;
    }
  }
}

TEST_F(Security, ATokenThatIsNoneIsRefusedEvenWhereNoneIsNeeded) {
  for (const char* header : {"Bearer nobody", "Bearer ", "Basic YTpi", "admin"}) {
    const HttpReply reply = HttpClient(address).request(
        "GET", "/api/v1", {}, "Authorization: " + std::string(header) + "\r\n");
    EXPECT_EQ(reply.status, 401u) << header;
    EXPECT_NE(reply.headers.at("www-authenticate").find("invalid_token"), std::string::npos);
  }
  EXPECT_EQ(ask("GET", "/api/v1", {}).status, 200u);
}

TEST_F(Security, WithoutATokenOneMayWhatIsAllowedToAnybody) {
  EXPECT_EQ(ask("GET", "/api/v1/status", {}).status, 401u);
  EXPECT_EQ(ask("GET", "/api/v1/events", {}).status, 401u);
  backend.doorman.without_token = Role::viewer;
  EXPECT_EQ(ask("GET", "/api/v1/status", {}).status, 200u);
  EXPECT_EQ(ask("POST", "/api/v1/copies", {}, "{}").status, 401u);
  const json me = json::parse(ask("GET", "/api/v1/whoami", {}).body);
  EXPECT_EQ(me, json({{"token", nullptr}, {"role", "viewer"}}));
  EXPECT_EQ(json::parse(ask("GET", "/api/v1/whoami", "operator").body),
            json({{"token", "operator"}, {"role", "operator"}}));
}

TEST_F(Security, ATokenIsShownOnceAndNeverListed) {
  const HttpReply made =
      ask("POST", "/api/v1/tokens", "admin", R"({"name": "ci", "role": "operator"})");
  EXPECT_EQ(made.status, 201u);
  EXPECT_EQ(json::parse(made.body)["token"], "hush");
  EXPECT_EQ(ask("GET", "/api/v1/tokens", "admin").body.find("hush"), std::string::npos);
  for (const AuditEntry& entry : written()) {
    EXPECT_EQ(entry.request + entry.answer, "");
    EXPECT_EQ(entry.target, "/api/v1/tokens");
  }
}

TEST_F(Security, BadTokenOrdersAreRefusedByField) {
  const auto field = [&](const std::string& body) {
    const HttpReply reply = ask("POST", "/api/v1/tokens", "admin", body);
    EXPECT_GE(reply.status, 400u) << body;
    return json::parse(reply.body).value("field", "");
  };
  EXPECT_EQ(field("{}"), "name");
  EXPECT_EQ(field(R"({"name": "a b", "role": "viewer"})"), "name");
  EXPECT_EQ(field(R"({"name": "a"})"), "role");
  EXPECT_EQ(field(R"({"name": "a", "role": "none"})"), "role");
  EXPECT_EQ(field(R"({"name": "a", "role": "root"})"), "role");
  EXPECT_EQ(field(R"({"name": "admin", "role": "admin"})"), "name");
  EXPECT_EQ(ask("DELETE", "/api/v1/tokens/admin", "admin").status, 409u);
  EXPECT_EQ(ask("DELETE", "/api/v1/tokens/x", "admin").status, 404u);
}

TEST_F(Security, ChangesAreWrittenDownWithWhoAskedAndHowTheyEnded) {
  ask("GET", "/api/v1/status", "viewer");
  ask("POST", "/api/v1/copies", "operator", R"({"source":"source","destination":"copy"})");
  ask("DELETE", "/api/v1/copies/1", "admin");
  ask("POST", "/api/v1/copies/1/cancel", "viewer");
  ask("POST", "/api/v1/copies/1/cancel", {});
  const std::vector<AuditEntry> all = written();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].who, "operator");
  EXPECT_EQ(all[0].status, 201u);
  EXPECT_EQ(json::parse(all[0].request)["source"], "source");
  EXPECT_EQ(json::parse(all[0].answer)["id"], 1);
  EXPECT_TRUE(all[0].peer.starts_with("127.0.0.1:"));
  EXPECT_EQ(all[1].who, "viewer");
  EXPECT_EQ(all[1].status, 403u);
  EXPECT_EQ(all[1].target, "/api/v1/copies/1/cancel");
  EXPECT_EQ(all[2].who, "");
  EXPECT_EQ(all[2].status, 401u);
}

TEST_F(Security, OneCallersKeyIsNotAnothers) {
  const std::string body = R"({"source":"source","destination":"copy"})";
  const std::string key = "Idempotency-Key: k\r\n";
  EXPECT_EQ(ask("POST", "/api/v1/copies", "operator", body, key).status, 201u);
  EXPECT_EQ(ask("POST", "/api/v1/copies", "admin", body, key).status, 422u);
}

TEST_F(Security, UnderAnotherNameThePortAnswersWhereNobodyIsTrustedForBeingLocal) {
  const auto status = [&](const std::string& path, const std::string& bearer) {
    HttpClient client(address);
    client.send("GET " + path + " HTTP/1.1\r\nHost: nas.example:8260\r\n" + bearer + "\r\n");
    return client.receive().status;
  };
  const std::string bearer = "Authorization: Bearer viewer\r\n";
  EXPECT_EQ(status("/api/v1", {}), 200u);
  EXPECT_EQ(status("/api/v1/status", bearer), 200u);
  EXPECT_EQ(status("/api/v1/status", {}), 401u);
  backend.doorman.without_token = Role::viewer;
  EXPECT_EQ(status("/api/v1", {}), 403u);
  EXPECT_EQ(status("/api/v1/status", {}), 403u);
  EXPECT_EQ(status("/api/v1/status", bearer), 200u);
}

TEST_F(Security, APageOfOthersIsRefusedAlsoWithAToken) {
  const std::string evil = "Origin: http://evil.example\r\n";
  EXPECT_EQ(ask("GET", "/api/v1/status", "viewer", {}, evil).status, 403u);
}

}  // namespace
}  // namespace tidemark::mgmt
