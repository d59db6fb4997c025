// What the methods of the port take and answer, as JSON Schemas: made by the decoders and encoders
// themselves, so that they cannot tell anything else.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace tidemark::mgmt {

struct MethodRow;

/// What a row takes and gives, by names of api_schemas().
struct MethodShape {
  std::string_view verb;
  std::string_view pattern;
  std::string_view takes;    // empty: no body, or one that is not described
  std::string_view answers;  // empty: not described
  std::string_view list;     // the key of the list that the answer is; empty: it is one object
  unsigned status = 200;
};

/// Null if the row has none.
const MethodShape* shape_of_method(const MethodRow& row);

/// By name, as in "components" of an OpenAPI document.
nlohmann::ordered_json api_schemas();

}  // namespace tidemark::mgmt
