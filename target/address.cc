#include "target/address.h"

#include <fmt/core.h>

#include "target/pdu.h"
#include "target/text.h"

namespace tidemark::target {
namespace {

namespace ip = boost::asio::ip;

Error bad(const std::string& text, const char* why) {
  return {ErrorKind::invalid,
          fmt::format("'{}' is not a portal address: {}", printable(text), why),
          {}};
}

}  // namespace

Result<ip::tcp::endpoint> parse_endpoint(const std::string& text) {
  std::string host = text;
  std::string port;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string::npos) return bad(text, "']' is missing");
    host = text.substr(1, close - 1);
    if (close + 1 < text.size()) {
      if (text[close + 1] != ':') return bad(text, "':' must follow ']'");
      port = text.substr(close + 2);
      if (port.empty()) return bad(text, "the port is missing");
    }
  } else if (const size_t colon = text.find(':');
             colon != std::string::npos && text.find(':', colon + 1) == std::string::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return bad(text, "the port is missing");
  }
  boost::system::error_code error;
  const auto address = ip::make_address(host, error);
  if (error) return bad(text, "expected ADDRESS:PORT with a numeric address");
  if (port.empty()) return ip::tcp::endpoint(address, kDefaultPort);
  const auto number = parse_number(port);
  if (!number || *number > 65535) return bad(text, "the port is not a number from 0 to 65535");
  return ip::tcp::endpoint(address, static_cast<uint16_t>(*number));
}

std::string to_text(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

std::string to_text(const ip::tcp::endpoint& endpoint) {
  const std::string host = to_text(endpoint.address());
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, endpoint.port())
                                             : fmt::format("[{}]:{}", host, endpoint.port());
}

}  // namespace tidemark::target
