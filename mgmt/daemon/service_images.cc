#include "mgmt/daemon/service_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>
#include <set>

#include "base/log.h"
#include "mgmt/daemon/service.h"
#include "mgmt/daemon/service_views.h"
#include "mgmt/http/image_api.h"
#include "mgmt/http/json_text.h"
#include "mgmt/http/time_text.h"
#include "mgmt/http/volume_reader.h"

namespace tidemark::mgmt {
namespace {

using copyengine::Images;

Error none(const std::string& name) {
  return {ErrorKind::not_found, "there is no image " + name, {}};
}

const ServedVolume* find_volume(const Serving& now, const std::string& name) {
  const auto found =
      std::ranges::find_if(now.volumes, [&](const auto& volume) { return volume->name() == name; });
  return found == now.volumes.end() ? nullptr : found->get();
}

bool is_image(const ServedVolume& volume) {
  return volume.backing->traits().kind == "image";
}

/// Of the volume's own LUN maps; those of single initiators are not ours to change.
std::vector<ImageView::Place> places_of(const Serving& now, const std::string& volume) {
  std::vector<ImageView::Place> places;
  for (const TargetConfig& target : now.config.targets)
    for (const LunConfig& lun : target.luns)
      if (lun.volume == volume) places.push_back({target.name, lun.lun});
  return places;
}

std::string own_place_of(const Serving& now, const std::string& volume) {
  for (const TargetConfig& target : now.config.targets)
    for (const AccessConfig& access : target.access)
      if (access.luns &&
          std::ranges::find(*access.luns, volume, &LunConfig::volume) != access.luns->end())
        return fmt::format("a LUN of {} for {}", target.name, access.initiator);
  return {};
}

std::string free_name(const Serving& now, const std::string& source) {
  for (size_t i = 1;; ++i) {
    std::string name = fmt::format("{}-image-{}", source, i);
    if (find_volume(now, name) == nullptr && !now.made.contains(MadeKey::image(name))) return name;
  }
}

Result<void> check_name(const Serving& now, const std::string& name) {
  if (!is_volume_name(name)) return Error{ErrorKind::invalid, kVolumeNameRule, "name"};
  if (now.made.contains(MadeKey::image(name)))
    return Error{ErrorKind::conflict, "there is an image " + name + " already", "name"};
  if (find_volume(now, name) != nullptr)
    return Error{ErrorKind::conflict, "there is a volume " + name, "name"};
  return {};
}

}  // namespace

std::string ServiceImages::image_of_volume(const MadeRows& rows, const std::string& source) {
  for (const auto& [key, text] : rows) {
    if (key.kind != "image") continue;
    const auto row = read_image_row(text);
    if (row && row.value().id != 0 && row.value().source == source) return key.name;
  }
  return {};
}

Result<uint64_t> ServiceImages::take(const ImageOrder& order) {
  std::promise<Result<uint64_t>> promise;
  auto future = promise.get_future();
  service_.images_->create({.volume = order.source,
                            .grain = order.grain,
                            .whole = true,
                            .store_limit = order.store_limit},
                           [&](Result<uint64_t> made) { promise.set_value(std::move(made)); });
  // It is answered within the deadline that held writes have.
  return future.get();
}

Result<ImageRow> ServiceImages::row_of(const std::string& name, uint64_t id) {
  std::optional<Images::Status> status;
  service_.on_home([&] { status = service_.images_->status(id); });
  const auto now = service_.serving();
  const ServedVolume* source = status ? find_volume(*now, status->volume) : nullptr;
  if (source == nullptr) return none(name);
  const storage::VolumeTraits& traits = source->backing->traits();
  return ImageRow{id,
                  status->volume,
                  status->t0_unix_ns,
                  status->bytes,
                  traits.block_size,
                  traits.physical_block_size,
                  traits.lowest_aligned_lba,
                  status->grain,
                  status->store_limit};
}

Result<ImageView> ServiceImages::make(ImageOrder order) {
  const auto now = service_.serving();
  const ServedVolume* source = find_volume(*now, order.source);
  if (source == nullptr)
    return Error{ErrorKind::not_found, "there is no volume " + order.source, "source"};
  if (is_image(*source))
    return Error{ErrorKind::invalid, "is an image, which does not change", "source"};
  if (order.name.empty()) order.name = free_name(*now, order.source);
  if (auto fit = check_name(*now, order.name); !fit) return fit.error();
  if (now->config.volumes.size() >= Config::kVolumesMax)
    return Error{ErrorKind::exhausted, "there are as many volumes as there can be", {}};
  const Result<uint64_t> taken = take(order);
  if (!taken) return taken.error();
  const Result<ImageRow> row = row_of(order.name, taken.value());
  const auto edit = [&](const Serving& then, MadeRows& rows) -> Result<void> {
    if (auto fit = check_name(then, order.name); !fit) return fit;
    rows[MadeKey::image(order.name)] = made_image(row.value());
    return {};
  };
  Result<void> done = row ? service_.change(edit) : Result<void>(row.error());
  if (!done) {
    service_.images_->drop(taken.value());
    return done.error();
  }
  service_.on_home([&] { lost(taken.value()); });  // if it was, before anybody could be told
  log_info("image {} of volume {} was taken", order.name, order.source);
  auto made = view(order.name);
  if (made) tell(made.value(), "created");
  return made;
}

Result<ImageView> ServiceImages::attach(const ImageAttachment& order) {
  const auto known = view(order.image);
  if (!known) return known;
  if (known.value().broken)
    return Error{ErrorKind::conflict, "the image is broken: " + known.value().error_text, {}};
  const auto edit = [&](const Serving& now, MadeRows& rows) -> Result<void> {
    const auto target = std::ranges::find(now.config.targets, order.target, &TargetConfig::name);
    if (target == now.config.targets.end())
      return Error{ErrorKind::not_found, "there is no target " + order.target, "target"};
    std::set<uint16_t> taken;
    for (const LunConfig& lun : target->luns) taken.insert(lun.lun);
    uint16_t lun = order.lun.value_or(0);
    while (!order.lun && lun < Config::kLunMax && taken.contains(lun)) ++lun;
    if (taken.contains(lun))
      return Error{order.lun ? ErrorKind::conflict : ErrorKind::exhausted,
                   order.lun ? "is taken" : "the target has no LUN left", "lun"};
    rows[MadeKey::lun(order.target, lun)] = made_lun({lun, order.image});
    return {};
  };
  if (auto done = service_.change(edit); !done) return done.error();
  log_info("image {} is a LUN of {}", order.image, order.target);
  return view(order.image);
}

Result<ImageView> ServiceImages::detach(const std::string& name) {
  const auto known = view(name);
  if (!known) return known;
  const auto edit = [&](const Serving& now, MadeRows& rows) -> Result<void> {
    for (const ImageView::Place& place : places_of(now, name))
      rows.erase(MadeKey::lun(place.target, place.lun));
    return {};
  };
  if (auto done = service_.change(edit); !done) return done.error();
  log_info("image {} is no LUN any more", name);
  return view(name);
}

Result<ImageView> ServiceImages::drop(const ImageRemoval& order) {
  const auto before = view(order.name);
  if (!before) return before;
  uint64_t id = 0;
  const auto edit = [&](const Serving& now, MadeRows& rows) -> Result<void> {
    const auto row = rows.find(MadeKey::image(order.name));
    if (row == rows.end()) return none(order.name);
    if (const auto known = read_image_row(row->second)) id = known.value().id;
    const auto places = places_of(now, order.name);
    if (!places.empty() && !order.force)
      return Error{ErrorKind::conflict,
                   fmt::format("it is LUN {} of {}: detach it first, or say force",
                               places.front().lun, places.front().target),
                   {}};
    if (const std::string own = own_place_of(now, order.name); id != 0 && !own.empty())
      return Error{ErrorKind::conflict, "it is " + own + ": take it away there first", {}};
    for (const ImageView::Place& place : places) rows.erase(MadeKey::lun(place.target, place.lun));
    rows.erase(row);
    return {};
  };
  if (auto done = service_.change(edit); !done) return done.error();
  if (id != 0) service_.images_->drop(id);
  if (!before.value().serial.empty())
    if (auto done = service_.made_records_->forget_unit(before.value().serial); !done)
      return done.error();
  log_info("image {} was dropped", order.name);
  tell(before.value(), "dropped");
  return before;
}

ImageView ServiceImages::view(const Serving& now, const std::string& name,
                              const ImageRow& row) const {
  ImageView view{.name = name,
                 .source = row.source,
                 .broken = true,
                 .t0_unix_ns = row.t0_unix_ns,
                 .size = row.size,
                 .block_size = row.block_size,
                 .grain = row.grain,
                 .store_limit = row.store_limit};
  const auto status = row.id == 0 ? std::nullopt : service_.images_->status(row.id);
  if (!status) {
    view.error_code = storage::name_of(storage::Errc::gone);
    view.error_party = "engine";
    view.error_text = "the daemon ended, and an image does not outlive it";
    return view;
  }
  view.broken = status->state != copyengine::Image::State::ready;
  view.bytes_preserved = status->figures.bytes_preserved;
  view.store_bytes = status->figures.store_bytes;
  view.held_now = status->figures.held_now;
  view.held_total = status->figures.held_total;
  view.error_code = storage::name_of(status->why.error);
  view.error_party = status->why.party;
  view.error_text = status->why.text;
  view.luns = places_of(now, name);
  if (const ServedVolume* volume = find_volume(now, name)) {
    view.naa = naa_text(volume->unit->identity());
    view.serial = volume->unit->identity().serial;
  }
  return view;
}

std::vector<ImageView> ServiceImages::all() const {
  const auto now = service_.serving();
  std::vector<ImageView> views;
  for (const auto& [key, text] : now->made) {
    if (key.kind != "image") continue;
    if (const auto row = read_image_row(text)) views.push_back(view(*now, key.name, row.value()));
  }
  return views;
}

Result<ImageView> ServiceImages::view(const std::string& name) const {
  Result<ImageView> found = none(name);
  service_.on_home([&] {
    for (ImageView& image : all())
      if (image.name == name) found = std::move(image);
  });
  return found;
}

void ServiceImages::lost(uint64_t id) {
  const auto status = service_.images_->status(id);
  if (!status || status->state != copyengine::Image::State::lost) return;
  const auto now = service_.serving();
  for (const storage::VolumeSpec& spec : now->config.volumes) {
    if (image_of(spec) != id) continue;
    const ServedVolume* volume = find_volume(*now, spec.name);
    if (volume->unit->readiness().state() == scsi::Readiness::State::lost) return;
    volume->unit->readiness().set(scsi::Readiness::State::lost);
    log_warning("image {} of volume {} is broken: {}", spec.name, status->volume, status->why.text);
    const auto row = read_image_row(now->made.at(MadeKey::image(spec.name)));
    if (row) tell(view(*now, spec.name, row.value()), "broken");
  }
}

void ServiceImages::tell(const ImageView& image, const char* what) {
  service_.http_->publish("image", [image, what, now = unix_now_ns()] {
    nlohmann::ordered_json object = {{"kind", what}};
    object.update(encode_image(image));
    return json_text(at_time(now, object));
  });
}

}  // namespace tidemark::mgmt
