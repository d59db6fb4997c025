#include "scsi/reservation_state.h"

#include <algorithm>

namespace tidemark::scsi {

using enum ReservationType;

std::optional<ReservationType> reservation_type(uint8_t value) {
  switch (const auto type = static_cast<ReservationType>(value)) {
    case write_exclusive:
    case exclusive_access:
    case write_exclusive_registrants_only:
    case exclusive_access_registrants_only:
    case write_exclusive_all_registrants:
    case exclusive_access_all_registrants:
      return type;
    case none:
      break;
  }
  return std::nullopt;
}

bool is_for_all_registrants(ReservationType type) {
  return type == write_exclusive_all_registrants || type == exclusive_access_all_registrants;
}

bool admits_registrants(ReservationType type) {
  return type == write_exclusive_registrants_only || type == exclusive_access_registrants_only ||
         is_for_all_registrants(type);
}

const Registration* ReservationState::find(const NexusName& nexus) const {
  const auto found = std::ranges::find(registrations, nexus, &Registration::nexus);
  return found == registrations.end() ? nullptr : &*found;
}

Registration* ReservationState::find(const NexusName& nexus) {
  const auto found = std::ranges::find(registrations, nexus, &Registration::nexus);
  return found == registrations.end() ? nullptr : &*found;
}

bool ReservationState::holds(const Registration& registration) const {
  return is_for_all_registrants(type) || (reserved() && registration.holder);
}

Restriction restriction_of(const ReservationState& state, const NexusName& nexus) {
  if (state.legacy) return *state.legacy == nexus ? Restriction::none : Restriction::legacy;
  if (!state.reserved()) return Restriction::none;
  if (const Registration* own = state.find(nexus))
    if (state.holds(*own) || admits_registrants(state.type)) return Restriction::none;
  const bool writes_only = state.type == write_exclusive ||
                           state.type == write_exclusive_registrants_only ||
                           state.type == write_exclusive_all_registrants;
  return writes_only ? Restriction::no_writes : Restriction::no_access;
}

}  // namespace tidemark::scsi
