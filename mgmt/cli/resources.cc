#include "mgmt/cli/resources.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "mgmt/cli/path_segment.h"
#include "mgmt/cli/table.h"

namespace tidemark::mgmt::cli {
namespace {

using Kind = ResourceField::Kind;
using Json = nlohmann::ordered_json;

constexpr std::array kNouns = {
    Noun{"volume", "Volumes"},
    Noun{"target", "Targets"},
    Noun{"lun", "Logical units"},
    Noun{"image", "Point-in-time images of volumes"},
    Noun{"session", "Sessions"},
    Noun{"access", "Who may use a target"},
    Noun{"log", "The daemon's log"},
    Noun{"config", "The configuration in force"},
    Noun{"token", "Who may use the management port"},
};

constexpr ResourceField kVolumeName = {"NAME", "name", "Of the volume", Kind::text, true};
constexpr ResourceField kTargetName = {"TARGET", "target", "iSCSI name of the target", Kind::text,
                                       true};
constexpr ResourceField kBlockSize = {"--block-size", "block_size", "Bytes per block, 512 or 4096",
                                      Kind::number};
constexpr ResourceField kReadOnly = {"--read-only", "read_only", "Hosts cannot write it",
                                     Kind::flag};
constexpr ResourceField kCache = {"--cache",  "cache", "Whether hosts' writes may wait in memory",
                                  Kind::text, false,   "write-back,write-through"};
constexpr ResourceField kProvisioning = {
    "--provisioning", "provisioning", "Whether space is taken when it is written, or in advance",
    Kind::text,       false,          "thin,thick"};

constexpr std::array kVolumeCreate = {
    kVolumeName,
    ResourceField{"SIZE", "size", "Bytes it is to have", Kind::text, true},
    ResourceField{"--location", "location",
                  "file:volumes/FILE or memory:; a file named like the volume if left out"},
    kBlockSize,
    kReadOnly,
    kCache,
    kProvisioning,
};
constexpr std::array kVolumeImport = {
    kVolumeName,
    ResourceField{"LOCATION", "location", "file:volumes/FILE, in the state directory", Kind::text,
                  true},
    kBlockSize,
    kReadOnly,
    kCache,
    kProvisioning,
};
constexpr std::array kVolumeDelete = {
    kVolumeName,
    ResourceField{"--erase", "?erase", "Delete its file too", Kind::flag},
};
constexpr std::array kVolumeShow = {kVolumeName};
constexpr std::array kTargetCreate = {
    ResourceField{"TARGET", "name", "iSCSI name it is to have", Kind::text, true},
    ResourceField{"--initiator", "access",
                  "Who may use it, a name or a beginning and *; repeatable", Kind::initiators},
};
constexpr std::array kTarget = {kTargetName};
constexpr std::array kLunMap = {
    kTargetName,
    ResourceField{"VOLUME", "volume", "Name of the volume", Kind::text, true},
    ResourceField{"--lun", "lun", "Number; the lowest that is free if left out", Kind::number},
};
constexpr std::array kLun = {
    kTargetName,
    ResourceField{"LUN", "lun", "Number", Kind::number, true},
};
constexpr ResourceField kImageName = {"IMAGE", "name", "Name of the image", Kind::text, true};
constexpr std::array kImageCreate = {
    ResourceField{"VOLUME", "source", "Name of the volume", Kind::text, true},
    ResourceField{"--name", "name", "Of the image; made of the volume's if left out"},
    ResourceField{"--grain", "grain", "Bytes saved at once, 4KiB to 64KiB"},
    ResourceField{"--store-limit", "store_limit", "Bytes of old data; 0 for no limit"},
};
constexpr std::array kImage = {kImageName};
constexpr std::array kImageAttach = {
    kImageName,
    ResourceField{"TARGET", "target", "iSCSI name of the target", Kind::text, true},
    ResourceField{"--lun", "lun", "Number; the lowest that is free if left out", Kind::number},
};
constexpr std::array kImageDrop = {
    kImageName,
    ResourceField{"--force", "?force", "Also while it is a LUN", Kind::flag},
};
constexpr std::array kSession = {
    ResourceField{"ID", "id", "Number of the session", Kind::number, true},
};
constexpr ResourceField kInitiator = {
    "INITIATOR", "initiator", "iSCSI name, the beginning of one and *, or *", Kind::text, true};
constexpr std::array kAccessSet = {
    kTargetName,
    kInitiator,
    ResourceField{"--lun", "luns", "LUN=VOLUME, one it finds instead of the target's; repeatable",
                  Kind::luns},
    ResourceField{"--copy-commands", "copy_commands",
                  "It may start and steer copies in-band, by the vendor commands", Kind::flag},
};
constexpr std::array kAccess = {kTargetName, kInitiator};

constexpr std::string_view kAsJson = "{}";  // instead of columns: printed as it is, indented
constexpr std::array kLogLevel = {
    ResourceField{"LEVEL", "level", "The least that is said", Kind::text, true,
                  "debug,info,warning,error"},
};
constexpr std::array kToken = {
    ResourceField{"NAME", "name", "Of the token", Kind::text, true},
};
constexpr std::array kTokenCreate = {
    kToken[0],
    ResourceField{"--role", "role", "What it allows", Kind::text, true, "viewer,operator,admin"},
};

constexpr std::array kRows = {
    ResourceRow{"volume", "show", "One volume", "GET", "/volumes/{name}", kVolumeShow},
    ResourceRow{"volume", "create", "Make a volume", "POST", "/volumes", kVolumeCreate},
    ResourceRow{"volume", "import", "Serve a file that is there already", "POST", "/volumes/import",
                kVolumeImport},
    ResourceRow{"volume", "delete", "Serve a volume no longer", "DELETE", "/volumes/{name}",
                kVolumeDelete},
    ResourceRow{"target",
                "list",
                "All targets",
                "GET",
                "/targets",
                {},
                "targets",
                "name,luns,access,origin"},
    ResourceRow{"target", "show", "One target", "GET", "/targets/{target}", kTarget},
    ResourceRow{"target", "create", "Make a target", "POST", "/targets", kTargetCreate},
    ResourceRow{"target", "delete", "End a target and its sessions", "DELETE", "/targets/{target}",
                kTarget},
    ResourceRow{"lun", "show", "One logical unit", "GET", "/targets/{target}/luns/{lun}", kLun},
    ResourceRow{"lun", "map", "Make a volume a LUN of a target", "POST", "/targets/{target}/luns",
                kLunMap},
    ResourceRow{"lun", "unmap", "Take a LUN away; sessions that have it are asked to log out",
                "DELETE", "/targets/{target}/luns/{lun}", kLun},
    ResourceRow{"image",
                "list",
                "All images",
                "GET",
                "/images",
                {},
                "images",
                "name,source,state,t0,size,store_bytes,luns"},
    ResourceRow{"image", "show", "One image", "GET", "/images/{name}", kImage},
    ResourceRow{"image", "create", "Keep a volume as it stands now, to be read", "POST", "/images",
                kImageCreate},
    ResourceRow{"image", "attach", "Make an image a read-only LUN of a target", "POST",
                "/images/{name}/luns", kImageAttach},
    ResourceRow{"image", "detach",
                "Take away its LUNs; sessions that have them are asked to log out", "DELETE",
                "/images/{name}/luns", kImage},
    ResourceRow{"image", "drop", "Keep it no longer", "DELETE", "/images/{name}", kImageDrop},
    ResourceRow{"session", "drop", "End a session; its initiator may log in again", "DELETE",
                "/sessions/{id}", kSession},
    ResourceRow{"access", "set", "Let an initiator in, or say anew what it finds", "PUT",
                "/targets/{target}/access/{initiator}", kAccessSet},
    ResourceRow{"access", "remove", "Let an initiator in no longer, and end its sessions", "DELETE",
                "/targets/{target}/access/{initiator}", kAccess},
    ResourceRow{"log", "show", "How much it says", "GET", "/log", {}},
    ResourceRow{"log", "set", "Let it say more or less, until the daemon ends", "PATCH", "/log",
                kLogLevel},
    ResourceRow{"config",
                "export",
                "Print it as a configuration file could say it",
                "GET",
                "/configuration",
                {},
                {},
                kAsJson},
    ResourceRow{"config",
                "reload",
                "Read the file again and apply what has changed",
                "POST",
                "/configuration/reload",
                {},
                {},
                kAsJson},
    ResourceRow{"token",
                "list",
                "All tokens, without their secrets",
                "GET",
                "/tokens",
                {},
                "tokens",
                "name,role,created"},
    ResourceRow{"token", "create", "Make a token; it is shown this once", "POST", "/tokens",
                kTokenCreate},
    ResourceRow{"token", "revoke", "Make a token worthless", "DELETE", "/tokens/{name}", kToken},
    ResourceRow{"token", "whoami", "What the token in use allows", "GET", "/whoami", {}},
};

uint64_t number_of(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 10);
}

Json body_value(const ResourceField& field, const std::vector<std::string>& values) {
  if (field.kind == Kind::flag) return true;
  if (field.kind == Kind::number) return number_of(values.front());
  if (field.kind == Kind::text) return values.front();
  Json list = Json::array();
  for (const std::string& value : values) {
    const size_t equals = value.find('=');
    if (field.kind == Kind::initiators)
      list.push_back({{"initiator", value}});
    else
      list.push_back({{"lun", number_of(value.substr(0, equals))},
                      {"volume", equals == value.npos ? "" : value.substr(equals + 1)}});
  }
  return list;
}

/// One value in one cell: a list as its items, an object as its first two values.
std::string cell(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_structured()) return value.is_null() ? "" : value.dump();
  std::string text;
  size_t taken = 0;
  for (const Json& item : value) {
    if (value.is_object() && (item.is_structured() || ++taken > 2)) continue;
    const std::string part = cell(item);
    if (part.empty()) continue;
    if (!text.empty()) text += value.is_array() ? ", " : ": ";
    text += part;
  }
  return text;
}

