// Requests made at random from the port's own description, all of them wrong somewhere: each is
// refused or answered, the daemon lives, and nothing has changed.
#include <gtest/gtest.h>

#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/mgmt/daemon_process.h"
#include "tests/mgmt/http_client.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;

constexpr const char* kConfig = R"({
  "portals": ["127.0.0.1:0"], "management": {"listen": "127.0.0.1:0"},
  "volumes": [{"name": "source", "location": "memory:", "size": "1MiB"},
              {"name": "copy", "location": "memory:", "size": "1MiB"}],
  "targets": [{"name": "iqn.2026-11.dev.tidemark:test", "access": [{"initiator": "*"}],
               "luns": [{"lun": 0, "volume": "source"}]}]
})";
constexpr int kRequests = 1500;

class RandomRequests : public testing::Test {
 protected:
  uint64_t below(uint64_t bound) {
    return std::uniform_int_distribution<uint64_t>(0, bound - 1)(random);
  }
  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[below(list.size())];
  }

  std::string word() {
    static const std::vector<std::string> kWords = {
        "",     "x",       "source",           "-1",     "0",  "18446744073709551616",
        "\"",   "\\u0000", "../../etc/passwd", "*",      "%n", "' OR 1",
        "\xff", "é",       "iqn.2026-11.a:b",  "memory:"};
    return below(8) == 0 ? std::string(below(3000), 'a') : one_of(kWords);
  }

  /// Anything that JSON can be, mostly of the wrong type.
  json anything(int depth = 0) {
    switch (below(depth < 4 ? 9 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return UINT64_MAX - below(3);
      case 3:
        return -static_cast<int64_t>(below(1000));
      case 4:
        return 1e308;
      case 5:
        return "word " + std::to_string(below(100));
      case 6: {
        json list = json::array();
        for (uint64_t i = below(5); i > 0; --i) list.push_back(anything(depth + 1));
        return list;
      }
      default: {
        json object = json::object();
        for (uint64_t i = below(5); i > 0; --i)
          object["k" + std::to_string(i)] = anything(depth + 1);
        return object;
      }
    }
  }

  /// Keys that the body may have with whatever values, and one that it may not have.
  std::string body(const json& operation) {
    switch (below(6)) {
      case 0:
        return std::string(below(40) * 1000, '[');
      case 1:
        return "{\"name\": " + std::string(below(100), '9') + "e}";
      case 2:
        return anything().dump();
      default:
        break;
    }
    json object = json::object();
    const json reference = operation.value(
        json::json_pointer("/requestBody/content/application~1json/schema"), json::object());
    if (reference.contains("$ref")) {
      const json& schema =
          document.at(json::json_pointer(reference["$ref"].get<std::string>().substr(1)));
      const json keys = schema.value("properties", json::object());
      for (const auto& [key, ignored] : keys.items())
        if (below(2) == 0) object[key] = anything();
    }
    object["not_known"] = anything();
    return object.dump(-1, ' ', true);
  }

  static std::string escaped(const std::string& text) {
    std::string path;
    for (const char c : text) {
      char code[4];
      snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
      path += code;
    }
    return path;
  }

  std::string path_of(std::string pattern) {
    for (size_t at; (at = pattern.find('{')) != pattern.npos;)
      pattern.replace(at, pattern.find('}') + 1 - at,
                      below(2) == 0 ? "nothing" + std::to_string(below(9)) : escaped(word()));
    if (below(4) == 0) pattern += "?" + escaped(word()) + "=" + escaped(word());
    if (below(8) == 0) pattern += "?from=" + std::to_string(below(3)) + "&limit=99999999";
    return pattern;
  }

  json state(const std::string& token) {
    json all;
    for (const char* list : {"volumes", "targets", "luns", "copies", "tokens"})
      all[list] = json::parse(
          HttpClient(address).request("GET", "/api/v1/" + std::string(list), {}, token).body);
    return all;
  }

  std::mt19937_64 random;
  json document;
  std::string address;
};

TEST_F(RandomRequests, ChangeNothingAndEndNothing) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random.seed(seed);
  TemporaryDirectory directory;
  DaemonProcess daemon(
      {"--config", directory.write("c.json", kConfig), "--state-dir", directory.path() + "/state"});
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  address = daemon.management();
  std::string token;
  std::ifstream(directory.path() + "/state/admin.token") >> token;
  token = "Authorization: Bearer " + token + "\r\n";
  document = json::parse(HttpClient(address).get("/openapi.json").body);
  const json before = state(token);

  std::vector<std::string> patterns;
  for (const auto& [pattern, ignored] : document["paths"].items())
    if (pattern != "/api/v1/events") patterns.push_back(pattern);
  const std::vector<std::string> verbs = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "BREW"};
  std::map<unsigned, int> answers;
  for (int i = 0; i < kRequests; ++i) {
    const std::string& pattern = one_of(patterns);
    const std::string verb = one_of(verbs);
    std::string name = verb;
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    const json operation = document["paths"][pattern].value(name, json::object());
    const std::string text = verb == "GET" || verb == "HEAD" ? "" : body(operation);
    const std::string path = path_of(pattern);
    const HttpReply reply = HttpClient(address).request(verb, path, text, token);
    ASSERT_TRUE(reply.status >= 200 && reply.status < 500)
        << verb << " " << path << " " << text.substr(0, 500) << ": " << reply.status << " "
        << reply.body;
    // A reload of the same file may be ordered: nothing changes by it.
    const bool changes = pattern != "/api/v1/configuration/reload";
    if (verb != "GET" && verb != "HEAD" && changes) {
      ASSERT_GE(reply.status, 400u) << verb << " " << path << " " << text.substr(0, 500);
    }
    if (reply.status >= 400 && verb != "HEAD") {
      ASSERT_EQ(json::parse(reply.body)["status"], reply.status);
    }
    ++answers[reply.status];
  }
  EXPECT_EQ(state(token), before);
  for (const unsigned status : {400u, 404u, 405u, 422u}) EXPECT_GT(answers[status], 0) << status;
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.exit_code(), 0) << daemon.output();
}

}  // namespace
}  // namespace tidemark::mgmt
