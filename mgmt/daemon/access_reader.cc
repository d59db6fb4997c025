#include "mgmt/daemon/access_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "mgmt/daemon/iscsi_name.h"
#include "mgmt/http/address_text.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;

constexpr uint64_t kGroupMax = 65535;
constexpr size_t kUserMax = 255;
constexpr const char* kServiceAddress = "must be a host and a port, like 10.0.0.1:3260";

bool is_variable_name(std::string_view name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !name.empty() && std::ranges::all_of(name, fits);
}

/// What initiators are told to go to: an address, or a name that they look up.
bool is_service_address(const std::string& text) {
  if (const auto address = parse_address(text); address && address.value().port != 0) return true;
  const size_t colon = text.find(':');
  if (colon == 0 || colon == std::string::npos || text.size() > 255) return false;
  const auto of_name = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '-'; };
  const auto port = parse_address("0.0.0.0" + text.substr(colon));
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), of_name) &&
         port && port.value().port != 0;
}

void read_source(ObjectReader& reader, SecretSource& source, const std::string& path,
                 Faults& faults) {
  const bool file = reader.text("secret_file", Need::optional, source.file);
  const bool environment = reader.text("secret_env", Need::optional, source.environment);
  if (file == environment) return faults.add(path, "must have one of secret_file and secret_env");
  if (file && !source.file.starts_with('/'))
    faults.add(reader.path_of("secret_file"), "must be an absolute path");
  if (environment && !is_variable_name(source.environment))
    faults.add(reader.path_of("secret_env"), "must be the name of an environment variable");
}

void read_chap(ObjectReader& owner, std::string_view key, std::optional<ChapConfig>& to,
               Faults& faults) {
  owner.object(key, [&](const json& value, const std::string& at) {
    ObjectReader reader(value, at, {"user", "secret_file", "secret_env"}, faults);
    ChapConfig chap;
    if (reader.text("user", Need::required, chap.user) &&
        (chap.user.empty() || chap.user.size() > kUserMax))
      faults.add(reader.path_of("user"), "must be 1 to 255 bytes");
    read_source(reader, chap.source, at, faults);
    to = std::move(chap);
  });
}

void read_auth(ObjectReader& owner, AuthConfig& auth, Faults& faults) {
  read_chap(owner, "chap", auth.chap, faults);
  read_chap(owner, "mutual", auth.mutual, faults);
  if (auth.mutual && !auth.chap)
    faults.add(owner.path_of("mutual"), "needs chap: an initiator proves itself first");
}

}  // namespace

void read_lun(const json& value, const std::string& path, const Config& config,
              std::vector<LunConfig>& luns, Faults& faults) {
  LunConfig lun;
  ObjectReader reader(value, path, {"lun", "volume"}, faults);
  uint64_t number = 0;
  reader.number("lun", Need::required, 0, Config::kLunMax, number);
  lun.lun = static_cast<uint16_t>(number);
  for (const LunConfig& other : luns)
    if (other.lun == lun.lun)
      faults.add(reader.path_of("lun"), "is given twice here: " + std::to_string(number));
  if (reader.text("volume", Need::required, lun.volume)) {
    const auto known = [&](const storage::VolumeSpec& volume) { return volume.name == lun.volume; };
    if (std::ranges::none_of(config.volumes, known))
      faults.add(reader.path_of("volume"), "there is no volume " + lun.volume);
  }
  luns.push_back(std::move(lun));
}

void read_access(const json& value, const std::string& path, const Config& config,
                 TargetConfig& target, Faults& faults) {
  AccessConfig access;
  ObjectReader reader(value, path, {"initiator", "chap", "mutual", "luns", "copy_commands"},
                      faults);
  if (reader.text("initiator", Need::required, access.initiator)) {
    if (!is_initiator_pattern(access.initiator))
      faults.add(reader.path_of("initiator"),
                 "must be an iSCSI name (iqn., eui. or naa.), the beginning of one and *, or *");
    for (const AccessConfig& other : target.access)
      if (other.initiator == access.initiator)
        faults.add(reader.path_of("initiator"),
                   "is given twice in this target: " + access.initiator);
  }
  read_auth(reader, access.auth, faults);
  std::vector<LunConfig> own;
  if (reader.each("luns", Need::optional, [&](const json& item, const std::string& at) {
        read_lun(item, at, config, own, faults);
      }))
    access.luns = std::move(own);
  reader.flag("copy_commands", access.copy_commands);
  target.access.push_back(std::move(access));
}

