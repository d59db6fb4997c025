// Asymmetric access states of target port groups, and which commands each serves (SPC-4 5.16.2.4,
// 5.16.2.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "scsi/sense.h"

namespace tidemark::scsi {

/// Values of the ASYMMETRIC ACCESS STATE field (SPC-4 table 330).
enum class AccessState : uint8_t {
  optimized = 0x0,
  non_optimized = 0x1,
  standby = 0x2,
  unavailable = 0x3,
  transitioning = 0xf,
};
struct AccessStateName {
  std::string_view text;
  AccessState state;
};
/// What the states are called where people read and write them.
inline constexpr AccessStateName kAccessStateNames[] = {
    {"optimized", AccessState::optimized},
    {"non-optimized", AccessState::non_optimized},
    {"standby", AccessState::standby},
    {"unavailable", AccessState::unavailable},
    {"transitioning", AccessState::transitioning},
};
std::string_view name_of(AccessState state);
std::optional<AccessState> access_state_of(std::string_view name);

/// The states that SET TARGET PORT GROUPS may ask for; none of another value.
std::optional<AccessState> settable_access_state(uint8_t value);

/// In which states a command is served, each of these in those of the ones before it, too.
enum class AccessClass : uint8_t {
  active,  // optimized and non-optimized
  standby,
  unavailable,
  always,  // in transition as well
};

/// Whether the state serves every command.
constexpr bool is_active(AccessState state) {
  return state == AccessState::optimized || state == AccessState::non_optimized;
}
/// The sense data of a command that is not served; none if it is.
std::optional<SenseData> access_refusal(AccessState state, AccessClass command);

}  // namespace tidemark::scsi
