// Target port groups over the management port: the asymmetric access state (SPC-4 5.16.2) of the
// logical units of a target through each of its portal groups, and how it is changed.
#pragma once

#include <vector>

#include "mgmt/http/backend.h"
#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

/// GET .../port-groups, and POST .../port-groups/{tag} with {"state", "preferred"}. `backend`
/// outlives whoever serves the rows.
void add_port_groups(std::vector<MethodRow>& rows, Backend& backend);

}  // namespace tidemark::mgmt
