// The `limits` of the configuration: target::Limits as people write them (docs/configuration.md).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "mgmt/http/object_reader.h"
#include "target/limits.h"

namespace tidemark::mgmt {

/// Reads the object `value`, which stands at `path`. What it does not name keeps its default.
void read_limits(const nlohmann::json& value, const std::string& path, target::Limits& limits,
                 Faults& faults);

/// All of them, as read_limits() reads them.
nlohmann::ordered_json write_limits(const target::Limits& limits);

}  // namespace tidemark::mgmt
