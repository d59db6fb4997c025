// The methods of the management port (version 1), as rows over a Backend.
#pragma once

#include <vector>

#include "mgmt/http/backend.h"
#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

/// `backend` outlives whoever serves the rows.
std::vector<MethodRow> api_methods(Backend& backend);

}  // namespace tidemark::mgmt
