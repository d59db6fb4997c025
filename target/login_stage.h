// The stages of the login phase and the ways between them (RFC 7143 clauses 6.3 and 11.12.3), as a
// table to be read beside the RFC.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tidemark::target {

/// As CSG and NSG have them.
enum class LoginStage : uint8_t { security = 0, operational = 1, reserved = 2, full_feature = 3 };

struct LoginStageRow {
  LoginStage stage;
  bool may_begin;              // a login may begin here
  bool without_proof;          // one who has yet to authenticate may be here
  std::array<bool, 4> may_go;  // to the stage of this number, with T=1
};

inline constexpr LoginStageRow kLoginStages[4] = {
    // stage                   begin  proof   to: 0      1      2      3
    {LoginStage::security, true, true, {false, true, false, true}},
    {LoginStage::operational, true, false, {false, false, false, true}},
    {LoginStage::reserved, false, false, {false, false, false, false}},
    {LoginStage::full_feature, false, false, {false, false, false, false}},
};

inline constexpr const LoginStageRow& row_of(LoginStage stage) {
  return kLoginStages[static_cast<size_t>(stage)];
}
inline constexpr bool may_go(LoginStage from, LoginStage to) {
  return row_of(from).may_go[static_cast<size_t>(to)];
}

}  // namespace tidemark::target
