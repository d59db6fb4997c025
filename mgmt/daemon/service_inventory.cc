#include "mgmt/daemon/service_inventory.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <type_traits>
#include <utility>

#include "base/log.h"
#include "mgmt/daemon/iscsi_name.h"
#include "mgmt/daemon/made_place.h"
#include "mgmt/daemon/service.h"
#include "mgmt/daemon/service_views.h"
#include "mgmt/http/entity_tag.h"
#include "mgmt/http/view_codec.h"

namespace tidemark::mgmt {
namespace {

constexpr const char* kInitiatorRule =
    "must be an iSCSI name (iqn., eui. or naa.), the beginning of one and *, or *";

Error not_found(std::string what) {
  return {ErrorKind::not_found, "there is no " + std::move(what), {}};
}

/// Of something that is there, and that the file says.
Error of_the_file(const std::string& what) {
  return {ErrorKind::conflict, what + " is of the configuration file, and is changed there", {}};
}

const TargetConfig* find_target(const Serving& now, const std::string& name) {
  const auto found = std::ranges::find(now.config.targets, name, &TargetConfig::name);
  return found == now.config.targets.end() ? nullptr : &*found;
}

const storage::VolumeSpec* find_volume(const Serving& now, const std::string& name) {
  const auto found = std::ranges::find(now.config.volumes, name, &storage::VolumeSpec::name);
  return found == now.config.volumes.end() ? nullptr : &*found;
}

/// Where `volume` is a LUN: the first such place, for people; empty if it is none.
std::string place_of(const Serving& now, const std::string& volume) {
  const auto in = [&](const std::vector<LunConfig>& luns) {
    return std::ranges::find(luns, volume, &LunConfig::volume);
  };
  for (const TargetConfig& target : now.config.targets) {
    if (const auto lun = in(target.luns); lun != target.luns.end())
      return fmt::format("LUN {} of {}", lun->lun, target.name);
    for (const AccessConfig& access : target.access) {
      if (!access.luns) continue;
      if (const auto lun = in(*access.luns); lun != access.luns->end())
        return fmt::format("LUN {} of {} for {}", lun->lun, target.name, access.initiator);
    }
  }
  return {};
}

/// An error of the configuration as a whole ("volumes[3].size") in the words of an order ("size").
Error in_order(Error error) {
  if (!error.field.starts_with("volumes")) return error;
  const size_t dot = error.field.find('.');
  error.field = dot == error.field.npos ? "" : error.field.substr(dot + 1);
  return error;
}

Result<uint16_t> lowest_free(const TargetConfig& target) {
  std::set<uint16_t> taken;
  for (const LunConfig& lun : target.luns) taken.insert(lun.lun);
  for (uint16_t lun = 0; lun <= Config::kLunMax; ++lun)
    if (!taken.contains(lun)) return lun;
  return Error{ErrorKind::exhausted, "the target has no LUN left", "lun"};
}

Result<void> check_luns(const Serving& now, const std::vector<TargetView::Lun>& luns) {
  std::set<uint16_t> numbers;
  for (size_t i = 0; i < luns.size(); ++i) {
    const std::string at = "luns[" + std::to_string(i) + "]";
    if (!numbers.insert(luns[i].lun).second)
      return Error{ErrorKind::invalid, "is given twice here", at + ".lun"};
    if (find_volume(now, luns[i].volume) == nullptr)
      return Error{ErrorKind::not_found, "there is no volume " + luns[i].volume, at + ".volume"};
  }
  return {};
}

}  // namespace

template <class Order, class View>
void ServiceInventory::carry_out(Result<View> (ServiceInventory::*act)(Order),
                                 std::decay_t<Order> order, Reply<View> reply) {
  service_.worker_->post([this, act, order = std::move(order), reply = std::move(reply)]() mutable {
    reply((this->*act)(std::move(order)));
  });
}

void ServiceInventory::make_volume(VolumeOrder order, Reply<VolumeView> reply) {
  carry_out<VolumeOrder, VolumeView>(&ServiceInventory::make, std::move(order), std::move(reply));
}
void ServiceInventory::remove_volume(VolumeRemoval order, Reply<VolumeView> reply) {
  carry_out<const VolumeRemoval&, VolumeView>(&ServiceInventory::remove, std::move(order),
                                              std::move(reply));
}
void ServiceInventory::make_target(TargetOrder order, Reply<TargetView> reply) {
  carry_out<const TargetOrder&, TargetView>(&ServiceInventory::make, std::move(order),
                                            std::move(reply));
}
void ServiceInventory::remove_target(TargetRemoval order, Reply<TargetView> reply) {
  carry_out<const TargetRemoval&, TargetView>(&ServiceInventory::remove, std::move(order),
                                              std::move(reply));
}
void ServiceInventory::map_lun(LunOrder order, Reply<LunView> reply) {
  carry_out<LunOrder, LunView>(&ServiceInventory::map, std::move(order), std::move(reply));
}
void ServiceInventory::unmap_lun(LunRemoval order, Reply<LunView> reply) {
  carry_out<const LunRemoval&, LunView>(&ServiceInventory::unmap, std::move(order),
                                        std::move(reply));
}
void ServiceInventory::set_access(AccessOrder order, Reply<TargetView> reply) {
  carry_out<const AccessOrder&, TargetView>(&ServiceInventory::admit, std::move(order),
                                            std::move(reply));
}
void ServiceInventory::remove_access(AccessRemoval order, Reply<TargetView> reply) {
  carry_out<const AccessRemoval&, TargetView>(&ServiceInventory::dismiss, std::move(order),
                                              std::move(reply));
}

void ServiceInventory::images(Reply<std::vector<ImageView>> reply) {
  service_.cores_->post(Service::kHome,
                        [this, reply = std::move(reply)] { reply(service_.named_images_.all()); });
}
void ServiceInventory::make_image(ImageOrder order, Reply<ImageView> reply) {
  service_.worker_->post([this, order = std::move(order), reply = std::move(reply)] {
    reply(service_.named_images_.make(order));
  });
}
void ServiceInventory::attach_image(ImageAttachment order, Reply<ImageView> reply) {
  service_.worker_->post([this, order = std::move(order), reply = std::move(reply)] {
    reply(service_.named_images_.attach(order));
  });
}
void ServiceInventory::detach_image(std::string name, Reply<ImageView> reply) {
  service_.worker_->post([this, name = std::move(name), reply = std::move(reply)] {
    reply(service_.named_images_.detach(name));
  });
}
void ServiceInventory::drop_image(ImageRemoval order, Reply<ImageView> reply) {
  service_.worker_->post([this, order = std::move(order), reply = std::move(reply)] {
    reply(service_.named_images_.drop(order));
  });
}

Result<VolumeView> ServiceInventory::volume(const std::string& name) const {
  const auto now = service_.serving();
  Result<VolumeView> view = not_found("volume " + name);
  service_.on_home([&] {
    for (const auto& volume : now->volumes)
      if (volume->name() == name) view = view_of(*volume, Service::kHome, now->made);
  });
  return view;
}

Result<TargetView> ServiceInventory::target(const std::string& name) const {
  const auto now = service_.serving();
  const TargetConfig* found = find_target(*now, name);
  if (found == nullptr) return not_found("target " + name);
  return view_of(*found, now->made);
}

Result<LunView> ServiceInventory::lun(const std::string& target, uint16_t number) const {
  const auto now = service_.serving();
  const target::TargetEntry* found = now->directory->find(target);
  if (found == nullptr) return not_found("target " + target);
  const auto unit = found->units->find(number);
  if (unit == found->units->end()) return not_found(fmt::format("LUN {} of {}", number, target));
  return view_of(target, number, *unit->second, now->made);
}

Result<VolumeView> ServiceInventory::make(VolumeOrder order) {
  storage::VolumeSpec& spec = order.spec;
  bool fresh = false;
  const auto edit = [&](const Serving& now, MadeRows& rows) -> Result<void> {
    if (find_volume(now, spec.name) != nullptr)
      return Error{ErrorKind::conflict, "there is a volume " + spec.name + " already", "name"};
    if (now.config.volumes.size() >= Config::kVolumesMax)
      return Error{ErrorKind::exhausted, "there are as many volumes as there can be", {}};
    if (auto fit = settle_place(order, now.config, service_.state_.path()); !fit) return fit;
    fresh = !order.import;
    rows[MadeKey::volume(spec.name)] = made_volume(spec);
    return {};
  };
  if (auto done = service_.change(edit); !done) {
    if (fresh) remove_file_of(spec, service_.state_.path());
    return in_order(done.error());
  }
  log_info("volume {} was made, at {}", spec.name, spec.location);
  return volume(spec.name);
}

Result<VolumeView> ServiceInventory::remove(const VolumeRemoval& order) {
  Result<VolumeView> before = volume(order.name);
  if (!before) return before;
  storage::VolumeSpec spec;
  const auto edit = [&](const Serving& now, MadeRows& rows) -> Result<void> {
    const storage::VolumeSpec* found = find_volume(now, order.name);
    if (found == nullptr) return not_found("volume " + order.name);
    spec = *found;
    if (auto fit = check_match(order.if_match, tag_of(before.value())); !fit) return fit;
    if (rows.contains(MadeKey::image(order.name)))
      return Error{ErrorKind::conflict, "it is an image, and is dropped as one", {}};
    if (rows.erase(MadeKey::volume(order.name)) == 0) return of_the_file("volume " + order.name);
    if (const auto image = ServiceImages::image_of_volume(rows, order.name); !image.empty())
      return Error{
          ErrorKind::conflict, "there is an image of it, " + image + ": drop it first", {}};
    if (const std::string place = place_of(now, order.name); !place.empty())
      return Error{ErrorKind::conflict, "it is " + place + ": unmap it first", {}};
    if (order.erase && !spec.location.starts_with("file:"))
      return Error{ErrorKind::unsupported, "only a file can be deleted", "erase"};
    return {};
  };
  std::string unit;
  for (const auto& served : service_.serving()->volumes)
    if (served->name() == order.name) unit = served->unit->identity().serial;
  if (auto done = service_.change(edit); !done) return in_order(done.error());
  if (auto done = service_.made_records_->forget_unit(unit); !done) return done.error();
  if (order.erase) remove_file_of(spec, service_.state_.path());
  log_info("volume {} was removed{}", order.name, order.erase ? " with its file" : "");
  return before;
}

Result<TargetView> ServiceInventory::make(const TargetOrder& order) {
  const auto edit = [&](const Serving& now, MadeRows& rows) -> Result<void> {
    if (!is_iscsi_name(order.name))
      return Error{ErrorKind::invalid, "must be an iSCSI name, like iqn.2026-11.dev.tidemark:main",
                   "name"};
    if (find_target(now, order.name) != nullptr)
      return Error{ErrorKind::conflict, "there is a target " + order.name + " already", "name"};
    if (now.config.targets.size() >= Config::kTargetsMax)
      return Error{ErrorKind::exhausted, "there are as many targets as there can be", {}};
    rows[MadeKey::target(order.name)] = made_target(order.name);
    for (size_t i = 0; i < order.access.size(); ++i) {
      const std::string& initiator = order.access[i].initiator;
      const std::string at = "access[" + std::to_string(i) + "].initiator";
      if (!is_initiator_pattern(initiator)) return Error{ErrorKind::invalid, kInitiatorRule, at};
      AccessConfig access;
      access.initiator = initiator;
      access.copy_commands = order.access[i].copy_commands;
      if (!rows.emplace(MadeKey::access(order.name, initiator), made_access(access)).second)
        return Error{ErrorKind::invalid, "is given twice", at};
    }
    return {};
  };
  if (auto done = service_.change(edit); !done) return done.error();
  log_info("target {} was made", order.name);
  return target(order.name);
}

Result<TargetView> ServiceInventory::remove(const TargetRemoval& order) {
  Result<TargetView> before = not_found("target " + order.name);
  const auto edit = [&](const Serving& now, MadeRows& rows) -> Result<void> {
    const TargetConfig* found = find_target(now, order.name);
    if (found == nullptr) return before.error();
    before = view_of(*found, now.made);
    if (auto fit = check_match(order.if_match, tag_of(before.value())); !fit) return fit;
    if (rows.erase(MadeKey::target(order.name)) == 0) return of_the_file("target " + order.name);
    std::erase_if(rows, [&](const auto& row) { return row.first.owner == order.name; });
    return {};
  };
  if (auto done = service_.change(edit); !done) return done.error();
  log_info("target {} was removed", order.name);
  return before;
}

Result<LunView> ServiceInventory::map(LunOrder order) {
  const auto edit = [&](const Serving& now, MadeRows& rows) -> Result<void> {
    const TargetConfig* found = find_target(now, order.target);
    if (found == nullptr) return not_found("target " + order.target);
    if (find_volume(now, order.volume) == nullptr)
      return Error{ErrorKind::not_found, "there is no volume " + order.volume, "volume"};
    if (!order.lun) {
      const auto lowest = lowest_free(*found);
      if (!lowest) return lowest.error();
      order.lun = lowest.value();
    }
    for (const LunConfig& other : found->luns)
      if (other.lun == *order.lun)
        return Error{ErrorKind::conflict, "is taken, by volume " + other.volume, "lun"};
    rows[MadeKey::lun(order.target, *order.lun)] = made_lun({*order.lun, order.volume});
    return {};
  };
  if (auto done = service_.change(edit); !done) return done.error();
  log_info("volume {} is LUN {} of {}", order.volume, *order.lun, order.target);
  return lun(order.target, *order.lun);
}

Result<LunView> ServiceInventory::unmap(const LunRemoval& order) {
  Result<LunView> before = lun(order.target, order.lun);
  if (!before) return before;
  const auto edit = [&](const Serving&, MadeRows& rows) -> Result<void> {
    if (auto fit = check_match(order.if_match, tag_of(before.value())); !fit) return fit;
    if (rows.erase(MadeKey::lun(order.target, order.lun)) == 0)
      return of_the_file(fmt::format("LUN {} of {}", order.lun, order.target));
    return {};
  };
  if (auto done = service_.change(edit); !done) return done.error();
  log_info("LUN {} of {} was unmapped", order.lun, order.target);
  return before;
}

Result<TargetView> ServiceInventory::admit(const AccessOrder& order) {
  const auto edit = [&](const Serving& now, MadeRows& rows) -> Result<void> {
    const TargetConfig* found = find_target(now, order.target);
    if (found == nullptr) return not_found("target " + order.target);
    if (auto fit = check_match(order.if_match, tag_of(view_of(*found, now.made))); !fit) return fit;
    if (!is_initiator_pattern(order.initiator))
      return Error{ErrorKind::invalid, kInitiatorRule, "initiator"};
    const MadeKey key = MadeKey::access(order.target, order.initiator);
    const auto same = std::ranges::find(found->access, order.initiator, &AccessConfig::initiator);
    if (same != found->access.end() && !rows.contains(key))
      return of_the_file("access of " + order.initiator);
    AccessConfig access;
    access.initiator = order.initiator;
    access.copy_commands = order.copy_commands;
    if (order.luns) {
      if (auto fit = check_luns(now, *order.luns); !fit) return fit;
      access.luns.emplace();
      for (const TargetView::Lun& lun : *order.luns) access.luns->push_back({lun.lun, lun.volume});
    }
    rows[key] = made_access(access);
    return {};
  };
  if (auto done = service_.change(edit); !done) return done.error();
  log_info("{} may use {}{}", order.initiator, order.target,
           order.copy_commands ? ", and the vendor commands" : "");
  return target(order.target);
}

Result<TargetView> ServiceInventory::dismiss(const AccessRemoval& order) {
  const auto edit = [&](const Serving& now, MadeRows& rows) -> Result<void> {
    const TargetConfig* found = find_target(now, order.target);
    if (found == nullptr) return not_found("target " + order.target);
    if (auto fit = check_match(order.if_match, tag_of(view_of(*found, now.made))); !fit) return fit;
    if (rows.erase(MadeKey::access(order.target, order.initiator)) != 0) return {};
    const auto same = std::ranges::find(found->access, order.initiator, &AccessConfig::initiator);
    return same == found->access.end() ? not_found("access of " + order.initiator)
                                       : of_the_file("access of " + order.initiator);
  };
  if (auto done = service_.change(edit); !done) return done.error();
  log_info("{} may no longer use {}", order.initiator, order.target);
  return target(order.target);
}

}  // namespace tidemark::mgmt
