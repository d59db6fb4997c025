// What the methods of the management port have in common: JSON answers, arguments and bodies.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mgmt/http/http_message.h"
#include "mgmt/http/json_text.h"
#include "mgmt/http/method_table.h"
#include "mgmt/http/problem.h"

namespace tidemark::mgmt {

/// 200 with `body`.
HttpResponse ok(const nlohmann::ordered_json& body);
HttpResponse tagged(HttpResponse response, std::string tag);
/// The {id} that a path has as its first argument; routing has checked that it is a number.
uint64_t id_of(const Call& call);
uint64_t query_or(const Call& call, std::string_view name, uint64_t otherwise);

/// What rows of lists take: where to begin, and how many.
std::vector<QueryParameter> page_parameters();

/// "{key: [encoded items], "next": ...}": the page of `items` that the call asks for; all of them
/// if it does not say. Costs what the page costs.
template <class T>
HttpResponse page_of(const Call& call, const char* key, const std::vector<T>& items,
                     nlohmann::ordered_json (*encode)(const T&)) {
  const uint64_t from = std::min<uint64_t>(query_or(call, "from", 0), items.size());
  const uint64_t end = from + std::min(query_or(call, "limit", UINT64_MAX), items.size() - from);
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (uint64_t i = from; i < end; ++i) list.push_back(encode(items[i]));
  nlohmann::ordered_json next;
  if (end < items.size()) next = end;
  return ok({{key, std::move(list)}, {"next", std::move(next)}});
}

/// The body as what `decode` makes of it; nothing if that cannot be done, which has been answered.
template <class T>
std::optional<T> read_body(const Call& call, const Answer& answer,
                           Result<T> (*decode)(const nlohmann::json&)) {
  const Result<nlohmann::json> body = parse_json(call.body, JsonComments::refused);
  if (!body && body.error().field.empty()) {
    answer(
        [text = body.error().message] { return problem(400, "the body cannot be read: " + text); });
    return std::nullopt;
  }
  Result<T> decoded = body ? decode(body.value()) : Result<T>(body.error());
  if (decoded) return std::move(decoded).value();
  answer([error = decoded.error()] { return problem(error); });
  return std::nullopt;
}

}  // namespace tidemark::mgmt