std::string render_object(const Json& object) {
  std::vector<std::pair<std::string, std::string>> items;
  for (const auto& [key, value] : object.items()) items.emplace_back(key, cell(value));
  return list_text(items);
}

std::string render_list(const ResourceRow& row, const Json& list) {
  std::vector<std::string> keys;
  std::vector<Table::Column> columns;
  for (std::string_view rest = row.columns; !rest.empty();) {
    const size_t comma = rest.find(',');
    keys.emplace_back(rest.substr(0, comma));
    columns.push_back({keys.back(), false});
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
  }
  Table table(columns);
  for (const Json& item : list) {
    std::vector<std::string> cells;
    for (const std::string& key : keys)
      cells.push_back(item.is_object() && item.contains(key) ? cell(item.at(key)) : "");
    table.add(std::move(cells));
  }
  return table.text();
}

}  // namespace

std::span<const Noun> resource_nouns() {
  return kNouns;
}

std::span<const ResourceRow> resource_rows() {
  return kRows;
}

ResourceRequest request_of(const ResourceVerb& verb) {
  ResourceRequest request{std::string(verb.row->path), {}};
  Json body = Json::object();
  std::string query;
  for (size_t i = 0; i < verb.row->fields.size(); ++i) {
    const ResourceField& field = verb.row->fields[i];
    const std::vector<std::string>& values = verb.values[i];
    if (values.empty()) continue;
    const std::string key(field.key);
    if (const size_t at = request.path.find("{" + key + "}"); at != request.path.npos)
      request.path.replace(at, key.size() + 2, path_segment(values.front()));
    else if (key.starts_with('?'))
      query += (query.empty() ? key : "&" + key.substr(1)) + "=" +
               (field.kind == Kind::flag ? "1" : path_segment(values.front()));
    else
      body[key] = body_value(field, values);
  }
  request.path += query;
  if (verb.row->method != "GET" && verb.row->method != "DELETE") request.body = body.dump();
  return request;
}

std::string render_resource(const ResourceRow& row, const std::string& body) {
  const Json answer = Json::parse(body, nullptr, false);
  if (!answer.is_object()) return body + "\n";
  if (row.columns == kAsJson) return answer.dump(2) + "\n";
  if (row.list.empty()) return render_object(answer);
  const std::string key(row.list);
  return render_list(row, answer.contains(key) ? answer.at(key) : Json::array());
}

}  // namespace tidemark::mgmt::cli
