// Why a login was refused: the status that the initiator is told, and the cause that is counted and
// logged here.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

namespace tidemark::target {

/// Status class and detail as one number (RFC 7143 clause 11.13.5).
enum class LoginStatus : uint16_t {
  success = 0x0000,
  moved_temporarily = 0x0101,
  moved_permanently = 0x0102,
  initiator_error = 0x0200,
  authentication_failure = 0x0201,
  forbidden = 0x0202,
  target_not_found = 0x0203,
  unsupported_version = 0x0205,
  too_many_connections = 0x0206,
  missing_parameter = 0x0207,
  session_does_not_exist = 0x020a,
  invalid_request = 0x020b,
  service_unavailable = 0x0301,
  out_of_resources = 0x0302,
};

enum class RefusalCause : uint8_t {
  bad_name,           // an InitiatorName or TargetName that is none, or is missing
  unknown_target,     // no such target
  not_listed,         // the initiator is in no access list of the target
  no_authentication,  // CHAP is required and was not offered, or offered and not possible
  wrong_credentials,  // CHAP failed
  moved,              // redirected to another address
  session,            // what it asks to join or replace is not there
  no_resources,
  protocol,  // broke the rules of login
  timed_out,
};
inline constexpr size_t kRefusalCauses = 10;

/// One word: "not_listed".
std::string_view name_of(RefusalCause cause);
/// Of a session that a login may not make or join.
constexpr RefusalCause cause_of(LoginStatus status) {
  return status == LoginStatus::out_of_resources ? RefusalCause::no_resources
                                                 : RefusalCause::session;
}

/// How many logins were refused, by cause, since the start. Any thread.
class RefusalCounts {
 public:
  void count(RefusalCause cause) {
    counts_[static_cast<size_t>(cause)].fetch_add(1, std::memory_order_relaxed);
  }
  uint64_t of(RefusalCause cause) const {
    return counts_[static_cast<size_t>(cause)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<uint64_t>, kRefusalCauses> counts_{};
};

}  // namespace tidemark::target
