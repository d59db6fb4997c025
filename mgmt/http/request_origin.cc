#include "mgmt/http/request_origin.h"

#include "mgmt/http/address_text.h"

namespace tidemark::mgmt {
namespace {

bool local_host(std::string_view host) {
  // HTTP/1.0 has no Host; a browser always sends it.
  if (host.empty() || host == "localhost" || host.starts_with("localhost:")) return true;
  if (const auto full = parse_address(host)) return full.value().loopback;
  const auto bare = parse_address(std::string(host) + ":80");
  return bare && bare.value().loopback;
}

}  // namespace

bool made_on_purpose(std::string_view host, std::string_view origin, Reach reach) {
  if (reach == Reach::local && !local_host(host)) return false;
  if (origin.empty()) return true;
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme) && origin.substr(scheme.size()) == host) return true;
  return false;
}

}  // namespace tidemark::mgmt
