#include "mgmt/cli/path_segment.h"

#include <fmt/format.h>

#include <cstdint>

namespace tidemark::mgmt::cli {

std::string path_segment(std::string_view text) {
  std::string segment;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || c == ':';
    segment += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return segment;
}

}  // namespace tidemark::mgmt::cli
