// MethodTable: the methods of the management port, one row each. Routing, 404 and 405 with Allow,
// the check of query parameters and bodies, and the text at "/api/v1" all follow from the rows.
//
// HEAD is answered by the GET row of the path. Built before the server starts, then only read, on
// the HTTP thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mgmt/http/http_message.h"

namespace tidemark::mgmt {

struct QueryParameter {
  std::string name;
  uint64_t min = 0;
  uint64_t max = UINT64_MAX;
};

struct MethodRow {
  std::string verb;     // "GET", "POST", "PATCH", "PUT", "DELETE"
  std::string pattern;  // "/api/v1/copies/{id}"; {id} is a number, any other {word} a name
  std::vector<QueryParameter> query;
  bool takes_body = false;
  bool event_stream = false;  // handled by the server itself
  std::string text;           // one line for people
  Handler handler;
  std::string_view content_type = kJson;  // of a good answer
  std::optional<Role> role = {};          // who may call it; none: by its verb, see role_of()
  bool secret = false;                    // neither body nor answer is written down
};

/// Who may call it: what only looks is for viewers, what changes something for operators, if the
/// row does not say otherwise.
Role role_of(const MethodRow& row);

struct Routed {
  const MethodRow* row = nullptr;  // null: answer `refusal`
  Call call;
  HttpResponse refusal;
};

class MethodTable {
 public:
  /// A row for "/api/v1" that describes the others is added, and the same for "/" where no row is
  /// given for that.
  explicit MethodTable(std::vector<MethodRow> rows);

  /// `target` is the request target: path and query, percent-encoded.
  Routed route(std::string_view verb, std::string_view target, std::string body) const;

  const std::vector<MethodRow>& rows() const { return rows_; }

 private:
  std::string describe() const;

  std::vector<MethodRow> rows_;
};

}  // namespace tidemark::mgmt
