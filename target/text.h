// Key=value text of login and text negotiation (RFC 7143 clause 6.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::target {

inline constexpr size_t kKeyNameMax = 63;
inline constexpr size_t kValueMax = 255;
inline constexpr size_t kIscsiNameMax = 223;

struct KeyValue {
  std::string_view key;  // both point into the text parsed
  std::string_view value;
};

enum class TextFault : uint8_t { none, unterminated, no_equals, bad_key, long_value, too_many };

/// Splits `text` into its pairs, in order, each NUL terminated. At most `keys_max` of them.
TextFault parse_text(std::string_view text, size_t keys_max, std::vector<KeyValue>& pairs);
void append_pair(std::string& text, std::string_view key, std::string_view value);

/// A decimal or 0x number, the whole of `text`.
std::optional<uint64_t> parse_number(std::string_view text);

/// A name of an initiator or target we may take at its word: length, characters (RFC 7143 4.2.7).
bool is_iscsi_name(std::string_view name);
/// `text` with everything unprintable escaped and cut to a decent length, for the log.
std::string printable(std::string_view text);

}  // namespace tidemark::target
