// The rows of the management port about itself: who asks, and the tokens.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "mgmt/http/authority.h"
#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

/// `authority` outlives whoever serves the rows.
void add_tokens(std::vector<MethodRow>& rows, Authority& authority);

struct TokenOrder {
  std::string name;
  Role role = Role::viewer;
};
Result<TokenOrder> decode_new_token(const nlohmann::json& body);
nlohmann::ordered_json encode_token(const TokenView& token);
nlohmann::ordered_json encode_caller(const Caller& caller);

}  // namespace tidemark::mgmt
