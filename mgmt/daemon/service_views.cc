#include "mgmt/daemon/service_views.h"

#include <fmt/format.h>

namespace tidemark::mgmt {
namespace {

LunView::Io io_of(const scsi::Statistics& counted, uint64_t block_size) {
  using scsi::Counter;
  return {.reads = counted.total(Counter::reads),
          .writes = counted.total(Counter::writes),
          .bytes_read = counted.total(Counter::blocks_read) * block_size,
          .bytes_written = counted.total(Counter::blocks_written) * block_size,
          .errors = counted.total(Counter::read_errors) + counted.total(Counter::write_errors)};
}

}  // namespace

StorePoolView view_of(const copyengine::StoreQuota& pool) {
  return {pool.limit(), pool.used(), pool.level()};
}

std::string naa_text(const scsi::Identity& identity) {
  std::string text = "naa.";
  for (const uint8_t byte : identity.naa) text += fmt::format("{:02x}", byte);
  return text;
}

VolumeView view_of(const ServedVolume& volume, CoreId home, const MadeRows& made) {
  const storage::VolumeTraits& traits = volume.backing->traits();
  return {.name = traits.name,
          .kind = traits.kind,
          .location = traits.location,
          .size = traits.bytes,
          .block_size = traits.block_size,
          .read_only = traits.read_only,
          .write_protected = volume.gate.host_write_protected(home),
          .write_back = traits.write_cache,
          .thin = traits.thin,
          .physical_block_size = traits.physical_block_size,
          .removable = traits.removable,
          .made = made.contains(MadeKey::volume(traits.name)) ||
                  made.contains(MadeKey::image(traits.name))};
}

TargetView view_of(const TargetConfig& target, const MadeRows& made) {
  TargetView view{target.name, {}, {}};
  for (const LunConfig& lun : target.luns)
    view.luns.push_back({lun.lun, lun.volume, made.contains(MadeKey::lun(target.name, lun.lun))});
  for (const AccessConfig& access : target.access) {
    TargetView::Access row{access.initiator};
    row.made = made.contains(MadeKey::access(target.name, access.initiator));
    if (access.auth.chap) row.chap_user = access.auth.chap->user;
    row.mutual = access.auth.mutual.has_value();
    row.copy_commands = access.copy_commands;
    if (access.luns) row.luns.emplace();
    for (size_t i = 0; access.luns && i < access.luns->size(); ++i)
      row.luns->push_back({(*access.luns)[i].lun, (*access.luns)[i].volume, row.made});
    view.access.push_back(std::move(row));
  }
  if (target.redirect) view.moved_to = target.redirect->address;
  view.made = made.contains(MadeKey::target(target.name));
  return view;
}

LunView view_of(const std::string& target, uint16_t number, scsi::LogicalUnit& unit,
                const MadeRows& made) {
  const storage::VolumeTraits& traits = unit.volume().traits();
  LunView view{target,
               number,
               traits.name,
               traits.bytes,
               traits.block_size,
               naa_text(unit.identity()),
               unit.identity().serial,
               made.contains(MadeKey::lun(target, number))};
  view.io = io_of(unit.statistics(), traits.block_size);
  return view;
}

}  // namespace tidemark::mgmt
