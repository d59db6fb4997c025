#include "target/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "target/key_table.h"

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

size_t value_max(std::string_view key) {
  const KeyRow* row = find_key(key);
  return row != nullptr && row->kind == KeyKind::chap ? kBinaryValueMax : kValueMax;
}

/// 0 to base - 1, or -1.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

/// Digits of `bits` bits each, leaving out the last bits that fill no byte.
std::optional<std::vector<uint8_t>> gather(std::string_view digits, int bits, int (*digit)(char),
                                           uint32_t pending, int pending_bits) {
  std::vector<uint8_t> bytes;
  for (const char c : digits) {
    const int value = digit(c);
    if (value < 0) return std::nullopt;
    pending = pending << bits | static_cast<uint32_t>(value);
    pending_bits += bits;
    if (pending_bits < 8) continue;
    pending_bits -= 8;
    bytes.push_back(static_cast<uint8_t>(pending >> pending_bits));
  }
  return bytes;
}

std::optional<std::vector<uint8_t>> parse_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return gather(text, 6, base64_digit, 0, 0);
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
    if (pair.value.size() > value_max(pair.key)) return TextFault::long_value;
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

std::optional<std::vector<uint8_t>> parse_binary(std::string_view text, size_t bytes_max) {
  if (text.size() < 2 || text[0] != '0' || text.size() > 2 + 2 * bytes_max) return std::nullopt;
  const std::string_view digits = text.substr(2);
  std::optional<std::vector<uint8_t>> bytes;
  if (text[1] == 'x' || text[1] == 'X')
    bytes = gather(digits, 4, hex_digit, 0, digits.size() % 2 == 1 ? 4 : 0);
  else if (text[1] == 'b' || text[1] == 'B')
    bytes = parse_base64(digits);
  if (bytes && bytes->size() > bytes_max) return std::nullopt;
  return bytes;
}

std::string hex_text(ConstBytes bytes) {
  std::string text = "0x";
  for (const uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

bool same_name(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
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
