#include "target/login_refusal.h"

namespace tidemark::target {

std::string_view name_of(RefusalCause cause) {
  constexpr std::string_view kNames[kRefusalCauses] = {
      "bad_name", "unknown_target", "not_listed",   "no_authentication", "wrong_credentials",
      "moved",    "session",        "no_resources", "protocol",          "timed_out"};
  return kNames[static_cast<size_t>(cause)];
}

}  // namespace tidemark::target
