// ConfigChange: from the configuration in force to the next one: what may change while the daemon
// runs, and which volumes that concerns.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "mgmt/daemon/config.h"

namespace tidemark::mgmt {

struct ConfigChange {
  std::vector<std::string> removed;  // volumes, by name
  std::vector<size_t> added;         // indices of next.volumes
};

/// Refused, with the path of its key: what takes a restart. Both with resolved locations.
Result<ConfigChange> change_of(const Config& now, const Config& next);

}  // namespace tidemark::mgmt
