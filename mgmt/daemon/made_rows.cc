#include "mgmt/daemon/made_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "mgmt/daemon/access_reader.h"
#include "mgmt/daemon/image_rows.h"
#include "mgmt/http/json_text.h"
#include "mgmt/http/object_reader.h"
#include "mgmt/http/volume_reader.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json json_of(const LunConfig& lun) {
  return {{"lun", lun.lun}, {"volume", lun.volume}};
}

void add_volume(const json& row, Config& config, Faults& faults) {
  storage::VolumeSpec volume = read_volume(row, {}, Need::required, faults);
  for (const storage::VolumeSpec& other : config.volumes) {
    if (other.name == volume.name) faults.add({}, "there is another volume of that name");
    if (other.location == volume.location && volume.location != "memory:")
      faults.add({}, "volume " + other.name + " is at " + volume.location + " too");
  }
  if (config.volumes.size() >= Config::kVolumesMax) faults.add({}, "there are too many volumes");
  if (!faults.any()) config.volumes.push_back(std::move(volume));
}

/// What it is served as; one that has ended is not served.
void add_image(const std::string& name, const json& row, Config& config, Faults& faults) {
  const auto image = read_image_row(json_text(row));
  if (!image) return faults.add(image.error().field, image.error().message);
  if (image.value().id == 0) return;
  for (const storage::VolumeSpec& other : config.volumes)
    if (other.name == name) faults.add({}, "there is a volume of that name");
  if (!faults.any()) config.volumes.push_back(volume_of(name, image.value()));
}

void add_target(const json& row, Config& config, Faults& faults) {
  TargetConfig target = read_target(row, {}, config, faults);
  for (const TargetConfig& other : config.targets)
    if (other.name == target.name) faults.add({}, "there is another target of that name");
  if (config.targets.size() >= Config::kTargetsMax) faults.add({}, "there are too many targets");
  if (!faults.any()) config.targets.push_back(std::move(target));
}

void add_to_target(const MadeKey& key, const json& row, Config& config, Faults& faults) {
  const auto target = std::ranges::find(config.targets, key.owner, &TargetConfig::name);
  if (target == config.targets.end()) return faults.add({}, "there is no target " + key.owner);
  TargetConfig next = *target;
  if (key.kind == "lun")
    read_lun(row, {}, config, next.luns, faults);
  else
    read_access(row, {}, config, next, faults);
  if (!faults.any()) *target = std::move(next);
}

/// One row added to `config`; nothing is added if there are faults.
void add(const MadeKey& key, const json& row, Config& config, Faults& faults) {
  if (key.kind == "volume") return add_volume(row, config, faults);
  if (key.kind == "image") return add_image(key.name, row, config, faults);
  if (key.kind == "target") return add_target(row, config, faults);
  add_to_target(key, row, config, faults);
}

std::string name_of(const MadeKey& key) {
  return key.owner.empty() ? fmt::format("{} {}", key.kind, key.name)
                           : fmt::format("{} {} of {}", key.kind, key.name, key.owner);
}

Error misfit(const MadeKey& key, const Error& why) {
  const std::string where = why.field.empty() ? "" : why.field + ": ";
  return {
      ErrorKind::conflict,
      fmt::format("{}, made through the management port: {}{}", name_of(key), where, why.message),
      {}};
}

}  // namespace

std::string made_volume(const storage::VolumeSpec& volume) {
  return json_text(write_volume(volume));
}

std::string with_size(const std::string& row, uint64_t bytes) {
  auto volume = parse_json(row, JsonComments::refused);
  if (!volume) return row;
  volume.value()["size"] = bytes;
  return json_text(volume.value());
}

std::string made_target(const std::string& name) {
  return json_text(ordered_json{
      {"name", name}, {"luns", ordered_json::array()}, {"access", ordered_json::array()}});
}

std::string made_access(const AccessConfig& access) {
  ordered_json row = {{"initiator", access.initiator}};
  if (access.luns) {
    row["luns"] = ordered_json::array();
    for (const LunConfig& lun : *access.luns) row["luns"].push_back(json_of(lun));
  }
  if (access.copy_commands) row["copy_commands"] = true;
  return json_text(row);
}

std::string made_lun(const LunConfig& lun) {
  return json_text(json_of(lun));
}

MadeConfig with_made(Config file, const MadeRows& rows) {
  MadeConfig made{std::move(file), {}};
  // Volumes first, then targets: what the other rows refer to.
  for (const char* kind : {"volume", "image", "target", "access", "lun"})
    for (const auto& [key, text] : rows) {
      if (key.kind != kind) continue;
      const auto row = parse_json(text, JsonComments::refused);
      Faults faults;
      if (row)
        add(key, row.value(), made.config, faults);
      else
        faults.add({}, row.error().message);
      if (faults.any()) made.misfits.push_back(misfit(key, faults.first()));
    }
  return made;
}

}  // namespace tidemark::mgmt
