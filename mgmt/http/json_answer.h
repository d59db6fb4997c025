// What the methods of the management port have in common: JSON answers, arguments and bodies.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "mgmt/http/http_message.h"
#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

/// 200 with `body`.
HttpResponse ok(const nlohmann::ordered_json& body);
HttpResponse tagged(HttpResponse response, std::string tag);
/// The {id} that a path has as its first argument; routing has checked that it is a number.
uint64_t id_of(const Call& call);
uint64_t query_or(const Call& call, std::string_view name, uint64_t otherwise);

/// What rows of lists take: where to begin, and how many.
std::vector<QueryParameter> page_parameters();

/// "{key: [items], "next": ...}": of `count` items the page that the call asks for; all of them if
/// it does not say. Only those are encoded.
HttpResponse page_of(const Call& call, const char* key, size_t count,
                     const std::function<nlohmann::ordered_json(size_t)>& item);

template <class T>
HttpResponse page_of(const Call& call, const char* key, const std::vector<T>& items,
                     nlohmann::ordered_json (*encode)(const T&)) {
  return page_of(call, key, items.size(), [&](size_t i) { return encode(items[i]); });
}

/// Gives the body to `read`. What cannot be read, or what `read` says is wrong with it, is
/// answered.
void take_body(const Call& call, const Answer& answer,
               const std::function<std::optional<Error>(const nlohmann::json&)>& read);

/// The body as what `decode` makes of it; nothing if that cannot be done, which has been answered.
template <class T>
std::optional<T> read_body(const Call& call, const Answer& answer,
                           Result<T> (*decode)(const nlohmann::json&)) {
  std::optional<T> value;
  take_body(call, answer, [&](const nlohmann::json& body) -> std::optional<Error> {
    Result<T> decoded = decode(body);
    if (!decoded) return decoded.error();
    value = std::move(decoded).value();
    return std::nullopt;
  });
  return value;
}

}  // namespace tidemark::mgmt
