// The daemon's log over the management port: how much it says, changed while it runs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "base/log.h"
#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

void add_log(std::vector<MethodRow>& rows);

Result<LogLevel> decode_log_change(const nlohmann::json& body);
/// As it is now.
nlohmann::ordered_json encode_log();

}  // namespace tidemark::mgmt
