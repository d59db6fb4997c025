#include "mgmt/daemon/directory.h"

#include <algorithm>
#include <utility>
#include <vector>

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

bool serves(const target::TargetEntry& entry, const scsi::LogicalUnit* unit) {
  const auto has = [unit](const scsi::LunMap& map) {
    return std::ranges::any_of(map, [unit](const auto& one) { return one.second.get() == unit; });
  };
  return has(*entry.units) || std::ranges::any_of(entry.access, [&](const target::AccessRow& row) {
           return has(*row.units);
         });
}

/// A target has a port in each portal group, and its units are reached through all of them.
std::vector<scsi::TargetPort> ports_of(const scsi::LogicalUnit* unit,
                                       const target::Directory& directory, const Config& config) {
  std::vector<scsi::TargetPort> ports;
  for (const target::TargetEntry& entry : directory.targets)
    if (serves(entry, unit))
      for (const target::PortalSpec& portal : config.portals)
        ports.push_back({entry.name(), portal.group});
  return ports;
}

target::TargetEntry entry_of(std::shared_ptr<scsi::TargetDevice> device, const TargetConfig& config,
                             const UnitOf& unit_of) {
  target::TargetEntry entry;
  entry.device = std::move(device);
  entry.moved_to = config.redirect;
  entry.units = map_of(config.luns, unit_of);
  for (const AccessConfig& access : config.access)
    entry.access.push_back({access.initiator, rule_of(access.auth),
                            access.luns ? map_of(*access.luns, unit_of) : entry.units,
                            access.copy_commands});
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
  }
  for (const storage::VolumeSpec& volume : config.volumes) {
    const auto unit = unit_of(volume.name);
    unit->set_ports(ports_of(unit.get(), *directory, config));
  }
  return directory;
}

}  // namespace tidemark::mgmt
