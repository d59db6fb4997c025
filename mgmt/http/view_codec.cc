#include "mgmt/http/view_codec.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "mgmt/http/entity_tag.h"

namespace tidemark::mgmt {

using nlohmann::ordered_json;

namespace {

/// Where it comes from, which is where it can be changed.
const char* origin_of(bool made) {
  return made ? "port" : "configuration";
}

ordered_json encode_luns(const std::vector<TargetView::Lun>& luns) {
  ordered_json list = ordered_json::array();
  for (const TargetView::Lun& lun : luns)
    list.push_back({{"lun", lun.lun}, {"volume", lun.volume}, {"origin", origin_of(lun.made)}});
  return list;
}

ordered_json encode_access(const TargetView::Access& access) {
  ordered_json row = {{"initiator", access.initiator},
                      {"origin", origin_of(access.made)},
                      {"copy_commands", access.copy_commands}};
  if (!access.chap_user.empty())
    row["chap"] = {{"user", access.chap_user}, {"mutual", access.mutual}};
  if (access.luns) row["luns"] = encode_luns(*access.luns);
  return row;
}

}  // namespace

ordered_json encode_store_pool(const StorePoolView& pool) {
  return {{"limit", pool.limit}, {"used", pool.used}, {"level", pool.level}};
}

ordered_json encode_status(const StatusView& status) {
  ordered_json refused = ordered_json::object();
  for (const auto& [cause, count] : status.refused_logins) refused[cause] = count;
  return {{"name", "tidemark"},
          {"version", status.version},
          {"uptime_seconds", status.uptime_seconds},
          {"cores", status.cores},
          {"io_engine", status.io_engine},
          {"portals", status.portals},
          {"targets", status.targets},
          {"volumes", status.volumes},
          {"sessions", status.sessions},
          {"refused_logins", std::move(refused)},
          {"copies", {{"running", status.copies_running}, {"ended", status.copies_ended}}},
          {"store_pool", encode_store_pool(status.store_pool)},
          {"pid", status.pid}};
}

ordered_json encode_volume(const VolumeView& volume) {
  return {{"name", volume.name},
          {"kind", volume.kind},
          {"location", volume.location},
          {"size", volume.size},
          {"block_size", volume.block_size},
          {"read_only", volume.read_only},
          {"write_protected", volume.write_protected},
          {"cache", volume.write_back ? "write-back" : "write-through"},
          {"provisioning", volume.thin ? "thin" : "thick"},
          {"physical_block_size", volume.physical_block_size},
          {"removable", volume.removable},
          {"origin", origin_of(volume.made)}};
}

ordered_json encode_target(const TargetView& target) {
  ordered_json access = ordered_json::array();
  for (const TargetView::Access& row : target.access) access.push_back(encode_access(row));
  ordered_json view = {{"name", target.name},
                       {"access", std::move(access)},
                       {"luns", encode_luns(target.luns)},
                       {"origin", origin_of(target.made)}};
  if (!target.moved_to.empty()) view["moved_to"] = target.moved_to;
  return view;
}

ordered_json encode_lun(const LunView& lun) {
  return {{"target", lun.target},
          {"lun", lun.lun},
          {"volume", lun.volume},
          {"size", lun.size},
          {"block_size", lun.block_size},
          {"naa", lun.naa},
          {"serial", lun.serial},
          {"origin", origin_of(lun.made)},
          {"io",
           {{"reads", lun.io.reads},
            {"writes", lun.io.writes},
            {"bytes_read", lun.io.bytes_read},
            {"bytes_written", lun.io.bytes_written},
            {"errors", lun.io.errors}}}};
}

std::string tag_of(const VolumeView& volume) {
  VolumeView settled = volume;
  settled.write_protected = false;  // comes and goes with copies
  return entity_tag(encode_volume(settled));
}

std::string tag_of(const TargetView& target) {
  return entity_tag(encode_target(target));
}

std::string tag_of(const LunView& lun) {
  LunView settled = lun;
  settled.io = {};
  return entity_tag(encode_lun(settled));
}

ordered_json encode_session(const target::SessionInfo& session) {
  return {{"id", session.id},
          {"target", session.target},
          {"initiator", session.initiator},
          {"isid", fmt::format("0x{:012x}", session.isid)},
          {"tsih", session.tsih},
          {"connections", session.connections},
          {"peer", session.peer},
          {"core", session.core},
          {"commands", session.commands},
          {"bytes_read", session.bytes_read},
          {"bytes_written", session.bytes_written},
          {"type", session.type == target::SessionType::normal ? "normal" : "discovery"}};
}

ordered_json encode_session_event(const target::SessionEvent& event) {
  using Kind = target::SessionEvent::Kind;
  const char* kind = event.kind == Kind::began   ? "began"
                     : event.kind == Kind::ended ? "ended"
                                                 : "refused";
  return {{"kind", kind}, {"reason", event.reason}, {"session", encode_session(event.session)}};
}

}  // namespace tidemark::mgmt
