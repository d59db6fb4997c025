#include "mgmt/daemon/unit_records.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace tidemark::mgmt {
namespace {

using Json = nlohmann::json;
using Kind = scsi::MediumOrder::Kind;

constexpr int kVersion = 1;  // of the text

/// What an unfinished operation is called.
constexpr std::array<std::pair<Kind, const char*>, 3> kKinds = {{
    {Kind::format, "format"},
    {Kind::overwrite, "overwrite"},
    {Kind::block_erase, "block_erase"},
}};

/// Bytes as hexadecimal digits: they may be no text.
template <class Bytes>
std::string hex_of(const Bytes& bytes) {
  std::string text;
  for (const auto byte : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return text;
}

template <class Bytes>
bool read_hex(const std::string& text, Bytes& bytes) {
  if (text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdef") != text.npos) return false;
  for (size_t i = 0; i < text.size(); i += 2)
    bytes.push_back(
        static_cast<typename Bytes::value_type>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return true;
}

Json json_of(const scsi::MediumOrder& order) {
  const char* name = "";
  for (const auto& [kind, text] : kKinds)
    if (kind == order.kind) name = text;
  return {{"kind", name},
          {"pattern", hex_of(order.pattern)},
          {"passes", order.passes},
          {"invert", order.invert},
          {"unrestricted_exit", order.unrestricted_exit}};
}

std::optional<scsi::MediumOrder> order_of(const Json& from) {
  scsi::MediumOrder order;
  bool known = false;
  for (const auto& [kind, text] : kKinds)
    if (from.at("kind") == text) order.kind = kind, known = true;
  const auto passes = from.at("passes").get<unsigned>();
  if (!known || passes < 1 || passes > 31) return std::nullopt;
  if (!read_hex(from.at("pattern").get<std::string>(), order.pattern)) return std::nullopt;
  order.passes = static_cast<uint8_t>(passes);
  order.invert = from.at("invert").get<bool>();
  order.unrestricted_exit = from.at("unrestricted_exit").get<bool>();
  return order;
}

Json json_of(const std::map<uint16_t, scsi::KeptPortGroup>& groups) {
  Json list = Json::array();
  for (const auto& [tag, group] : groups)
    list.push_back(
        {{"tag", tag}, {"state", scsi::name_of(group.state)}, {"preferred", group.preferred}});
  return list;
}

bool read_groups(const Json& list, std::map<uint16_t, scsi::KeptPortGroup>& groups) {
  for (const Json& item : list) {
    const auto state = scsi::access_state_of(item.at("state").get<std::string>());
    const auto tag = item.at("tag").get<uint64_t>();
    if (!state || tag > UINT16_MAX) return false;
    groups[static_cast<uint16_t>(tag)] = {*state, item.at("preferred").get<bool>()};
  }
  return true;
}

std::string text_of(const scsi::UnitRecord& record) {
  Json file = {{"version", kVersion},
               {"modes", record.modes},
               {"identifying_information", hex_of(record.identifying_information)},
               {"text_information", hex_of(record.text_information)}};
  if (record.unfinished) file["unfinished"] = json_of(*record.unfinished);
  if (!record.port_groups.empty()) file["port_groups"] = json_of(record.port_groups);
  return file.dump();
}

std::optional<scsi::UnitRecord> record_of(const std::string& text) {
  try {
    const Json file = Json::parse(text);
    if (file.at("version").get<int>() != kVersion) return std::nullopt;
    scsi::UnitRecord record;
    for (const auto& [name, value] : file.at("modes").items())
      record.modes[name] = static_cast<uint8_t>(value.get<unsigned>() & 0xff);
    if (!read_hex(file.at("identifying_information").get<std::string>(),
                  record.identifying_information) ||
        !read_hex(file.at("text_information").get<std::string>(), record.text_information))
      return std::nullopt;
    if (file.contains("unfinished")) {
      record.unfinished = order_of(file.at("unfinished"));
      if (!record.unfinished) return std::nullopt;
    }
    if (file.contains("port_groups") && !read_groups(file.at("port_groups"), record.port_groups))
      return std::nullopt;
    return record;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

/// Leaves `text` empty if there is none.
Result<void> read(Database& database, const std::string& unit, std::string& text) {
  Statement query = database.prepare("SELECT record FROM unit WHERE unit = ?");
  const auto found = query.bind(unit).step();
  if (!found) return found.error();
  if (found.value() == Statement::Step::row) text = query.text(0);
  return {};
}

Result<void> write(Database& database, const std::string& unit, const std::string& text) {
  return database.prepare("INSERT OR REPLACE INTO unit VALUES (?, ?)").bind(unit).bind(text).run();
}

}  // namespace

Result<scsi::UnitRecord> UnitRecords::load(const std::string& unit) const {
  std::string text;
  auto done = store_.run([&](Database& database) { return read(database, unit, text); });
  if (done && text.empty()) return scsi::UnitRecord{};
  if (auto record = record_of(text); done && record) return *std::move(record);
  return Error{
      ErrorKind::io,
      fmt::format("what is kept of unit {} in {} cannot be read: {}; to go on without any "
                  "state, move that file away",
                  unit, store_.path(), done ? "it contradicts itself" : done.error().message),
      {}};
}

void UnitRecords::save(const std::string& unit, const scsi::UnitRecord& record,
                       std::function<void(bool)> done) {
  store_.change(
      [unit, text = text_of(record)](Database& database) { return write(database, unit, text); },
      [done = std::move(done)](const Result<void>& result) { done(result.ok()); });
}

}  // namespace tidemark::mgmt
