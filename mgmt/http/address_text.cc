#include "mgmt/http/address_text.h"

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace tidemark::mgmt {

Result<Address> parse_address(std::string_view text) {
  const Error fault{
      ErrorKind::invalid, "must be an address and a port, like 127.0.0.1:3260 or [::1]:3260", {}};
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fault;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);

  Address address;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, address.port);
  if (digits.empty() || error != std::errc{} || rest != end) return fault;

  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code failed;
  const auto parsed = boost::asio::ip::make_address(host, failed);
  if (failed || parsed.is_v6() != bracketed) return fault;
  address.host = parsed.to_string();
  address.loopback = parsed.is_loopback();
  return address;
}

std::string address_text(const std::string& host, uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace tidemark::mgmt
