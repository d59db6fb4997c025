#include "mgmt/daemon/directory.h"

#include <utility>

namespace tidemark::mgmt {
namespace {

std::shared_ptr<const target::ChapRule> rule_of(const AuthConfig& auth) {
  if (!auth.chap) return nullptr;
  auto rule = std::make_shared<target::ChapRule>();
  rule->initiator = {auth.chap->user, auth.chap->secret};
  if (auth.mutual) rule->target = {auth.mutual->user, auth.mutual->secret};
  return rule;
}

std::shared_ptr<const scsi::LunMap> map_of(const std::vector<LunConfig>& luns,
                                           const UnitOf& unit_of) {
  auto map = std::make_shared<scsi::LunMap>();
  for (const LunConfig& lun : luns) (*map)[lun.lun] = unit_of(lun.volume);
  return map;
}

/// A target has a port in each portal group, and its units are reached through all of them.
void add_ports(const target::TargetEntry& entry, const Config& config) {
  const auto add = [&](const scsi::LunMap& units) {
    for (const auto& [lun, unit] : units)
      for (const target::PortalSpec& portal : config.portals)
        unit->add_port({entry.name(), portal.group});
  };
  add(*entry.units);
  for (const target::AccessRow& row : entry.access) add(*row.units);
}

target::TargetEntry entry_of(std::shared_ptr<scsi::TargetDevice> device, const TargetConfig& config,
                             const UnitOf& unit_of) {
  target::TargetEntry entry;
  entry.device = std::move(device);
  entry.moved_to = config.redirect;
  entry.units = map_of(config.luns, unit_of);
  for (const AccessConfig& access : config.access)
    entry.access.push_back({access.initiator, rule_of(access.auth),
                            access.luns ? map_of(*access.luns, unit_of) : entry.units});
  return entry;
}

}  // namespace

std::shared_ptr<const target::Directory> make_directory(Executor& executor, const Config& config,
                                                        const UnitOf& unit_of,
                                                        const target::Directory* before) {
  auto directory = std::make_shared<target::Directory>();
  directory->discovery = rule_of(config.discovery);
  for (const TargetConfig& target : config.targets) {
    const target::TargetEntry* same = before != nullptr ? before->find(target.name) : nullptr;
    auto device = same ? same->device : std::make_shared<scsi::TargetDevice>(executor, target.name);
    directory->targets.push_back(entry_of(std::move(device), target, unit_of));
    add_ports(directory->targets.back(), config);
  }
  return directory;
}

}  // namespace tidemark::mgmt
