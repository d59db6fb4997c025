// Portal: an address at which initiators are let in, and what is said of it (RFC 7143
// clauses 4.4.1, 13.8, 13.9). The portals of one group share sessions; a target has one SCSI port
// per group.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <vector>

#include "target/portal_spec.h"

namespace tidemark::target {

struct Portal {
  PortalSpec spec;
  boost::asio::ip::tcp::endpoint bound;
};

/// What one who reached `local` may reach of `portal`, as "address:port"; empty: nothing.
std::string reachable_address(const Portal& portal, const boost::asio::ip::tcp::endpoint& local);

/// What SendTargets names, each as "address:port,group", to one who reached `local` through the
/// portal `through`. First the address he reached, which is sure to work for him; then those of the
/// other portals that may: a loopback address only to one who came by loopback, and an unspecified
/// one
/// ("0.0.0.0") as the local address he reached.
std::vector<std::string> target_addresses(const std::vector<Portal>& portals, const Portal& through,
                                          const boost::asio::ip::tcp::endpoint& local);

}  // namespace tidemark::target
