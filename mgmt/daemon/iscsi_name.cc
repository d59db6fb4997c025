#include "mgmt/daemon/iscsi_name.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace tidemark::mgmt {
namespace {

constexpr size_t kNameMax = 223;  // RFC 7143 clause 4.2.7.1

bool all_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// "2026-11" at the front, and a dot.
bool starts_with_month(std::string_view text) {
  if (text.size() < 8 || text[4] != '-' || text[7] != '.') return false;
  for (const size_t at : {0, 1, 2, 3, 5, 6})
    if (std::isdigit(static_cast<unsigned char>(text[at])) == 0) return false;
  const int month = (text[5] - '0') * 10 + (text[6] - '0');
  return month >= 1 && month <= 12;
}

// Lower case ASCII only: what RFC 3722 would leave as it is. Beyond ASCII nothing is offered.
bool plain(unsigned char c) {
  return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '.' || c == '-' || c == ':';
}

}  // namespace

bool is_iscsi_name(std::string_view name) {
  if (name.size() > kNameMax || name.size() < 5) return false;
  const std::string_view kind = name.substr(0, 4);
  const std::string_view rest = name.substr(4);
  if (kind == "eui.") return rest.size() == 16 && all_hex(rest);
  if (kind == "naa.") return (rest.size() == 16 || rest.size() == 32) && all_hex(rest);
  return kind == "iqn." && starts_with_month(rest) && rest.size() > 8 && rest.back() != ':' &&
         std::all_of(rest.begin(), rest.end(), plain);
}

bool is_initiator_pattern(std::string_view text) {
  if (!text.ends_with('*')) return is_iscsi_name(text);
  text.remove_suffix(1);
  // What begins a name is a name once something follows.
  return text.empty() || (text.starts_with("iqn.") && is_iscsi_name(std::string(text) + "a"));
}

}  // namespace tidemark::mgmt
