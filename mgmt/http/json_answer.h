// What the methods of the management port have in common: JSON answers and arguments.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "mgmt/http/http_message.h"

namespace tidemark::mgmt {

/// 200 with `body`.
HttpResponse ok(const nlohmann::ordered_json& body);
/// The {id} that a path has as its first argument; routing has checked that it is a number.
uint64_t id_of(const Call& call);
uint64_t query_or(const Call& call, std::string_view name, uint64_t otherwise);

}  // namespace tidemark::mgmt
