#include "mgmt/daemon/reload.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "mgmt/daemon/directory.h"
#include "mgmt/daemon/service.h"

namespace tidemark::mgmt {

std::shared_ptr<ServedVolume> Reload::find(const Volumes& volumes, const std::string& name) const {
  const auto found = std::ranges::find_if(
      volumes, [&](const std::shared_ptr<ServedVolume>& volume) { return volume->name() == name; });
  return found == volumes.end() ? nullptr : *found;
}

Result<void> Reload::run(const std::function<Result<void>()>& keep) {
  const std::shared_ptr<const Serving> now = service_.serving();
  for (storage::VolumeSpec& volume : next_.volumes)
    volume.location = resolve_location(volume.location, service_.state_.path());
  auto change = change_of(now->config, next_);
  if (!change) return change.error();
  change_ = std::move(change).value();
  if (auto done = release_removed(); !done) return done;
  if (auto done = open_added(); !done) return done;
  for (const storage::VolumeSpec& spec : next_.volumes) {
    auto kept = find(now->volumes, spec.name);
    next_volumes_.push_back(kept ? kept : find(added_, spec.name));
  }
  if (auto kept = keep(); !kept) return kept;
  std::shared_ptr<const target::Directory> directory;
  auto portals = service_.iscsi_->change(next_.portals, [&] {
    const auto unit_of = [this](const std::string& name) {
      return find(next_volumes_, name)->unit;
    };
    directory = make_directory(*service_.cores_, next_, unit_of, now->directory.get());
    return directory;
  });
  if (!portals) return portals.error();
  done_ = true;  // no way back from here, and nothing that could fail
  for (const auto& volume : added_)
    service_.on_home([this, &volume] { service_.offer_to_copies(*volume); });
  service_.put_in_force(Serving{std::move(next_), std::move(next_volumes_), directory,
                                std::move(portals).value(), std::move(made_)});
  return {};
}

/// A volume that a copy reads or writes stays.
Result<void> Reload::release_removed() {
  const std::shared_ptr<const Serving> now = service_.serving();
  for (const std::string& name : change_.removed) {
    Result<void> taken;
    service_.on_home([&] { taken = service_.copies_->remove_volume(name); });
    if (!taken) {
      Error error = taken.error();
      error.field = "volumes";
      return error;
    }
    released_.push_back(find(now->volumes, name));
    if (auto done = service_.drop_images_of(name); !done) return done;
  }
  return {};
}

Result<void> Reload::open_added() {
  for (const size_t i : change_.added) {
    auto opened = service_.open_volume(next_.volumes[i]);
    if (!opened) {
      Error error = opened.error();
      const std::string at = "volumes[" + std::to_string(i) + "]";
      error.field = error.field.empty() ? at : at + "." + error.field;
      return error;
    }
    added_.push_back(std::move(opened).value());
  }
  return {};
}

Reload::~Reload() {
  if (done_) return;
  for (const auto& volume : released_)
    service_.on_home([this, &volume] { service_.offer_to_copies(*volume); });
}

}  // namespace tidemark::mgmt
