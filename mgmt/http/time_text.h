// Wall-clock times as text (RFC 3339, UTC, nanoseconds).
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::mgmt {

/// "2026-11-23T08:15:00.000000001Z"
std::string time_text(uint64_t unix_ns);
uint64_t unix_now_ns();

}  // namespace tidemark::mgmt
