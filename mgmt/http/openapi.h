// The OpenAPI 3.1 document of the management port, made from its rows.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

nlohmann::ordered_json openapi_document(const std::vector<MethodRow>& rows);

/// GET /openapi.json, which describes `rows` and itself.
MethodRow openapi_method(std::vector<MethodRow> rows);

}  // namespace tidemark::mgmt
