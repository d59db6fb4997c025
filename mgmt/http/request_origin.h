// Protection of a port without passwords from the web pages of its own machine's browser
// (cross-site requests, DNS rebinding).
#pragma once

#include <string_view>

namespace tidemark::mgmt {

/// Whether a request with these header values (empty: absent) was made on purpose: Host names this
/// machine by address or as localhost, and Origin, if a browser sent one, is this very port.
bool made_on_purpose(std::string_view host, std::string_view origin);

}  // namespace tidemark::mgmt
