// The rows of the management port that change what is served: volumes, targets, LUN maps, access.
// They only decode and encode; mgmt/http/inventory.h says what is done.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "mgmt/http/backend.h"
#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

/// `backend` outlives whoever serves the rows.
void add_inventory_changes(std::vector<MethodRow>& rows, Backend& backend);

// Their bodies.
Result<VolumeOrder> decode_new_volume(const nlohmann::json& body);
Result<VolumeOrder> decode_volume_import(const nlohmann::json& body);
Result<TargetOrder> decode_new_target(const nlohmann::json& body);
Result<LunOrder> decode_new_lun(const nlohmann::json& body);
Result<AccessOrder> decode_access(const nlohmann::json& body);

}  // namespace tidemark::mgmt
