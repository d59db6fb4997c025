#include "mgmt/daemon/config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "mgmt/daemon/access_reader.h"
#include "mgmt/daemon/config_limits.h"
#include "mgmt/daemon/secrets.h"
#include "mgmt/http/address_text.h"
#include "mgmt/http/json_text.h"
#include "mgmt/http/object_reader.h"
#include "storage/engines.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;
using storage::EngineChoice;
using storage::VolumeSpec;

constexpr std::array kEngines = {Word<EngineChoice>{"auto", EngineChoice::automatic},
                                 Word<EngineChoice>{"io_uring", EngineChoice::io_uring},
                                 Word<EngineChoice>{"threads", EngineChoice::threads}};
constexpr std::array kCaches = {Word<bool>{"write-back", false}, Word<bool>{"write-through", true}};
constexpr std::array kProvisionings = {Word<bool>{"thin", false}, Word<bool>{"thick", true}};
constexpr size_t kNameMax = 64;

// Names appear in paths, URLs and tables.
bool is_volume_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kNameMax && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), fits);
}

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
  if (size > Config::kVolumeBytesMax)
    return faults.add(reader.path_of("size"), "must be less than 8EiB");
  if (size % volume.block_size != 0)
    faults.add(reader.path_of("size"),
               "must be a multiple of the block size, " + std::to_string(volume.block_size));
}

/// What hosts are told of the blocks below the ones they address.
void read_geometry(ObjectReader& reader, VolumeSpec& volume, Faults& faults) {
  uint64_t physical = std::max(volume.physical_block_size, volume.block_size);
  reader.number("physical_block_size", Need::optional, volume.block_size, Config::kPhysicalBlockMax,
                physical);
  if (!std::has_single_bit(physical))
    faults.add(reader.path_of("physical_block_size"), "must be a power of two");
  volume.physical_block_size = static_cast<uint32_t>(physical);
  uint64_t lowest = 0;
  reader.number("lowest_aligned_lba", Need::optional, 0, physical / volume.block_size - 1, lowest);
  volume.lowest_aligned_lba = static_cast<uint16_t>(lowest);
}

VolumeSpec read_volume(const json& value, const std::string& path, Faults& faults) {
  VolumeSpec volume;
  ObjectReader reader(value, path,
                      {"name", "location", "size", "block_size", "read_only", "cache",
                       "provisioning", "physical_block_size", "lowest_aligned_lba", "removable"},
                      faults);
  if (reader.text("name", Need::required, volume.name) && !is_volume_name(volume.name))
    faults.add(reader.path_of("name"),
               "must be 1 to 64 letters, digits, '.', '_' or '-', and not start with '.'");
  if (reader.text("location", Need::required, volume.location))
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

void read_volumes(ObjectReader& reader, Config& config, Faults& faults) {
  std::set<std::string> names;
  std::set<std::string> locations;
  reader.each("volumes", Need::required, [&](const json& item, const std::string& at) {
    VolumeSpec volume = read_volume(item, at, faults);
    if (!names.insert(volume.name).second)
      faults.add(at + ".name", "is given twice: " + volume.name);
    if (volume.location != "memory:" && !locations.insert(volume.location).second)
      faults.add(at + ".location", "is given twice: " + volume.location);
    config.volumes.push_back(std::move(volume));
  });
  if (config.volumes.size() > Config::kVolumesMax)
    faults.add("volumes", "may have 256 entries at most");
}

void read_top(const json& document, Config& config, Faults& faults) {
  ObjectReader reader(document, {},
                      {"portals", "discovery", "management", "state_dir", "cores", "io_engine",
                       "volumes", "targets", "limits"},
                      faults);
  read_portals(reader, config, faults);
  reader.object("management", [&](const json& value, const std::string& at) {
    ObjectReader section(value, at, {"listen"}, faults);
    if (!section.text("listen", Need::required, config.management)) return;
    if (const auto checked = check_management(config.management); !checked)
      faults.add(section.path_of("listen"), checked.error().message);
  });
  if (reader.text("state_dir", Need::optional, config.state_dir) && config.state_dir.empty())
    faults.add("state_dir", "must not be empty");
  uint64_t cores = config.cores;
  reader.number("cores", Need::optional, 1, Config::kCoresMax, cores);
  config.cores = static_cast<CoreId>(cores);
  reader.word<EngineChoice>("io_engine", kEngines, config.io_engine);
  read_volumes(reader, config, faults);
  read_targets(reader, config, faults);
  read_discovery(reader, config, faults);
  reader.object("limits", [&](const json& value, const std::string& at) {
    read_limits(value, at, config.limits, faults);
  });
}

}  // namespace

CoreId Config::default_cores() {
  // Two cores fill a 10 Gbit/s link and leave the rest of the machine to whoever else is on it, a
  // file server for one. Who has the machine for this alone says so with `cores`.
  return static_cast<CoreId>(std::clamp(std::thread::hardware_concurrency(), 1u, 2u));
}

Result<void> check_portal(const std::string& address) {
  const Result<Address> parsed = parse_address(address);
  if (!parsed) return parsed.error();
  return {};
}

bool is_loopback(const std::string& address) {
  const Result<Address> parsed = parse_address(address);
  return parsed && parsed.value().loopback;
}

Result<void> check_management(const std::string& address) {
  const Result<Address> parsed = parse_address(address);
  if (!parsed) return parsed.error();
  if (!parsed.value().loopback)
    return Error{
        ErrorKind::unsupported, "must be a loopback address: there is no authentication yet", {}};
  return {};
}

Result<Config> parse_config(std::string_view text) {
  const Result<json> document = parse_json(text, JsonComments::ignored);
  if (!document) return document.error();
  Config config;
  Faults faults;
  read_top(document.value(), config, faults);
  if (faults.any()) return faults.first();
  return config;
}

Result<Config> read_config(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream || stream.bad())
    return Error{ErrorKind::io, std::string("cannot be read: ") + std::strerror(errno), {}};
  Result<Config> config = parse_config(text.str());
  if (!config) return config;
  if (const auto loaded = load_secrets(config.value()); !loaded) return loaded.error();
  return config;
}

Config default_config() {
  Result<Config> parsed = parse_config(default_config_text());
  INVARIANT(parsed.ok());
  return std::move(parsed).value();
}

std::string default_state_dir() {
  if (geteuid() == 0) return "/var/lib/tidemark";
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return std::string(state) + "/tidemark";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.local/state/tidemark";
}

std::string resolve_location(const std::string& location, const std::string& state_dir) {
  constexpr std::string_view kFile = "file:";
  if (!location.starts_with(kFile) || location.starts_with("file:/")) return location;
  return std::string(kFile) + state_dir + "/" + location.substr(kFile.size());
}

}  // namespace tidemark::mgmt
