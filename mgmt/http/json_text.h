// JSON text to value and back, strictly: what a typing mistake could mean is never guessed.
//
// Refused beyond RFC 8259: a key twice in one object, nesting deeper than kJsonDepthMax.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::mgmt {

inline constexpr int kJsonDepthMax = 32;

enum class JsonComments { refused, ignored };

/// A syntax error's message starts with "line L, column C: " and has no field; a doubled key is
/// named by `field`.
Result<nlohmann::json> parse_json(std::string_view text, JsonComments comments);

/// UTF-8 whatever is inside: broken sequences are replaced.
std::string json_text(const nlohmann::json& value);
std::string json_text(const nlohmann::ordered_json& value);

}  // namespace tidemark::mgmt
