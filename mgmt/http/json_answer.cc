#include "mgmt/http/json_answer.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "mgmt/http/json_text.h"
#include "mgmt/http/problem.h"

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

HttpResponse page_of(const Call& call, const char* key, size_t count,
                     const std::function<nlohmann::ordered_json(size_t)>& item) {
  const uint64_t from = std::min<uint64_t>(query_or(call, "from", 0), count);
  const uint64_t end = from + std::min<uint64_t>(query_or(call, "limit", UINT64_MAX), count - from);
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (uint64_t i = from; i < end; ++i) list.push_back(item(i));
  nlohmann::ordered_json next;
  if (end < count) next = end;
  return ok({{key, std::move(list)}, {"next", std::move(next)}});
}

void take_body(const Call& call, const Answer& answer,
               const std::function<std::optional<Error>(const nlohmann::json&)>& read) {
  const Result<nlohmann::json> body = parse_json(call.body, JsonComments::refused);
  if (!body && body.error().field.empty())
    return answer(
        [text = body.error().message] { return problem(400, "the body cannot be read: " + text); });
  const std::optional<Error> wrong = body ? read(body.value()) : body.error();
  if (wrong) answer([error = *wrong] { return problem(error); });
}

}  // namespace tidemark::mgmt
