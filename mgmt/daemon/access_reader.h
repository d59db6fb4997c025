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

// One entry of them, which stands at `path`.
TargetConfig read_target(const nlohmann::json& value, const std::string& path, const Config& config,
                         Faults& faults);
void read_access(const nlohmann::json& value, const std::string& path, const Config& config,
                 TargetConfig& target, Faults& faults);
void read_lun(const nlohmann::json& value, const std::string& path, const Config& config,
              std::vector<LunConfig>& luns, Faults& faults);

}  // namespace tidemark::mgmt
