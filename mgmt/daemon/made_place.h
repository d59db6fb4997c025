// Where a volume that is made through the management port lies: by default in the state directory,
// under its own name.
#pragma once

#include <string>

#include "base/result.h"
#include "mgmt/daemon/config.h"
#include "mgmt/http/inventory.h"

namespace tidemark::mgmt {

/// Sets the location of the order's volume if it has none, and refuses one that cannot be: outside
/// of the state directory, taken by another volume, or already there (not there, for an import).
/// `config` has its locations resolved.
Result<void> settle_place(VolumeOrder& order, const Config& config, const std::string& state_dir);

/// Deletes the volume's file, if it is one. What fails is logged: nothing is served of it.
void remove_file_of(const storage::VolumeSpec& volume, const std::string& state_dir);

}  // namespace tidemark::mgmt
