#include "mgmt/daemon/made_place.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/log.h"

namespace tidemark::mgmt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = "file:";

Error wrong_place(ErrorKind kind, std::string why) {
  return {kind, std::move(why), "location"};
}

/// Whoever may use the port may not reach all the files that the daemon may, its own among them.
Result<void> check_inside(const std::string& location) {
  const fs::path path(location.substr(kFile.size()));
  if (*path.begin() == "volumes" && std::next(path.begin()) != path.end() &&
      std::ranges::find(path, fs::path("..")) == path.end())
    return {};
  return wrong_place(ErrorKind::denied,
                     "must be file:volumes/NAME, in the state directory; other files are for the "
                     "configuration file");
}

}  // namespace

Result<void> settle_place(VolumeOrder& order, const Config& config, const std::string& state_dir) {
  storage::VolumeSpec& volume = order.spec;
  if (volume.location.empty()) volume.location = "file:volumes/" + volume.name + ".img";
  if (volume.location == "memory:") {
    if (!order.import) return {};
    return wrong_place(ErrorKind::unsupported, "there is nothing in memory to import");
  }
  if (!volume.location.starts_with(kFile))
    return wrong_place(ErrorKind::denied, "devices are for the configuration file");
  if (auto inside = check_inside(volume.location); !inside) return inside;
  const std::string whole = resolve_location(volume.location, state_dir);
  for (const storage::VolumeSpec& other : config.volumes)
    if (fs::path(other.location).lexically_normal() == fs::path(whole).lexically_normal())
      return wrong_place(ErrorKind::conflict, "volume " + other.name + " is there");
  std::error_code not_there;
  const bool there = fs::exists(whole.substr(kFile.size()), not_there);
  if (order.import && !there) return wrong_place(ErrorKind::not_found, "there is no such file");
  if (order.import) return {};
  if (there) return wrong_place(ErrorKind::conflict, "there is such a file already; import it");
  if (!volume.size) return Error{ErrorKind::invalid, "is missing", "size"};
  return {};
}

void remove_file_of(const storage::VolumeSpec& volume, const std::string& state_dir) {
  const std::string whole = resolve_location(volume.location, state_dir);
  if (!whole.starts_with(kFile)) return;
  std::error_code error;
  fs::remove(whole.substr(kFile.size()), error);
  if (error) log_error("cannot delete {}: {}", whole, error.message());
}

}  // namespace tidemark::mgmt
