#include "scsi/transport_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/big_endian.h"

namespace tidemark::scsi {
namespace {

constexpr uint8_t kProtocolIscsi = 0x05;
constexpr uint8_t kFormatDevice = 0x00;
constexpr uint8_t kFormatPort = 0x40;
constexpr size_t kHeader = 4;
constexpr size_t kNameMax = 223;  // RFC 7143 4.2.7.1
constexpr std::string_view kSeparator = ",i,0x";

std::optional<uint64_t> parse_isid(std::string_view digits) {
  if (digits.empty() || digits.size() > 12) return std::nullopt;
  uint64_t isid = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), isid, 16);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return isid;
}

}  // namespace

std::vector<uint8_t> encode_transport_id(const TransportId& id) {
  std::string text = id.initiator;
  if (id.isid) text += fmt::format("{}{:012x}", kSeparator, *id.isid);
  const size_t padded = std::max((text.size() + 1 + 3) / 4 * 4, kTransportIdMin - kHeader);
  std::vector<uint8_t> bytes(kHeader + padded);
  bytes[0] = (id.isid ? kFormatPort : kFormatDevice) | kProtocolIscsi;
  store_be16(&bytes[2], static_cast<uint16_t>(padded));
  std::copy(text.begin(), text.end(), bytes.begin() + kHeader);
  return bytes;
}

std::optional<ParsedTransportId> parse_transport_id(ConstBytes from) {
  if (from.size() < kTransportIdMin || (from[0] & 0x0f) != kProtocolIscsi) return std::nullopt;
  const auto format = static_cast<uint8_t>(from[0] & 0xc0);
  const size_t length = kHeader + load_be16(&from[2]);
  if (length < kTransportIdMin || length % 4 != 0 || length > from.size()) return std::nullopt;
  const auto* text = reinterpret_cast<const char*>(from.data() + kHeader);
  std::string_view name(text, length - kHeader);
  if (const size_t nul = name.find('\0'); nul != name.npos) name = name.substr(0, nul);

  ParsedTransportId parsed{.id = {}, .length = length};
  if (format == kFormatPort) {
    const size_t at = name.find(kSeparator);
    if (at == name.npos) return std::nullopt;
    parsed.id.isid = parse_isid(name.substr(at + kSeparator.size()));
    if (!parsed.id.isid) return std::nullopt;
    name = name.substr(0, at);
  } else if (format != kFormatDevice) {
    return std::nullopt;
  }
  if (name.empty() || name.size() > kNameMax) return std::nullopt;
  parsed.id.initiator = name;
  return parsed;
}

}  // namespace tidemark::scsi
