// Who may ask what of the management port: roles, and whoever knows the tokens.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::mgmt {

/// Each may do what those before it may.
enum class Role : uint8_t {
  none,           // what says nothing of this daemon: the page's files, the description of the port
  viewer,         // looks
  operator_,      // starts, steers and ends copies
  administrator,  // changes what is served, to whom, and who may use the port
};

/// "none", "viewer", "operator", "admin".
std::string_view name_of(Role role);
std::optional<Role> role_named(std::string_view name);

struct Caller {
  std::string name;  // of the token; empty: none was shown
  Role role = Role::none;
};

struct TokenView {
  std::string name;
  Role role = Role::viewer;
  uint64_t created_unix_ns = 0;
  std::string secret = {};  // only of one that has just been made
};

/// Called on the HTTP thread. Changes are answered later, on any thread, when they are on the disk.
class Authority {
 public:
  virtual ~Authority() = default;

  /// Who shows `token`; nothing if nobody has it (any more).
  virtual std::optional<Caller> caller_of(std::string_view token) const = 0;
  /// What is allowed to those who show none.
  virtual Role anonymous() const = 0;

  virtual std::vector<TokenView> tokens() const = 0;
  virtual void make_token(std::string name, Role role,
                          std::function<void(Result<TokenView>)> reply) = 0;
  virtual void revoke_token(std::string name, std::function<void(Result<TokenView>)> reply) = 0;
};

}  // namespace tidemark::mgmt
