// Reads the configuration's "portals", "targets" and "discovery" (access_config.h), with the path
// and the reason of what is wrong.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "mgmt/daemon/config.h"
#include "mgmt/http/object_reader.h"

namespace tidemark::mgmt {

void read_portals(ObjectReader& top, Config& config, Faults& faults);
/// After the volumes, which LUNs refer to.
void read_targets(ObjectReader& top, Config& config, Faults& faults);
void read_discovery(ObjectReader& top, Config& config, Faults& faults);

}  // namespace tidemark::mgmt
