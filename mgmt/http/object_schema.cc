#include "mgmt/http/object_schema.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace tidemark::mgmt {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

// What the next reader of this thread describes itself into. Set by accepted_by(), which is rare
// and short; null at all other times.
thread_local ordered_json* next_object = nullptr;

// Beyond this, a JSON number need not be exact.
constexpr uint64_t kExactMax = uint64_t{1} << 53;

ordered_json describe(const std::function<void(const json&)>& read) {
  ordered_json schema = ordered_json::object();
  ordered_json* const outer = std::exchange(next_object, &schema);
  read(json::object());
  next_object = outer;
  return schema;
}

}  // namespace

ordered_json accepted_by(const std::function<void(const json&)>& decode) {
  return describe(decode);
}

SchemaNotes::SchemaNotes() : object_(std::exchange(next_object, nullptr)) {
  if (object_ == nullptr) return;
  *object_ = {
      {"type", "object"}, {"additionalProperties", false}, {"properties", ordered_json::object()}};
}

void SchemaNotes::note(std::string_view key, bool required, ordered_json schema) {
  (*object_)["properties"][std::string(key)] = std::move(schema);
  if (required) (*object_)["required"].push_back(key);
}

void SchemaNotes::text(std::string_view key, bool required) {
  if (object_ != nullptr) note(key, required, {{"type", "string"}});
}

void SchemaNotes::flag(std::string_view key) {
  if (object_ != nullptr) note(key, false, {{"type", "boolean"}});
}

void SchemaNotes::number(std::string_view key, bool required, uint64_t min, uint64_t max) {
  if (object_ == nullptr) return;
  ordered_json schema = {{"type", "integer"}, {"minimum", min}};
  if (max <= kExactMax) schema["maximum"] = max;
  note(key, required, std::move(schema));
}

void SchemaNotes::size(std::string_view key, bool required) {
  if (object_ != nullptr) note(key, required, {{"$ref", "#/components/schemas/Size"}});
}

void SchemaNotes::word(std::string_view key, const std::vector<std::string>& words) {
  if (object_ != nullptr) note(key, false, {{"type", "string"}, {"enum", words}});
}

void SchemaNotes::object(std::string_view key, const std::function<void(const json&)>& read) {
  if (object_ != nullptr) note(key, false, describe(read));
}

void SchemaNotes::list(std::string_view key, bool required,
                       const std::function<void(const json&)>& read) {
  if (object_ != nullptr) note(key, required, {{"type", "array"}, {"items", describe(read)}});
}

}  // namespace tidemark::mgmt
