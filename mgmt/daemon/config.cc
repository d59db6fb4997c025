#include "mgmt/daemon/config.h"

#include <unistd.h>

#include <fmt/core.h>

#include <algorithm>
#include <array>
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
#include "mgmt/http/volume_reader.h"
#include "storage/engines.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;
using storage::EngineChoice;
using storage::VolumeSpec;

constexpr std::array kEngines = {Word<EngineChoice>{"auto", EngineChoice::automatic},
                                 Word<EngineChoice>{"io_uring", EngineChoice::io_uring},
                                 Word<EngineChoice>{"threads", EngineChoice::threads}};
constexpr std::array kRoles = {Word<Role>{"none", Role::none}, Word<Role>{"viewer", Role::viewer},
                               Word<Role>{"operator", Role::operator_},
                               Word<Role>{"admin", Role::administrator}};

void read_tls(const json& value, const std::string& path, TlsFiles& files, Faults& faults) {
  ObjectReader reader(value, path, {"certificate", "key", "client_ca"}, faults);
  const auto read = [&](const char* key, Need need, std::string& to) {
    if (reader.text(key, need, to) && !to.starts_with('/'))
      faults.add(reader.path_of(key), "must be an absolute path");
  };
  read("certificate", Need::required, files.certificate);
  read("key", Need::required, files.key);
  read("client_ca", Need::optional, files.client_ca);
}

void read_isns(const json& value, const std::string& path, IsnsConfig& isns, Faults& faults) {
  ObjectReader reader(value, path, {"server", "registration_seconds"}, faults);
  if (reader.text("server", Need::required, isns.server))
    if (const auto checked = parse_address(isns.server); !checked)
      faults.add(reader.path_of("server"), checked.error().message);
  reader.number("registration_seconds", Need::optional, IsnsConfig::kPeriodMin,
                IsnsConfig::kPeriodMax, isns.registration_seconds);
}

void read_volumes(ObjectReader& reader, Config& config, Faults& faults) {
  std::set<std::string> names;
  std::set<std::string> locations;
  reader.each("volumes", Need::required, [&](const json& item, const std::string& at) {
    VolumeSpec volume = read_volume(item, at, Need::required, faults);
    if (!names.insert(volume.name).second)
      faults.add(at + ".name", "is given twice: " + volume.name);
    if (volume.location != "memory:" && !locations.insert(volume.location).second)
      faults.add(at + ".location", "is given twice: " + volume.location);
    config.volumes.push_back(std::move(volume));
  });
  if (config.volumes.size() > Config::kVolumesMax)
    faults.add("volumes", fmt::format("may have {} entries at most", Config::kVolumesMax));
}

void read_top(const json& document, Config& config, Faults& faults) {
  ObjectReader reader(
      document, {},
      {"portals", "discovery", "isns", "management", "state_dir", "cores", "busy_poll_us",
       "io_engine", "volumes", "targets", "limits", "tokens", "xcopy", "copies"},
      faults);
  read_portals(reader, config, faults);
  reader.object("management", [&](const json& value, const std::string& at) {
    ObjectReader section(value, at, {"listen", "anonymous", "tls"}, faults);
    section.word<Role>("anonymous", kRoles, config.anonymous);
    section.object("tls", [&](const json& files, const std::string& place) {
      read_tls(files, place, config.tls.emplace(), faults);
    });
    section.text("listen", Need::required, config.management);
    if (const auto checked = check_management(config); !checked)
      faults.add(section.path_of("listen"), checked.error().message);
  });
  if (reader.text("state_dir", Need::optional, config.state_dir) && config.state_dir.empty())
    faults.add("state_dir", "must not be empty");
  uint64_t cores = config.cores;
  reader.number("cores", Need::optional, 1, Config::kCoresMax, cores);
  config.cores = static_cast<CoreId>(cores);
  reader.number("busy_poll_us", Need::optional, 0, Config::kBusyPollMax, config.busy_poll_us);
  reader.word<EngineChoice>("io_engine", kEngines, config.io_engine);
  read_volumes(reader, config, faults);
  read_targets(reader, config, faults);
  read_discovery(reader, config, faults);
  reader.object("copies", [&](const json& value, const std::string& at) {
    ObjectReader section(value, at, {"store_pool"}, faults);
    section.size("store_pool", Need::optional, config.store_pool);
  });
  reader.object("isns", [&](const json& value, const std::string& at) {
    read_isns(value, at, config.isns.emplace(), faults);
  });
  reader.object("limits", [&](const json& value, const std::string& at) {
    read_limits(value, at, config.limits, faults);
  });
  reader.object("tokens", [&](const json& value, const std::string& at) {
    read_tokens(value, at, config.tokens, faults);
  });
  reader.object("xcopy", [&](const json& value, const std::string& at) {
    ObjectReader section(value, at, {"gather_ms"}, faults);
    uint64_t ms = 0;
    if (section.number("gather_ms", Need::required, 0, XcopyConfig::kGatherMaxMs, ms))
      config.xcopy.gather = std::chrono::milliseconds(ms);
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

Result<void> check_management(const Config& config) {
  const Result<Address> parsed = parse_address(config.management);
  if (!parsed) return parsed.error();
  if (!parsed.value().loopback && (!config.tls || config.anonymous != Role::none))
    return Error{ErrorKind::unsupported,
                 "must be a loopback address, unless management.tls is set and "
                 "management.anonymous is none",
                 {}};
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
