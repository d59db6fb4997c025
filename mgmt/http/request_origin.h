// Protection from the web pages of the browser that is used here (cross-site requests, DNS
// rebinding): they can make it send requests, but none with a token.
#pragma once

#include <string_view>

namespace tidemark::mgmt {

enum class Reach { local, anywhere };

/// Whether a request with these header values (empty: absent) was made on purpose: Host names this
/// machine by address or as localhost, if it is to be `local`, and Origin, if a browser sent one,
/// is this very port.
bool made_on_purpose(std::string_view host, std::string_view origin, Reach reach = Reach::local);

}  // namespace tidemark::mgmt
