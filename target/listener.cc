#include "target/listener.h"

#include <fmt/core.h>

#include <boost/asio/ip/v6_only.hpp>

#include "target/address.h"

namespace tidemark::target {
namespace {

using Acceptor = boost::asio::ip::tcp::acceptor;

ErrorKind kind_of(const boost::system::error_code& error) {
  if (error == boost::asio::error::access_denied) return ErrorKind::denied;
  if (error == boost::asio::error::address_in_use) return ErrorKind::conflict;
  return ErrorKind::io;
}

}  // namespace

Result<std::shared_ptr<Listener>> open_listener(boost::asio::io_context& context,
                                                const std::string& address) {
  auto endpoint = parse_endpoint(address);
  if (!endpoint) return endpoint.error();
  Acceptor acceptor(context);
  boost::system::error_code error;
  acceptor.open(endpoint.value().protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error && endpoint.value().address().is_v6())
    acceptor.set_option(boost::asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint.value(), error);
  if (!error) acceptor.listen(Acceptor::max_listen_connections, error);
  if (error)
    return Error{kind_of(error),
                 fmt::format("cannot listen on {}: {}", to_text(endpoint.value()), error.message()),
                 {}};
  const auto bound = acceptor.local_endpoint(error);
  return std::make_shared<Listener>(Listener{bound, std::move(acceptor)});
}

}  // namespace tidemark::target
