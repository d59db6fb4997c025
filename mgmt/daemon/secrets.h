// The secrets a configuration refers to: read, and judged together.
#pragma once

#include "mgmt/daemon/config.h"

namespace tidemark::mgmt {

/// Reads every secret. Refused, with the path of its key: one that is not to be had, and one that
/// proves both an initiator and the target, which would let whoever is challenged with it send the
/// challenge back for an answer (RFC 7143 clause 9.2.1).
Result<void> load_secrets(Config& config);

}  // namespace tidemark::mgmt
