#include "mgmt/http/json_answer.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "mgmt/http/json_text.h"

namespace tidemark::mgmt {

HttpResponse ok(const nlohmann::ordered_json& body) {
  return HttpResponse{200, "application/json", json_text(body), {}};
}

HttpResponse tagged(HttpResponse response, std::string tag) {
  response.headers.emplace_back("ETag", std::move(tag));
  return response;
}

uint64_t id_of(const Call& call) {
  uint64_t id = 0;
  const std::string& text = call.arguments.front();
  std::from_chars(text.data(), text.data() + text.size(), id);
  return id;
}

uint64_t query_or(const Call& call, std::string_view name, uint64_t otherwise) {
  const auto at = call.query.find(name);
  return at == call.query.end() ? otherwise : at->second;
}

std::vector<QueryParameter> page_parameters() {
  return {{"from", 0, UINT64_MAX}, {"limit", 1, 10'000}};
}

}  // namespace tidemark::mgmt
