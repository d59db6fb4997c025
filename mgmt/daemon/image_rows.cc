#include "mgmt/daemon/image_rows.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "mgmt/http/json_text.h"
#include "mgmt/http/object_reader.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::string_view kLocation = "image:";

/// Whether it is the row of a LUN that is one of the volumes `names`.
bool is_lun_of(const MadeKey& key, const std::string& text, const std::set<std::string>& names) {
  if (key.kind != "lun") return false;
  const auto row = parse_json(text, JsonComments::refused);
  return row && row.value().is_object() && row.value().contains("volume") &&
         row.value().at("volume").is_string() &&
         names.contains(row.value().at("volume").get<std::string>());
}

}  // namespace

std::string made_image(const ImageRow& row) {
  return json_text(ordered_json{{"id", row.id},
                                {"source", row.source},
                                {"t0_unix_ns", row.t0_unix_ns},
                                {"size", row.size},
                                {"block_size", row.block_size},
                                {"physical_block_size", row.physical_block_size},
                                {"lowest_aligned_lba", row.lowest_aligned_lba},
                                {"grain", row.grain},
                                {"store_limit", row.store_limit}});
}

Result<ImageRow> read_image_row(const std::string& text) {
  const auto body = parse_json(text, JsonComments::refused);
  if (!body) return body.error();
  ImageRow row;
  Faults faults;
  ObjectReader reader(body.value(), {},
                      {"id", "source", "t0_unix_ns", "size", "block_size", "physical_block_size",
                       "lowest_aligned_lba", "grain", "store_limit"},
                      faults);
  const auto number = [&]<class T>(std::string_view key, T& to) {
    uint64_t value = 0;
    if (reader.number(key, Need::required, 0, std::numeric_limits<T>::max(), value))
      to = static_cast<T>(value);
  };
  reader.text("source", Need::required, row.source);
  number("id", row.id);
  number("t0_unix_ns", row.t0_unix_ns);
  number("size", row.size);
  number("block_size", row.block_size);
  number("physical_block_size", row.physical_block_size);
  number("lowest_aligned_lba", row.lowest_aligned_lba);
  number("grain", row.grain);
  number("store_limit", row.store_limit);
  if (faults.any()) return faults.first();
  return row;
}

storage::VolumeSpec volume_of(const std::string& name, const ImageRow& row) {
  storage::VolumeSpec volume;
  volume.name = name;
  volume.location = std::string(kLocation) + std::to_string(row.id);
  volume.size = row.size;
  volume.block_size = row.block_size;
  volume.read_only = true;
  volume.physical_block_size = row.physical_block_size;
  volume.lowest_aligned_lba = row.lowest_aligned_lba;
  return volume;
}

uint64_t image_of(const storage::VolumeSpec& volume) {
  if (!volume.location.starts_with(kLocation)) return 0;
  uint64_t id = 0;
  const char* const end = volume.location.data() + volume.location.size();
  std::from_chars(volume.location.data() + kLocation.size(), end, id);
  return id;
}

std::vector<std::string> end_left_images(MadeRows& rows) {
  std::vector<std::string> ended;
  std::set<std::string> names;
  for (auto& [key, text] : rows) {
    if (key.kind != "image") continue;
    names.insert(key.name);
    auto row = read_image_row(text);
    if (!row || row.value().id == 0) continue;
    row.value().id = 0;
    text = made_image(row.value());
    ended.push_back(key.name);
  }
  std::erase_if(rows, [&](const auto& row) { return is_lun_of(row.first, row.second, names); });
  return ended;
}

Config without_images(Config config) {
  std::set<std::string> names;
  for (const storage::VolumeSpec& volume : config.volumes)
    if (image_of(volume) != 0) names.insert(volume.name);
  const auto is_one = [&](const LunConfig& lun) { return names.contains(lun.volume); };
  for (TargetConfig& target : config.targets) {
    std::erase_if(target.luns, is_one);
    for (AccessConfig& access : target.access)
      if (access.luns) std::erase_if(*access.luns, is_one);
  }
  std::erase_if(config.volumes, [](const auto& volume) { return image_of(volume) != 0; });
  return config;
}

}  // namespace tidemark::mgmt
