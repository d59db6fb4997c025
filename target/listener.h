// Listener: a portal's socket, bound and listening. Whoever accepts from it owns it from then on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "base/result.h"
#include "target/portal.h"

namespace tidemark::target {

struct Listener {
  const boost::asio::ip::tcp::endpoint bound;
  boost::asio::ip::tcp::acceptor acceptor;
  Portal portal = {};  // what its accepter says of it
};

/// Opens it on `context`; an error's kind is denied, conflict (the address is taken) or io.
Result<std::shared_ptr<Listener>> open_listener(boost::asio::io_context& context,
                                                const std::string& address);

}  // namespace tidemark::target
