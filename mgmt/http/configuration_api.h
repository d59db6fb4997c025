// The rows of the management port about the configuration as a whole.
#pragma once

#include <vector>

#include "mgmt/http/backend.h"
#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

/// `backend` outlives whoever serves the rows.
void add_configuration(std::vector<MethodRow>& rows, Backend& backend);

}  // namespace tidemark::mgmt