namespace {

void read_redirect(ObjectReader& owner, TargetConfig& target, Faults& faults) {
  owner.object("redirect", [&](const json& value, const std::string& at) {
    ObjectReader reader(value, at, {"address", "permanent"}, faults);
    target::Redirection to;
    if (reader.text("address", Need::required, to.address) && !is_service_address(to.address))
      faults.add(reader.path_of("address"), kServiceAddress);
    reader.flag("permanent", to.permanent);
    target.redirect = std::move(to);
  });
}

}  // namespace

TargetConfig read_target(const json& value, const std::string& path, const Config& config,
                         Faults& faults) {
  TargetConfig target;
  ObjectReader reader(value, path, {"name", "luns", "access", "redirect"}, faults);
  if (reader.text("name", Need::required, target.name) && !is_iscsi_name(target.name))
    faults.add(reader.path_of("name"), "must be an iSCSI name, like iqn.2026-11.dev.tidemark:main");
  reader.each("luns", Need::required, [&](const json& item, const std::string& at) {
    read_lun(item, at, config, target.luns, faults);
  });
  reader.each("access", Need::required, [&](const json& item, const std::string& at) {
    read_access(item, at, config, target, faults);
  });
  read_redirect(reader, target, faults);
  return target;
}

namespace {

target::PortalSpec read_portal(const json& value, const std::string& path, Faults& faults) {
  target::PortalSpec portal;
  std::string place = path;
  if (value.is_object()) {
    ObjectReader reader(value, path, {"address", "group", "advertise"}, faults);
    reader.text("address", Need::required, portal.address);
    uint64_t group = portal.group;
    reader.number("group", Need::optional, 0, kGroupMax, group);
    portal.group = static_cast<uint16_t>(group);
    if (reader.text("advertise", Need::optional, portal.advertise) &&
        !is_service_address(portal.advertise))
      faults.add(reader.path_of("advertise"), kServiceAddress);
    place = reader.path_of("address");
  } else if (value.is_string()) {
    portal.address = value.get<std::string>();
  }
  if (const auto checked = check_portal(portal.address); !checked)
    faults.add(place, checked.error().message);
  return portal;
}

}  // namespace

void read_portals(ObjectReader& top, Config& config, Faults& faults) {
  std::vector<target::PortalSpec> portals;
  const bool given =
      top.each("portals", Need::optional, [&](const json& item, const std::string& at) {
        target::PortalSpec portal = read_portal(item, at, faults);
        for (const target::PortalSpec& other : portals)
          if (other.address == portal.address) faults.add(at, "is given twice: " + portal.address);
        portals.push_back(std::move(portal));
      });
  if (!given) return;
  config.portals = std::move(portals);
  if (config.portals.empty()) faults.add("portals", "must name one portal at least");
}

void read_targets(ObjectReader& top, Config& config, Faults& faults) {
  top.each("targets", Need::required, [&](const json& item, const std::string& at) {
    TargetConfig target = read_target(item, at, config, faults);
    for (const TargetConfig& other : config.targets)
      if (other.name == target.name) faults.add(at + ".name", "is given twice: " + target.name);
    config.targets.push_back(std::move(target));
  });
  if (config.targets.size() > Config::kTargetsMax)
    faults.add("targets", "may have 64 entries at most");
}

void read_discovery(ObjectReader& top, Config& config, Faults& faults) {
  top.object("discovery", [&](const json& value, const std::string& at) {
    ObjectReader reader(value, at, {"chap", "mutual"}, faults);
    read_auth(reader, config.discovery, faults);
  });
}

}  // namespace tidemark::mgmt
