// What the tests of a session share: flags of commands, and what they look at in answers.
#pragma once

#include "tests/target/session_harness.h"

namespace tidemark::target {

inline constexpr uint8_t kPlainFlags = kFinal | 1;
inline constexpr uint8_t kReadFlags = kFinal | ScsiCommand::kRead | 1;
inline constexpr uint8_t kWriteFlags = kFinal | ScsiCommand::kWrite | 1;
inline constexpr uint8_t kOpenWriteFlags = ScsiCommand::kWrite | 1;

inline uint8_t status_of(const SessionHarness::Out& pdu) {
  return pdu.bhs[3];
}
inline uint16_t asc_of(const SessionHarness::Out& pdu) {
  // SenseLength, then fixed (70h) format: additional sense code at byte 12.
  return pdu.data.size() < 16 ? 0 : load_be16(&pdu.data[2 + 12]);
}

}  // namespace tidemark::target
