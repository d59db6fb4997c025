// A whole disk of self-describing sectors: laid down before a proof, read back after it.
#pragma once

#include <vector>

#include "base/result.h"
#include "mgmt/demo/iscsi_disk.h"
#include "mgmt/demo/sector.h"

namespace tidemark::mgmt {

/// Writes write number 0 to every sector.
Result<void> fill_disk(IscsiDisk& disk);
/// What every sector says of itself.
Result<std::vector<SectorReading>> read_disk(IscsiDisk& disk);

}  // namespace tidemark::mgmt
