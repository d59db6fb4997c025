// The JSON Schema that samples have in common: of what encoders write, so that their description
// follows them.
//
// A key that is not in all samples is optional; one that is null in some may be null.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace tidemark::mgmt {

nlohmann::ordered_json shape_of(const std::vector<nlohmann::ordered_json>& samples);

}  // namespace tidemark::mgmt
