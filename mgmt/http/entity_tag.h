// Entity tags (RFC 9110 clause 8.8.3): which state of a resource somebody has seen, so that a
// change that was decided on another state is refused.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::mgmt {

/// Of the resource that `representation` shows: the same for the same text, quoted.
std::string entity_tag(const nlohmann::ordered_json& representation);

/// Whether a change may go on: `if_match` (RFC 9110 clause 13.1.1; empty: none was sent) is "*" or
/// lists `tag`. The error's field is the header's name, by which it is answered with 412.
Result<void> check_match(std::string_view if_match, std::string_view tag);

}  // namespace tidemark::mgmt
