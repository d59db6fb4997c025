// The configuration in force as the JSON it could be written down as, with what was made through
// the management port, and with the places of secrets instead of secrets.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "mgmt/daemon/config.h"

namespace tidemark::mgmt {

/// parse_config() makes the same of it.
nlohmann::ordered_json write_config(const Config& config);

}  // namespace tidemark::mgmt
