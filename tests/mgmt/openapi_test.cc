// The OpenAPI document: what it says follows the rows, the decoders and the encoders; and what the
// repository keeps of it is still true.
#include <fstream>
#include <nlohmann/json.hpp>

#include "mgmt/http/api_schemas.h"
#include "mgmt/http/openapi.h"
#include "tests/mgmt/http_fixture.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;

class OpenApi : public HttpPort {
 protected:
  json document() { return json::parse(get("/openapi.json").body); }
  json schema(const std::string& name) { return document()["components"]["schemas"][name]; }
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

TEST_F(OpenApi, HasEveryRow) {
  const json paths = document()["paths"];
  for (const MethodRow& row : api_methods(backend))
    EXPECT_TRUE(paths[row.pattern].contains(lower(row.verb))) << row.verb << " " << row.pattern;
  EXPECT_EQ(paths["/api/v1/copies/{id}/map"]["get"]["parameters"][0]["name"], "id");
}

TEST_F(OpenApi, WhatABodyMayHoldIsWhatItsDecoderAsksFor) {
  const json request = schema("CopyRequest");
  EXPECT_EQ(request["additionalProperties"], false);
  EXPECT_EQ(request["required"], json::array({"source", "destination"}));
  EXPECT_EQ(request["properties"]["consistency"]["enum"], json::array({"source", "segment"}));
  EXPECT_EQ(request["properties"]["grain"]["$ref"], "#/components/schemas/Size");
}

TEST_F(OpenApi, WhatAnAnswerHoldsIsWhatItsEncoderWrites) {
  start_one();
  const json shape = schema("Copy");
  const json copy = json::parse(get("/api/v1/copies/1").body);
  for (const auto& [key, value] : copy.items())
    EXPECT_TRUE(shape["properties"].contains(key)) << key;
  for (const json& key : shape["required"]) EXPECT_TRUE(copy.contains(key)) << key;
  EXPECT_EQ(shape["properties"]["ended"]["type"], json::array({"string", "null"}));
  EXPECT_EQ(shape["properties"]["error"]["properties"]["range"]["type"],
            json::array({"integer", "null"}));
}

TEST_F(OpenApi, EveryReferenceLeadsSomewhere) {
  const json whole = document();
  const std::function<void(const json&)> check = [&](const json& at) {
    if (at.is_object() && at.contains("$ref")) {
      const std::string target = at["$ref"].get<std::string>().substr(1);
      EXPECT_TRUE(whole.contains(json::json_pointer(target))) << target;
    }
    if (at.is_structured())
      for (const json& part : at) check(part);
  };
  check(whole);
}

/// Where `now` lacks what `then` promised: what was added is no fault.
std::string broken(const json& then, const json& now, const std::string& path) {
  if (then.is_object()) {
    for (const auto& [key, value] : then.items()) {
      if (key == "summary" || key == "description") continue;
      if (!now.is_object() || !now.contains(key)) return path + "/" + key + " is gone";
      if (auto fault = broken(value, now[key], path + "/" + key); !fault.empty()) return fault;
    }
    return {};
  }
  if (!then.is_array()) return then == now ? "" : path + " is no more " + then.dump();
  for (const json& item : then) {
    const auto kept = [&](const json& other) { return broken(item, other, path).empty(); };
    if (!now.is_array() || std::none_of(now.begin(), now.end(), kept))
      return path + " lacks " + item.dump();
  }
  return {};
}

// Additions are put into the file with TIDEMARK_WRITE_OPENAPI=1.
TEST_F(OpenApi, WhatTheRepositoryPromisesIsKept) {
  const json now = document();
  if (std::getenv("TIDEMARK_WRITE_OPENAPI") != nullptr)
    std::ofstream(TIDEMARK_OPENAPI_FILE) << json(now).dump(1) << "\n";
  std::ifstream file(TIDEMARK_OPENAPI_FILE);
  const json then = json::parse(file);
  EXPECT_EQ(broken(then, now, ""), "");
}

TEST(Promises, AdditionsKeepThemAndRemovalsDoNot) {
  const json then = {{"a", {{"required", {"x"}}, {"type", "string"}}}};
  json now = then;
  now["b"] = 1;
  now["a"]["required"].push_back("y");
  EXPECT_EQ(broken(then, now, ""), "");
  now["a"]["type"] = "integer";
  EXPECT_EQ(broken(then, now, ""), "/a/type is no more \"string\"");
  EXPECT_EQ(broken(then, {{"b", 1}}, ""), "/a is gone");
}

}  // namespace
}  // namespace tidemark::mgmt
