// What is served, as management shows it (mgmt/http/views.h).
#pragma once

#include <string>

#include "copyengine/store_quota.h"
#include "mgmt/daemon/serving.h"
#include "mgmt/http/views.h"
#include "scsi/logical_unit.h"

namespace tidemark::mgmt {

/// On core `home`.
VolumeView view_of(const ServedVolume& volume, CoreId home, const MadeRows& made);
/// On core `home`.
StorePoolView view_of(const copyengine::StoreQuota& pool);
/// "naa.3..."
std::string naa_text(const scsi::Identity& identity);
TargetView view_of(const TargetConfig& target, const MadeRows& made);
LunView view_of(const std::string& target, uint16_t number, scsi::LogicalUnit& unit,
                const MadeRows& made);

}  // namespace tidemark::mgmt
