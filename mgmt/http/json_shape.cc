#include "mgmt/http/json_shape.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tidemark::mgmt {
namespace {

using nlohmann::ordered_json;

ordered_json shape(const ordered_json& sample);

bool has_type(const ordered_json& schema, const char* type) {
  if (!schema.contains("type")) return false;
  const ordered_json& types = schema["type"];
  return types.is_array() ? std::find(types.begin(), types.end(), type) != types.end()
                          : types == type;
}

ordered_json nullable(ordered_json schema) {
  if (schema.empty() || has_type(schema, "null")) return schema;
  schema["type"] = {schema["type"], "null"};
  return schema;
}

ordered_json merge(const ordered_json& a, const ordered_json& b);

ordered_json merge_objects(const ordered_json& a, const ordered_json& b) {
  ordered_json merged = a;
  for (const auto& [key, schema] : b["properties"].items()) {
    ordered_json& property = merged["properties"][key];
    property = property.is_null() ? schema : merge(property, schema);
  }
  ordered_json required = ordered_json::array();
  for (const ordered_json& key : a["required"])
    if (std::find(b["required"].begin(), b["required"].end(), key) != b["required"].end())
      required.push_back(key);
  merged["required"] = std::move(required);
  return merged;
}

// `a` and `b` describe the same place. What is no null in either has the same type there, save that
// whole numbers stand for any.
ordered_json merge(const ordered_json& a, const ordered_json& b) {
  if (a.empty() || a == b) return b;
  if (b.empty()) return a;
  if (a["type"] == "null") return nullable(b);
  if (b["type"] == "null") return nullable(a);
  const bool may_be_null = has_type(a, "null") || has_type(b, "null");
  ordered_json merged;
  if (has_type(a, "object")) {
    merged = merge_objects(a, b);
    merged["type"] = "object";
  } else if (has_type(a, "array")) {
    merged = {{"type", "array"}, {"items", merge(a["items"], b["items"])}};
  } else if (has_type(a, "number") || has_type(b, "number")) {
    merged = {{"type", "number"}};
  } else {
    merged = a;
  }
  return may_be_null ? nullable(merged) : merged;
}

ordered_json shape_of_object(const ordered_json& sample) {
  ordered_json properties = ordered_json::object();
  ordered_json required = ordered_json::array();
  for (const auto& [key, value] : sample.items()) {
    properties[key] = shape(value);
    required.push_back(key);
  }
  return {
      {"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
}

ordered_json shape(const ordered_json& sample) {
  if (sample.is_object()) return shape_of_object(sample);
  if (sample.is_array()) {
    ordered_json items = ordered_json::object();
    for (const ordered_json& item : sample) items = merge(items, shape(item));
    return {{"type", "array"}, {"items", std::move(items)}};
  }
  if (sample.is_null()) return {{"type", "null"}};
  if (sample.is_boolean()) return {{"type", "boolean"}};
  if (sample.is_string()) return {{"type", "string"}};
  return {{"type", sample.is_number_float() ? "number" : "integer"}};
}

}  // namespace

ordered_json shape_of(const std::vector<ordered_json>& samples) {
  ordered_json merged = ordered_json::object();
  for (const ordered_json& sample : samples) merged = merge(merged, shape(sample));
  return merged;
}

}  // namespace tidemark::mgmt
