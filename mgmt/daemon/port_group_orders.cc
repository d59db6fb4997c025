// Target port groups for the management port: looked up among the units of a target, asked of them
// on the home core.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "mgmt/daemon/service.h"
#include "mgmt/daemon/service_backend.h"

namespace tidemark::mgmt {
namespace {

struct NumberedUnit {
  uint16_t lun;
  std::shared_ptr<scsi::LogicalUnit> unit;
};
using Units = std::vector<NumberedUnit>;

/// What a target serves: its own map, then what only rows of its access list have, by their
/// numbers. None if there is no such target.
std::optional<Units> units_of(const target::Directory& directory, const std::string& target) {
  const target::TargetEntry* const entry = directory.find(target);
  if (entry == nullptr) return std::nullopt;
  Units units;
  const auto add = [&units](const scsi::LunMap& map) {
    for (const auto& [lun, unit] : map)
      if (std::ranges::find(units, unit, &NumberedUnit::unit) == units.end())
        units.push_back({lun, unit});
  };
  add(*entry->units);
  for (const target::AccessRow& row : entry->access) add(*row.units);
  return units;
}

/// A target has a port in each portal group.
std::set<uint16_t> tags_of(const Serving& serving) {
  std::set<uint16_t> tags;
  for (const target::PortalSpec& portal : serving.config.portals) tags.insert(portal.group);
  return tags;
}

/// On `core`.
PortGroupView view_of(const Units& units, uint16_t tag, CoreId core) {
  PortGroupView view{.tag = tag, .luns = {}};
  for (const NumberedUnit& one : units) {
    const auto group = one.unit->port_groups().of(core, tag);
    view.luns.push_back({one.lun, one.unit->traits().name, group.state, group.preferred});
  }
  return view;
}

Error no_target(const std::string& name) {
  return {ErrorKind::not_found, "there is no target " + name, {}};
}

/// An order on its way through the units. On the home core.
struct Setting {
  PortGroupOrder order;
  Units units;
  Backend::Reply<Result<PortGroupView>> reply;
  CoreId core;
  size_t left = 1;
  bool kept = true;

  void one_ended(bool done) {
    kept &= done;
    if (--left > 0) return;
    if (kept) return reply(view_of(units, order.tag, core));
    reply(Error{ErrorKind::io, "the state could not be kept; the log says why", {}});
  }
};

void set(const std::shared_ptr<Setting>& setting) {
  const PortGroupOrder& order = setting->order;
  setting->left += setting->units.size();
  for (const NumberedUnit& one : setting->units)
    one.unit->port_groups().change(
        {.changes = {{.tag = order.tag, .state = order.state, .preferred = order.preferred}},
         .core = setting->core,
         .ended = [setting](bool done) { setting->one_ended(done); }});
  setting->one_ended(true);
}

}  // namespace

void ServiceBackend::port_groups(const std::string& target,
                                 Reply<Result<std::vector<PortGroupView>>> reply) {
  const auto serving = service_.serving();
  auto units = units_of(*serving->directory, target);
  if (!units) return reply(no_target(target));
  service_.cores_->post(Service::kHome, [units = *std::move(units), tags = tags_of(*serving),
                                         reply = std::move(reply)] {
    std::vector<PortGroupView> views;
    for (const uint16_t tag : tags) views.push_back(view_of(units, tag, Service::kHome));
    reply(std::move(views));
  });
}

void ServiceBackend::set_port_group(PortGroupOrder order, Reply<Result<PortGroupView>> reply) {
  const auto serving = service_.serving();
  auto units = units_of(*serving->directory, order.target);
  if (!units) return reply(no_target(order.target));
  if (!tags_of(*serving).contains(order.tag))
    return reply(Error{ErrorKind::not_found,
                       fmt::format("target {} has no portal group {}", order.target, order.tag),
                       {}});
  auto setting = std::make_shared<Setting>(
      Setting{std::move(order), *std::move(units), std::move(reply), Service::kHome});
  service_.cores_->post(Service::kHome, [setting] { set(setting); });
}

}  // namespace tidemark::mgmt
