#include "mgmt/http/method_table.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "mgmt/http/problem.h"

namespace tidemark::mgmt {
namespace {

constexpr std::string_view kList = "/api/v1";

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 3986 clause 2.1; nothing if an escape is broken or hides a NUL.
std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

bool is_argument(std::string_view part) {
  return part.size() > 2 && part.front() == '{' && part.back() == '}';
}

bool matches(const MethodRow& row, const std::vector<std::string>& path,
             std::vector<std::string>& arguments) {
  const std::vector<std::string_view> pattern = split(row.pattern, '/');
  if (pattern.size() != path.size()) return false;
  arguments.clear();
  for (size_t i = 0; i < path.size(); ++i) {
    if (is_argument(pattern[i])) {
      if (path[i].empty() || (pattern[i] == "{id}" && !number(path[i]))) return false;
      arguments.push_back(path[i]);
    } else if (pattern[i] != path[i]) {
      return false;
    }
  }
  return true;
}

std::optional<HttpResponse> read_query(const MethodRow& row, std::string_view text, Call& call) {
  if (text.empty()) return std::nullopt;
  for (const std::string_view pair : split(text, '&')) {
    const size_t equals = pair.find('=');
    const std::optional<std::string> name = decode(pair.substr(0, equals));
    const std::optional<std::string> value =
        equals == std::string_view::npos ? std::string() : decode(pair.substr(equals + 1));
    if (!name || !value) return problem(400, "the query has a broken percent escape");
    const auto known = std::find_if(row.query.begin(), row.query.end(),
                                    [&](const QueryParameter& p) { return p.name == *name; });
    if (known == row.query.end())
      return problem(Error{ErrorKind::invalid, "is not known as a query parameter here", *name});
    const std::optional<uint64_t> parsed = number(*value);
    if (!parsed || *parsed < known->min || *parsed > known->max)
      return problem(Error{ErrorKind::invalid,
                           "must be a whole number from " + std::to_string(known->min) + " to " +
                               std::to_string(known->max),
                           *name});
    if (!call.query.emplace(*name, *parsed).second)
      return problem(Error{ErrorKind::invalid, "appears twice", *name});
  }
  return std::nullopt;
}

bool row_serves(const MethodRow& row, std::string_view verb) {
  return row.verb == verb || (verb == "HEAD" && row.verb == "GET");
}

bool blank(std::string_view body) {
  return body.empty() || body == "{}" || body.find_first_not_of(" \t\r\n") == body.npos;
}

Routed refuse(HttpResponse response) {
  return Routed{nullptr, {}, std::move(response)};
}

}  // namespace

Role role_of(const MethodRow& row) {
  if (row.role) return *row.role;
  return row.verb == "GET" ? Role::viewer : Role::operator_;
}

MethodTable::MethodTable(std::vector<MethodRow> rows) : rows_(std::move(rows)) {
  MethodRow list{"GET", std::string(kList), {}, false, false, "this list", nullptr};
  list.role = Role::none;
  list.handler = [text = describe()](const Call&, const Answer& answer) {
    answer([text] { return HttpResponse{200, "text/plain; charset=utf-8", text, {}}; });
  };
  const bool has_root = std::any_of(rows_.begin(), rows_.end(),
                                    [](const MethodRow& row) { return row.pattern == "/"; });
  if (!has_root) {
    rows_.push_back(list);
    rows_.back().pattern = "/";
  }
  rows_.push_back(std::move(list));
}

Routed MethodTable::route(std::string_view verb, std::string_view target, std::string body) const {
  const size_t question = target.find('?');
  std::vector<std::string> path;
  for (const std::string_view part : split(target.substr(0, question), '/')) {
    const std::optional<std::string> decoded = decode(part);
    if (!decoded) return refuse(problem(400, "the path has a broken percent escape"));
    path.push_back(*decoded);
  }

  std::string allow;
  Call call;
  for (const MethodRow& row : rows_) {
    if (!matches(row, path, call.arguments)) continue;
    if (!row_serves(row, verb)) {
      allow += (allow.empty() ? "" : ", ") + row.verb + (row.verb == "GET" ? ", HEAD" : "");
      continue;
    }
    const std::string_view query =
        question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
    if (auto refusal = read_query(row, query, call)) return refuse(std::move(*refusal));
    if (!row.takes_body && !blank(body))
      return refuse(problem(422, row.verb + " " + row.pattern + " takes no body"));
    call.body = std::move(body);
    return Routed{&row, std::move(call), {}};
  }
  if (allow.empty()) return refuse(problem(404, "there is nothing at this path"));
  HttpResponse refusal = problem(405, "this path answers to " + allow);
  refusal.headers.emplace_back("Allow", allow);
  return refuse(std::move(refusal));
}

std::string MethodTable::describe() const {
  std::string text = "Tidemark management port. JSON, errors as application/problem+json.\n\n";
  for (const MethodRow& row : rows_) {
    std::string line = row.verb + std::string(7 - row.verb.size(), ' ') + row.pattern;
    char separator = '?';
    for (const QueryParameter& parameter : row.query) {
      line += separator + parameter.name + "=N";
      separator = '&';
    }
    line.resize(std::max<size_t>(line.size() + 2, 64), ' ');
    std::string role(name_of(role_of(row)));
    role.resize(10, ' ');
    text += line + role + row.text + "\n";
  }
  return text;
}

}  // namespace tidemark::mgmt
