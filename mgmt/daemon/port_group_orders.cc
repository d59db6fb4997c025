// Target port groups for the management port: looked up among the units of a target, asked of them
// on the home core.
#include <fmt/format.h>

#include <memory>
#include <set>
#include <utility>

#include "mgmt/daemon/service.h"
#include "mgmt/daemon/service_backend.h"

namespace tidemark::mgmt {
namespace {

using Units = std::map<uint16_t, std::shared_ptr<scsi::LogicalUnit>>;

/// Tags of the portal groups through which the target's units are reached.
std::set<uint16_t> tags_of(const Units& units, const std::string& target) {
  std::set<uint16_t> tags;
  for (const auto& [lun, unit] : units) {
    const auto ports = unit->ports();
    for (const scsi::TargetPort& port : *ports)
      if (port.target == target) tags.insert(port.portal_group);
  }
  return tags;
}

/// On `core`.
PortGroupView view_of(const Units& units, uint16_t tag, CoreId core) {
  PortGroupView view{.tag = tag, .luns = {}};
  for (const auto& [lun, unit] : units) {
    const auto group = unit->port_groups().of(core, tag);
    view.luns.push_back({lun, unit->traits().name, group.state, group.preferred});
  }
  return view;
}

Error no_target(const std::string& name) {
  return {ErrorKind::not_found, "there is no target " + name, {}};
}

}  // namespace

void ServiceBackend::port_groups(const std::string& target,
                                 Reply<Result<std::vector<PortGroupView>>> reply) {
  const auto units = service_.units_of(target);
  if (!units) return reply(no_target(target));
  service_.cores_->post(Service::kHome, [units = *units, target, reply = std::move(reply)] {
    std::vector<PortGroupView> views;
    for (const uint16_t tag : tags_of(units, target))
      views.push_back(view_of(units, tag, Service::kHome));
    reply(std::move(views));
  });
}

void ServiceBackend::set_port_group(PortGroupOrder order, Reply<Result<PortGroupView>> reply) {
  const auto units = service_.units_of(order.target);
  if (!units) return reply(no_target(order.target));
  if (!tags_of(*units, order.target).contains(order.tag))
    return reply(Error{ErrorKind::not_found,
                       fmt::format("target {} has no portal group {}", order.target, order.tag),
                       {}});
  service_.cores_->post(
      Service::kHome, [units = *units, order = std::move(order), reply = std::move(reply)] {
        const auto left = std::make_shared<size_t>(units.size());
        for (const auto& [lun, unit] : units)
          unit->port_groups().change(
              {.changes = {{.tag = order.tag, .state = order.state, .preferred = order.preferred}},
               .core = Service::kHome,
               .ended = [left, units, tag = order.tag, reply] {
                 if (--*left == 0) reply(view_of(units, tag, Service::kHome));
               }});
      });
}

}  // namespace tidemark::mgmt
