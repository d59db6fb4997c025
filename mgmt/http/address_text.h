// Socket addresses as text: "127.0.0.1:3260", "[::1]:8260". Numbers only: a name could mean another
// machine tomorrow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::mgmt {

struct Address {
  std::string host;   // without brackets
  uint16_t port = 0;  // 0: any that is free
  bool loopback = false;
};

Result<Address> parse_address(std::string_view text);
std::string address_text(const std::string& host, uint16_t port);

}  // namespace tidemark::mgmt
