// The rows of consistency groups: several copies with one begin time.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "base/result.h"
#include "copyengine/copy_types.h"
#include "mgmt/http/backend.h"
#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

/// The body of POST /api/v1/groups.
Result<copyengine::GroupRequest> decode_group_request(const nlohmann::json& body);
nlohmann::ordered_json encode_group(const copyengine::GroupStatus& group);

void add_groups(std::vector<MethodRow>& rows, Backend& backend);

}  // namespace tidemark::mgmt
