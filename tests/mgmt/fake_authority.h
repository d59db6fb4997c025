// An Authority that knows three tokens, named like their roles: "viewer", "operator", "admin".
#pragma once

#include <utility>

#include "mgmt/http/authority.h"

namespace tidemark::mgmt {

class FakeAuthority final : public Authority {
 public:
  std::optional<Caller> caller_of(std::string_view token) const override {
    const auto role = role_named(token);
    if (!role || *role == Role::none) return std::nullopt;
    return Caller{std::string(token), *role};
  }
  Role anonymous() const override { return without_token; }
  std::vector<TokenView> tokens() const override { return {{"admin", Role::administrator, 1}}; }
  void make_token(std::string name, Role role,
                  std::function<void(Result<TokenView>)> reply) override {
    if (name == "admin") return reply(Error{ErrorKind::conflict, "there is one already", "name"});
    reply(TokenView{std::move(name), role, 1, "hush"});
  }
  void revoke_token(std::string name, std::function<void(Result<TokenView>)> reply) override {
    if (name == "admin") return reply(Error{ErrorKind::conflict, "the last one", {}});
    reply(Error{ErrorKind::not_found, "there is no token " + name, {}});
  }

  Role without_token = Role::none;
};

}  // namespace tidemark::mgmt
