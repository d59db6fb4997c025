// The part of a configuration that is about iSNS. There is none by default.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::mgmt {

struct IsnsConfig {
  static constexpr uint64_t kPeriodMin = 10;  // seconds
  static constexpr uint64_t kPeriodMax = 86400;

  std::string server;                   // ADDRESS:PORT
  uint64_t registration_seconds = 300;  // asked for; the server may decide otherwise

  bool operator==(const IsnsConfig&) const = default;
};

}  // namespace tidemark::mgmt
