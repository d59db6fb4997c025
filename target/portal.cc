#include "target/portal.h"

#include <fmt/core.h>

#include <algorithm>

#include "target/address.h"

namespace tidemark::target {
namespace {

using Endpoint = boost::asio::ip::tcp::endpoint;

}  // namespace

std::string reachable_address(const Portal& portal, const Endpoint& local) {
  if (!portal.spec.advertise.empty()) return portal.spec.advertise;
  const auto address = portal.bound.address();
  if (address.is_unspecified())
    return address.is_v6() == local.address().is_v6()
               ? to_text(Endpoint(local.address(), portal.bound.port()))
               : "";
  if (address.is_loopback() != local.address().is_loopback()) return "";
  return to_text(portal.bound);
}

std::vector<std::string> target_addresses(const std::vector<Portal>& portals, const Portal& through,
                                          const Endpoint& local) {
  std::vector<std::string> addresses;
  const auto add = [&](const std::string& address, uint16_t group) {
    if (address.empty()) return;
    std::string text = fmt::format("{},{}", address, group);
    if (std::ranges::find(addresses, text) == addresses.end()) addresses.push_back(std::move(text));
  };
  add(through.spec.advertise.empty() ? to_text(local) : through.spec.advertise, through.spec.group);
  for (const Portal& portal : portals) add(reachable_address(portal, local), portal.spec.group);
  return addresses;
}

}  // namespace tidemark::target
