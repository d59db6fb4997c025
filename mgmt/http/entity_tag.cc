#include "mgmt/http/entity_tag.h"

#include <fmt/format.h>

#include <cstdint>

#include "mgmt/http/json_text.h"

namespace tidemark::mgmt {
namespace {

/// FNV-1a: nobody gains by two states with the same tag but the one who changes both.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::string entity_tag(const nlohmann::ordered_json& representation) {
  return fmt::format("\"{:016x}\"", hash_of(json_text(representation)));
}

Result<void> check_match(std::string_view if_match, std::string_view tag) {
  if (if_match.empty()) return {};
  while (!if_match.empty()) {
    const size_t comma = if_match.find(',');
    const std::string_view one = trimmed(if_match.substr(0, comma));
    if (one == "*" || one == tag) return {};
    if_match = comma == if_match.npos ? std::string_view() : if_match.substr(comma + 1);
  }
  return Error{ErrorKind::conflict, "it has changed since", "If-Match"};
}

}  // namespace tidemark::mgmt
