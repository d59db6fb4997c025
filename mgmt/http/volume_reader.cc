#include "mgmt/http/volume_reader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <nlohmann/json.hpp>
#include <utility>

namespace tidemark::mgmt {
namespace {

using nlohmann::json;
using storage::VolumeSpec;

constexpr std::array kCaches = {Word<bool>{"write-back", false}, Word<bool>{"write-through", true}};
constexpr std::array kProvisionings = {Word<bool>{"thin", false}, Word<bool>{"thick", true}};
constexpr size_t kNameMax = 64;

std::string fault_of_location(const std::string& location) {
  if (location == "memory:") return {};
  if (location.starts_with("file:") && location.size() > 5) return {};
  if (location.starts_with("block:/") && location.size() > 7) return {};
  return "must be file:PATH, block:/PATH or memory:";
}

void read_size(ObjectReader& reader, VolumeSpec& volume, Faults& faults) {
  uint64_t size = 0;
  if (!reader.size("size", Need::optional, size)) {
    if (volume.location == "memory:") faults.add(reader.path_of("size"), "is missing");
    return;
  }
  volume.size = size;
  if (size == 0) return faults.add(reader.path_of("size"), "must not be zero");
  if (size > kVolumeBytesMax) return faults.add(reader.path_of("size"), "must be less than 8EiB");
  if (size % volume.block_size != 0)
    faults.add(reader.path_of("size"),
               "must be a multiple of the block size, " + std::to_string(volume.block_size));
}

/// What hosts are told of the blocks below the ones they address.
void read_geometry(ObjectReader& reader, VolumeSpec& volume, Faults& faults) {
  uint64_t physical = std::max(volume.physical_block_size, volume.block_size);
  reader.number("physical_block_size", Need::optional, volume.block_size, kPhysicalBlockMax,
                physical);
  if (!std::has_single_bit(physical))
    faults.add(reader.path_of("physical_block_size"), "must be a power of two");
  volume.physical_block_size = static_cast<uint32_t>(physical);
  uint64_t lowest = 0;
  reader.number("lowest_aligned_lba", Need::optional, 0, physical / volume.block_size - 1, lowest);
  volume.lowest_aligned_lba = static_cast<uint16_t>(lowest);
}

/// The word that stands for `value`.
template <size_t N>
std::string_view word_of(const std::array<Word<bool>, N>& words, bool value) {
  return words[words[0].value == value ? 0 : 1].text;
}

}  // namespace

// Names appear in paths, URLs and tables.
bool is_volume_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kNameMax && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), fits);
}

VolumeSpec read_volume(const json& value, const std::string& path, Need location, Faults& faults) {
  VolumeSpec volume;
  ObjectReader reader(value, path,
                      {"name", "location", "size", "block_size", "read_only", "cache",
                       "provisioning", "physical_block_size", "lowest_aligned_lba", "removable"},
                      faults);
  if (reader.text("name", Need::required, volume.name) && !is_volume_name(volume.name))
    faults.add(reader.path_of("name"), kVolumeNameRule);
  if (reader.text("location", location, volume.location))
    if (std::string reason = fault_of_location(volume.location); !reason.empty())
      faults.add(reader.path_of("location"), std::move(reason));
  uint64_t block_size = volume.block_size;
  reader.number("block_size", Need::optional, 512, 4096, block_size);
  if (block_size != 512 && block_size != 4096)
    faults.add(reader.path_of("block_size"), "must be 512 or 4096");
  volume.block_size = static_cast<uint32_t>(block_size);
  read_size(reader, volume, faults);
  reader.flag("read_only", volume.read_only);
  reader.word<bool>("cache", kCaches, volume.write_through);
  reader.word<bool>("provisioning", kProvisionings, volume.thick);
  reader.flag("removable", volume.removable);
  read_geometry(reader, volume, faults);
  return volume;
}

nlohmann::ordered_json write_volume(const VolumeSpec& volume) {
  nlohmann::ordered_json text = {{"name", volume.name}, {"location", volume.location}};
  if (volume.size) text["size"] = *volume.size;
  text["block_size"] = volume.block_size;
  text["read_only"] = volume.read_only;
  text["cache"] = word_of(kCaches, volume.write_through);
  text["provisioning"] = word_of(kProvisionings, volume.thick);
  text["physical_block_size"] = volume.physical_block_size;
  text["lowest_aligned_lba"] = volume.lowest_aligned_lba;
  text["removable"] = volume.removable;
  return text;
}

}  // namespace tidemark::mgmt
