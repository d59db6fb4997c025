// Which daemon a command goes to, and which token it shows there.
#pragma once

#include <string>

#include "mgmt/cli/http_client.h"

namespace tidemark::mgmt::cli {

/// `url` and `context` as the command line gave them; empty: not given. The daemon is that of
/// `url`, of `context`, of TIDEMARK_URL, of TIDEMARK_CONTEXT, of the current context, or
/// http://127.0.0.1:8260: whatever is set first.
///
/// The token is the one in TIDEMARK_TOKEN, or in the file that TIDEMARK_TOKEN_FILE or the context
/// names; else, to spare, the first one that a daemon of this machine has left in its state
/// directory, if we may read it and the daemon is on this machine. TIDEMARK_CA, or the context,
/// names a file of those to trust in TLS. The error's field is what is at fault.
Result<Url> find_destination(const std::string& url, const std::string& context);

}  // namespace tidemark::mgmt::cli
