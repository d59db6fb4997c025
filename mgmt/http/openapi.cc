#include "mgmt/http/openapi.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "mgmt/http/api_schemas.h"
#include "mgmt/http/json_text.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kPath = "/openapi.json";
constexpr std::string_view kPrefix = "/api/v1/";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// "get_copies_id_map"
std::string operation_of(const MethodRow& row) {
  std::string path = row.pattern;
  if (path.starts_with(kPrefix)) path.erase(0, kPrefix.size() - 1);
  std::string name = lower(row.verb);
  bool fresh = true;
  for (const char c : path) {
    const bool part = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (part && fresh) name += '_';
    if (part) name += c;
    fresh = !part;
  }
  return name;
}

/// The noun that a path begins with.
std::string tag_of(const MethodRow& row) {
  if (!row.pattern.starts_with(kPrefix)) return "port";
  const std::string rest = row.pattern.substr(kPrefix.size());
  return rest.substr(0, rest.find('/'));
}

void add_path_parameters(const std::string& pattern, ordered_json& to) {
  for (size_t open = pattern.find('{'); open != std::string::npos;
       open = pattern.find('{', open + 1)) {
    const std::string name = pattern.substr(open + 1, pattern.find('}', open) - open - 1);
    ordered_json schema = {{"type", name == "id" ? "integer" : "string"}};
    to.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", schema}});
  }
}

ordered_json parameters_of(const MethodRow& row) {
  ordered_json parameters = ordered_json::array();
  add_path_parameters(row.pattern, parameters);
  for (const QueryParameter& parameter : row.query) {
    ordered_json schema = {{"type", "integer"}, {"minimum", parameter.min}};
    if (parameter.max != UINT64_MAX) schema["maximum"] = parameter.max;
    parameters.push_back(
        {{"name", parameter.name}, {"in", "query"}, {"schema", std::move(schema)}});
  }
  return parameters;
}

ordered_json reference(std::string_view schema) {
  if (schema.empty()) return {{"type", "object"}};
  return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

ordered_json good_content(const MethodRow& row, const MethodShape* shape) {
  if (row.event_stream) return {{"text/event-stream", {{"schema", {{"type", "string"}}}}}};
  if (row.content_type != kJson)
    return {{std::string(row.content_type), {{"schema", {{"type", "string"}}}}}};
  ordered_json schema = reference(shape == nullptr ? "" : shape->answers);
  if (shape != nullptr && !shape->list.empty()) {
    const std::string key(shape->list);
    schema = {{"type", "object"},
              {"properties",
               {{key, {{"type", "array"}, {"items", std::move(schema)}}},
                {"next",
                 {{"type", {"integer", "null"}},
                  {"description", "where the next page begins; null: this was the last"}}}}},
              {"required", {key}}};
  }
  return {{"application/json", {{"schema", std::move(schema)}}}};
}

ordered_json operation(const MethodRow& row) {
  const MethodShape* shape = shape_of_method(row);
  ordered_json operation = {
      {"operationId", operation_of(row)}, {"tags", {tag_of(row)}}, {"summary", row.text}};
  operation["x-role"] = name_of(role_of(row));
  if (ordered_json parameters = parameters_of(row); !parameters.empty())
    operation["parameters"] = std::move(parameters);
  if (row.takes_body) {
    const ordered_json schema = reference(shape == nullptr ? "" : shape->takes);
    operation["requestBody"] = {{"required", true},
                                {"content", {{"application/json", {{"schema", schema}}}}}};
  }
  const unsigned status = shape == nullptr ? 200 : shape->status;
  operation["responses"] = {
      {std::to_string(status), {{"description", "done"}, {"content", good_content(row, shape)}}},
      {"4XX", {{"$ref", "#/components/responses/Problem"}}},
      {"5XX", {{"$ref", "#/components/responses/Problem"}}}};
  return operation;
}

ordered_json info() {
  return {{"title", "Tidemark management port"},
          {"version", "1"},
          {"description",
           "Volumes, sessions and point-in-time copies of a Tidemark daemon. Within /api/v1 "
           "paths, parameters and keys are added, and never changed or taken away."},
          {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}};
}

MethodRow row_of(Handler handler) {
  return {"GET",
          std::string(kPath),
          {},
          false,
          false,
          "this document, as OpenAPI 3.1",
          std::move(handler),
          kJson,
          Role::none};
}

}  // namespace

ordered_json openapi_document(const std::vector<MethodRow>& rows) {
  ordered_json paths = ordered_json::object();
  for (const MethodRow& row : rows) paths[row.pattern][lower(row.verb)] = operation(row);
  const ordered_json problem = {{"schema", reference("Problem")}};
  return {{"openapi", "3.1.0"},
          {"info", info()},
          {"servers", {{{"url", "/"}}}},
          // Without a token one may what the daemon allows to anybody (management.anonymous).
          {"security", {ordered_json::object(), {{"token", ordered_json::array()}}}},
          {"paths", std::move(paths)},
          {"components",
           {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}},
            {"responses",
             {{"Problem",
               {{"description", "refused, or failed"},
                {"content", {{"application/problem+json", problem}}}}}}},
            {"schemas", api_schemas()}}}};
}

MethodRow openapi_method(std::vector<MethodRow> rows) {
  rows.push_back(row_of(nullptr));
  return row_of([text = json_text(openapi_document(rows))](const Call&, const Answer& answer) {
    answer([text] { return HttpResponse{200, std::string(kJson), text, {}}; });
  });
}

}  // namespace tidemark::mgmt
