// Key=value text of login and text negotiation (RFC 7143 clause 6.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace tidemark::target {

inline constexpr size_t kKeyNameMax = 63;
inline constexpr size_t kValueMax = 255;
/// Of CHAP_C and CHAP_R: 1024 bytes in hexadecimal, and "0x".
inline constexpr size_t kBinaryValueMax = 2 + 2 * 1024;
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

/// A binary value: "0x" and hexadecimal digits (an odd one counts as led by 0), or "0b" and base64;
/// at most `bytes_max` bytes (RFC 7143 clause 6.1).
std::optional<std::vector<uint8_t>> parse_binary(std::string_view text, size_t bytes_max);
/// "0x..." of `bytes`.
std::string hex_text(ConstBytes bytes);

/// A name of an initiator or target we may take at its word: length, characters (RFC 7143 4.2.7).
bool is_iscsi_name(std::string_view name);
/// iSCSI names are in lower case by rule (RFC 3722); who writes otherwise means the same.
bool same_name(std::string_view one, std::string_view other);
/// `text` with everything unprintable escaped and cut to a decent length, for the log.
std::string printable(std::string_view text);

}  // namespace tidemark::target
