// GET /api/v1/copies/{id}/map: a copy's snapshot map, as runs (from, limit) or reduced to buckets
// (buckets, and from and length for a part of the source).
#pragma once

#include "mgmt/http/backend.h"
#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

/// `backend` outlives whoever serves the row.
MethodRow copy_map_method(Backend& backend);

}  // namespace tidemark::mgmt
