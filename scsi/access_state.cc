#include "scsi/access_state.h"

namespace tidemark::scsi {

std::string_view name_of(AccessState state) {
  for (const AccessStateName& name : kAccessStateNames)
    if (name.state == state) return name.text;
  return "unknown";
}

std::optional<AccessState> access_state_of(std::string_view text) {
  for (const AccessStateName& name : kAccessStateNames)
    if (name.text == text) return name.state;
  return std::nullopt;
}

std::optional<AccessState> settable_access_state(uint8_t value) {
  if (value > static_cast<uint8_t>(AccessState::unavailable)) return std::nullopt;
  return static_cast<AccessState>(value);
}

std::optional<SenseData> access_refusal(AccessState state, AccessClass command) {
  switch (state) {
    case AccessState::optimized:
    case AccessState::non_optimized:
      return std::nullopt;
    case AccessState::standby:
      if (command >= AccessClass::standby) return std::nullopt;
      return sense::not_ready(0x040b);
    case AccessState::unavailable:
      if (command >= AccessClass::unavailable) return std::nullopt;
      return sense::not_ready(0x040c);
    case AccessState::transitioning:
      if (command >= AccessClass::always) return std::nullopt;
      return sense::not_ready(0x040a);
  }
  return std::nullopt;
}

}  // namespace tidemark::scsi
