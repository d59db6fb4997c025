#include "mgmt/daemon/config_change.h"

#include <algorithm>

namespace tidemark::mgmt {
namespace {

const storage::VolumeSpec* find(const Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.volumes, name, &storage::VolumeSpec::name);
  return found == config.volumes.end() ? nullptr : &*found;
}

Error fixed(std::string path) {
  return {ErrorKind::unsupported, "takes a restart to change", std::move(path)};
}

}  // namespace

Result<ConfigChange> change_of(const Config& now, const Config& next) {
  if (next.management != now.management) return fixed("management.listen");
  // Other files, or the same ones renewed, are read again.
  if (next.tls.has_value() != now.tls.has_value()) return fixed("management.tls");
  if (next.anonymous != now.anonymous) return fixed("management.anonymous");
  if (next.state_dir != now.state_dir) return fixed("state_dir");
  if (next.cores != now.cores) return fixed("cores");
  if (next.busy_poll_us != now.busy_poll_us) return fixed("busy_poll_us");
  if (next.io_engine != now.io_engine) return fixed("io_engine");
  if (next.limits != now.limits) return fixed("limits");
  if (next.tokens != now.tokens) return fixed("tokens");
  if (next.xcopy != now.xcopy) return fixed("xcopy");
  if (next.store_pool != now.store_pool) return fixed("copies.store_pool");
  ConfigChange change;
  for (size_t i = 0; i < next.volumes.size(); ++i) {
    const storage::VolumeSpec* const same = find(now, next.volumes[i].name);
    if (same == nullptr)
      change.added.push_back(i);
    else if (*same != next.volumes[i])
      return Error{ErrorKind::unsupported,
                   "volume " + same->name +
                       " is open as it was; remove it with one reload and add it with another",
                   "volumes[" + std::to_string(i) + "]"};
  }
  for (const storage::VolumeSpec& volume : now.volumes)
    if (find(next, volume.name) == nullptr) change.removed.push_back(volume.name);
  return change;
}

}  // namespace tidemark::mgmt
