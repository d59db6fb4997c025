#include "mgmt/http/token_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "mgmt/http/json_answer.h"
#include "mgmt/http/object_reader.h"
#include "mgmt/http/problem.h"
#include "mgmt/http/time_text.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t kNameMax = 64;

constexpr Word<Role> kRoles[] = {
    {"viewer", Role::viewer}, {"operator", Role::operator_}, {"admin", Role::administrator}};

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '@';
  });
}

auto replied(Answer answer, unsigned status) {
  return [answer = std::move(answer), status](Result<TokenView> result) {
    answer([result = std::move(result), status] {
      if (!result) return problem(result.error());
      HttpResponse response = ok(encode_token(result.value()));
      response.status = status;
      return response;
    });
  };
}

MethodRow row(std::string verb, std::string pattern, bool takes_body, std::string text, Role role,
              Handler handler) {
  MethodRow row{std::move(verb), std::move(pattern), {}, takes_body, false,
                std::move(text), std::move(handler)};
  row.role = role;
  return row;
}

}  // namespace

ordered_json encode_token(const TokenView& token) {
  ordered_json view = {{"name", token.name},
                       {"role", name_of(token.role)},
                       {"created", time_text(token.created_unix_ns)}};
  if (!token.secret.empty()) view["token"] = token.secret;
  return view;
}

ordered_json encode_caller(const Caller& caller) {
  ordered_json name;
  if (!caller.name.empty()) name = caller.name;
  return {{"token", std::move(name)}, {"role", name_of(caller.role)}};
}

Result<TokenOrder> decode_new_token(const json& body) {
  TokenOrder order;
  Faults faults;
  ObjectReader reader(body, {}, {"name", "role"}, faults);
  if (reader.text("name", Need::required, order.name) && !is_name(order.name))
    faults.add("name", "must be 1 to 64 letters, digits, '.', '_', '-' or '@'");
  if (!reader.word<Role>("role", kRoles, order.role)) faults.add("role", "is missing");
  if (faults.any()) return faults.first();
  return order;
}

void add_tokens(std::vector<MethodRow>& rows, Authority& authority) {
  rows.push_back(row("GET", "/api/v1/whoami", false, "who asks, and what that allows", Role::none,
                     [](const Call& call, const Answer& answer) {
                       answer([caller = call.caller] { return ok(encode_caller(caller)); });
                     }));
  rows.push_back(row("GET", "/api/v1/tokens", false, "tokens, without their secrets",
                     Role::administrator, [&authority](const Call& call, const Answer& answer) {
                       answer([&authority, call] {
                         return page_of(call, "tokens", authority.tokens(), encode_token);
                       });
                     }));
  rows.back().query = page_parameters();
  rows.push_back(row("POST", "/api/v1/tokens", true, "make a token; it is shown this once",
                     Role::administrator, [&authority](const Call& call, const Answer& answer) {
                       if (const auto order = read_body(call, answer, decode_new_token))
                         authority.make_token(order->name, order->role, replied(answer, 201));
                     }));
  rows.back().secret = true;
  rows.push_back(row("DELETE", "/api/v1/tokens/{name}", false, "revoke a token",
                     Role::administrator, [&authority](const Call& call, const Answer& answer) {
                       authority.revoke_token(call.arguments.front(), replied(answer, 200));
                     }));
}

}  // namespace tidemark::mgmt
