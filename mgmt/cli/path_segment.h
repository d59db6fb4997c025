// Names in request paths.
#pragma once

#include <string>
#include <string_view>

namespace tidemark::mgmt::cli {

/// RFC 3986 clause 2.1: all but unreserved characters escaped.
std::string path_segment(std::string_view text);

}  // namespace tidemark::mgmt::cli
