#include "mgmt/http/problem.h"

#include <array>
#include <nlohmann/json.hpp>

#include "mgmt/http/json_text.h"

namespace tidemark::mgmt {
namespace {

struct KindRow {
  ErrorKind kind;
  std::string_view name;
  unsigned status;
  std::string_view title;
};
constexpr std::array kKinds = {
    KindRow{ErrorKind::invalid, "invalid", 422, "The request is not valid"},
    KindRow{ErrorKind::not_found, "not_found", 404, "Not found"},
    KindRow{ErrorKind::conflict, "conflict", 409, "Its state forbids this"},
    KindRow{ErrorKind::denied, "denied", 403, "Not allowed"},
    KindRow{ErrorKind::unsupported, "unsupported", 422, "Not supported"},
    KindRow{ErrorKind::exhausted, "exhausted", 507, "Out of space or slots"},
    KindRow{ErrorKind::io, "io", 500, "A device failed"},
};

struct StatusRow {
  unsigned status;
  std::string_view title;
};
constexpr std::array kStatuses = {
    StatusRow{400, "Bad request"},
    StatusRow{401, "A token is needed"},
    StatusRow{403, "Not allowed"},
    StatusRow{404, "Not found"},
    StatusRow{405, "Method not allowed"},
    StatusRow{413, "Body too large"},
    StatusRow{422, "The request is not valid"},
    StatusRow{431, "Header too large"},
    StatusRow{500, "Internal error"},
    StatusRow{503, "Too many connections"},
};

HttpResponse document(unsigned status, const std::string& type, std::string_view title,
                      const std::string& detail, const std::string& field) {
  nlohmann::ordered_json body = {
      {"type", type}, {"title", title}, {"status", status}, {"detail", detail}};
  if (!field.empty()) body["field"] = field;
  return HttpResponse{status, "application/problem+json", json_text(body), {}};
}

}  // namespace

HttpResponse problem(const Error& error) {
  for (const KindRow& row : kKinds) {
    if (row.kind != error.kind) continue;
    // Whole in itself, for people who read only this.
    const std::string detail =
        error.field.empty() ? error.message : error.field + ": " + error.message;
    // RFC 9110 clause 13.1.1.
    if (error.field == "If-Match")
      return document(412, "urn:tidemark:" + std::string(row.name), "Not in the state you saw",
                      detail, error.field);
    return document(row.status, "urn:tidemark:" + std::string(row.name), row.title, detail,
                    error.field);
  }
  return problem(500, error.message);
}

HttpResponse problem(unsigned status, const std::string& detail) {
  std::string_view title = "Error";
  for (const StatusRow& row : kStatuses)
    if (row.status == status) title = row.title;
  return document(status, "about:blank", title, detail, {});
}

}  // namespace tidemark::mgmt
