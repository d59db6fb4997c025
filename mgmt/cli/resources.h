// Resources of the management port that the command line makes, shows and removes: one row for each
// noun and verb. Arguments, options, help, request and output follow from the rows.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::mgmt::cli {

/// One argument or option of a row, and where its value goes.
struct ResourceField {
  enum class Kind {
    text,
    number,
    flag,
    initiators,  // may be repeated: a list of {"initiator": value}
    luns,        // "LUN=VOLUME", may be repeated: a list of {"lun", "volume"}
  };

  std::string_view place;  // "NAME": an argument; "--size": an option
  std::string_view key;  // in the path if that has "{key}"; "?key": in the query; else of the body
  std::string_view text;
  Kind kind = Kind::text;
  bool required = false;
  std::string_view words = {};  // those it may be, with commas; empty: any
};

struct ResourceRow {
  std::string_view noun;
  std::string_view verb;
  std::string_view text;
  std::string_view method;
  std::string_view path;  // within /api/v1
  std::span<const ResourceField> fields;
  std::string_view list = {};     // the key of the answer's list; empty: the answer is one object
  std::string_view columns = {};  // of a list: keys, with commas
};

struct Noun {
  std::string_view name;
  std::string_view text;
};

std::span<const Noun> resource_nouns();
std::span<const ResourceRow> resource_rows();

/// A row and what was given for its fields, in their order; nothing for an option left out.
struct ResourceVerb {
  const ResourceRow* row = nullptr;
  std::vector<std::vector<std::string>> values;
};

struct ResourceRequest {
  std::string path;  // with its query
  std::string body;  // empty: none
};
ResourceRequest request_of(const ResourceVerb& verb);

/// The answer, for people.
std::string render_resource(const ResourceRow& row, const std::string& body);

}  // namespace tidemark::mgmt::cli
