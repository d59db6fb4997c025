#include "mgmt/http/time_text.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

namespace tidemark::mgmt {

std::string time_text(uint64_t unix_ns) {
  constexpr uint64_t kSecond = 1'000'000'000;
  const auto seconds = static_cast<std::time_t>(unix_ns / kSecond);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     unix_ns % kSecond);
}

uint64_t unix_now_ns() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

}  // namespace tidemark::mgmt
