// Portal addresses as text: "127.0.0.1:3260", "[::1]:3260", "0.0.0.0".
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "base/result.h"

namespace tidemark::target {

/// An address with an optional port; numeric only, a portal is not looked up in DNS.
Result<boost::asio::ip::tcp::endpoint> parse_endpoint(const std::string& text);
/// The reverse; an IPv4 address in IPv6 form is shown as what it is.
std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);
std::string to_text(const boost::asio::ip::address& address);

}  // namespace tidemark::target
