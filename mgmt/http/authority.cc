#include "mgmt/http/authority.h"

#include <array>

namespace tidemark::mgmt {
namespace {

struct RoleRow {
  Role role;
  std::string_view name;
};
constexpr std::array kRoles = {
    RoleRow{Role::none, "none"},
    RoleRow{Role::viewer, "viewer"},
    RoleRow{Role::operator_, "operator"},
    RoleRow{Role::administrator, "admin"},
};

}  // namespace

std::string_view name_of(Role role) {
  return kRoles[static_cast<size_t>(role)].name;
}

std::optional<Role> role_named(std::string_view name) {
  for (const RoleRow& row : kRoles)
    if (row.name == name) return row.role;
  return std::nullopt;
}

}  // namespace tidemark::mgmt
