#include "target/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace tidemark::target {
namespace {

bool is_key_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '+' || c == '@' || c == '_' || c == '/' || c == '#';
}

bool is_key_name(std::string_view name) {
  return !name.empty() && name.size() <= kKeyNameMax &&
         std::all_of(name.begin(), name.end(), is_key_character);
}

}  // namespace

TextFault parse_text(std::string_view text, size_t keys_max, std::vector<KeyValue>& pairs) {
  while (!text.empty()) {
    const size_t end = text.find('\0');
    if (end == std::string_view::npos) return TextFault::unterminated;
    const std::string_view item = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (item.empty()) continue;  // stray padding
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) return TextFault::no_equals;
    const KeyValue pair{item.substr(0, equals), item.substr(equals + 1)};
    if (!is_key_name(pair.key)) return TextFault::bad_key;
    if (pair.value.size() > kValueMax) return TextFault::long_value;
    if (pairs.size() == keys_max) return TextFault::too_many;
    pairs.push_back(pair);
  }
  return TextFault::none;
}

void append_pair(std::string& text, std::string_view key, std::string_view value) {
  text.append(key).append(1, '=').append(value).append(1, '\0');
}

std::optional<uint64_t> parse_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool is_iscsi_name(std::string_view name) {
  if (name.empty() || name.size() > kIscsiNameMax) return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u <= 0x20 || u == 0x7f || c == ',';
  });
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kValueMax)) {
    if (c >= 0x20 && c < 0x7f && c != '\\')
      out += c;
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace tidemark::target
