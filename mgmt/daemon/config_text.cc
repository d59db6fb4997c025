#include "mgmt/daemon/config_text.h"

#include <nlohmann/json.hpp>

#include "mgmt/daemon/config_limits.h"
#include "mgmt/http/volume_reader.h"
#include "storage/engines.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::ordered_json;

ordered_json write(const target::PortalSpec& portal) {
  ordered_json to = {{"address", portal.address}, {"group", portal.group}};
  if (!portal.advertise.empty()) to["advertise"] = portal.advertise;
  return to;
}

ordered_json write(const ChapConfig& chap) {
  ordered_json to = {{"user", chap.user}};
  if (!chap.source.file.empty()) to["secret_file"] = chap.source.file;
  if (!chap.source.environment.empty()) to["secret_env"] = chap.source.environment;
  return to;
}

void write(const AuthConfig& auth, ordered_json& to) {
  if (auth.chap) to["chap"] = write(*auth.chap);
  if (auth.mutual) to["mutual"] = write(*auth.mutual);
}

ordered_json write(const std::vector<LunConfig>& luns) {
  ordered_json to = ordered_json::array();
  for (const LunConfig& lun : luns) to.push_back({{"lun", lun.lun}, {"volume", lun.volume}});
  return to;
}

ordered_json write(const TargetConfig& target) {
  ordered_json access = ordered_json::array();
  for (const AccessConfig& row : target.access) {
    ordered_json& to = access.emplace_back(ordered_json{{"initiator", row.initiator}});
    write(row.auth, to);
    if (row.luns) to["luns"] = write(*row.luns);
    if (row.copy_commands) to["copy_commands"] = true;
  }
  ordered_json to = {
      {"name", target.name}, {"luns", write(target.luns)}, {"access", std::move(access)}};
  if (target.redirect)
    to["redirect"] = {{"address", target.redirect->address},
                      {"permanent", target.redirect->permanent}};
  return to;
}

const char* word_of(storage::EngineChoice engine) {
  using storage::EngineChoice;
  if (engine == EngineChoice::io_uring) return "io_uring";
  return engine == EngineChoice::threads ? "threads" : "auto";
}

ordered_json write_management(const Config& config) {
  ordered_json to = {{"listen", config.management}, {"anonymous", name_of(config.anonymous)}};
  if (!config.tls) return to;
  to["tls"] = {{"certificate", config.tls->certificate}, {"key", config.tls->key}};
  if (!config.tls->client_ca.empty()) to["tls"]["client_ca"] = config.tls->client_ca;
  return to;
}

}  // namespace

ordered_json write_config(const Config& config) {
  ordered_json to;
  for (const target::PortalSpec& portal : config.portals) to["portals"].push_back(write(portal));
  to["management"] = write_management(config);
  if (!config.state_dir.empty()) to["state_dir"] = config.state_dir;
  to["cores"] = config.cores;
  to["busy_poll_us"] = config.busy_poll_us;
  to["io_engine"] = word_of(config.io_engine);
  to["limits"] = write_limits(config.limits);
  to["tokens"] = write_tokens(config.tokens);
  to["xcopy"] = {
      {"gather_ms", std::chrono::floor<std::chrono::milliseconds>(config.xcopy.gather).count()}};
  to["copies"] = {{"store_pool", config.store_pool}};
  if (config.discovery.chap) write(config.discovery, to["discovery"]);
  if (config.isns)
    to["isns"] = {{"server", config.isns->server},
                  {"registration_seconds", config.isns->registration_seconds}};
  to["volumes"] = ordered_json::array();
  for (const storage::VolumeSpec& volume : config.volumes)
    to["volumes"].push_back(write_volume(volume));
  to["targets"] = ordered_json::array();
  for (const TargetConfig& target : config.targets) to["targets"].push_back(write(target));
  return to;
}

}  // namespace tidemark::mgmt
