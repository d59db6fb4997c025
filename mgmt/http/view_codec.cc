#include "mgmt/http/view_codec.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace tidemark::mgmt {

using nlohmann::ordered_json;

ordered_json encode_status(const StatusView& status) {
  return {{"name", "tidemark"},
          {"version", status.version},
          {"uptime_seconds", status.uptime_seconds},
          {"cores", status.cores},
          {"io_engine", status.io_engine},
          {"portals", status.portals},
          {"targets", status.targets},
          {"volumes", status.volumes},
          {"sessions", status.sessions},
          {"copies", {{"running", status.copies_running}, {"ended", status.copies_ended}}},
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
          {"removable", volume.removable}};
}

ordered_json encode_target(const TargetView& target) {
  ordered_json access = ordered_json::array();
  for (const std::string& initiator : target.access) access.push_back({{"initiator", initiator}});
  ordered_json luns = ordered_json::array();
  for (const TargetView::Lun& lun : target.luns)
    luns.push_back({{"lun", lun.lun}, {"volume", lun.volume}});
  return {{"name", target.name}, {"access", std::move(access)}, {"luns", std::move(luns)}};
}

ordered_json encode_lun(const LunView& lun) {
  return {
      {"target", lun.target},         {"lun", lun.lun}, {"volume", lun.volume}, {"size", lun.size},
      {"block_size", lun.block_size}, {"naa", lun.naa}, {"serial", lun.serial}};
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
