// The `tokens` of the configuration: how long ROD tokens live and how much old data they may keep
// (docs/configuration.md).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/bytes.h"
#include "mgmt/http/object_reader.h"
#include "scsi/token_list.h"

namespace tidemark::mgmt {

struct TokensConfig {
  scsi::TokenLimits limits;
  uint64_t store_limit = 16 * kGiB;  // bytes of old data of all tokens
  bool operator==(const TokensConfig&) const = default;
};

/// Reads the object `value`, which stands at `path`. What it does not name keeps its default.
void read_tokens(const nlohmann::json& value, const std::string& path, TokensConfig& tokens,
                 Faults& faults);

/// All of it, as read_tokens() reads it.
nlohmann::ordered_json write_tokens(const TokensConfig& tokens);

}  // namespace tidemark::mgmt
