#include "mgmt/cli/model.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tidemark::mgmt::cli {
namespace {

using Json = nlohmann::json;

const Json kNothing;

const Json& child(const Json& object, const char* key) {
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

void take(const Json& object, const char* key, std::string& to) {
  if (const Json& value = child(object, key); value.is_string()) to = value.get<std::string>();
}
void take(const Json& object, const char* key, uint64_t& to) {
  const Json& value = child(object, key);
  if (value.is_number_unsigned() || (value.is_number() && value.get<double>() >= 0))
    to = value.get<uint64_t>();
}
void take(const Json& object, const char* key, double& to) {
  if (const Json& value = child(object, key); value.is_number()) to = value.get<double>();
}
void take(const Json& object, const char* key, bool& to) {
  if (const Json& value = child(object, key); value.is_boolean()) to = value.get<bool>();
}

Result<Json> parse(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Error{ErrorKind::io, "the daemon's answer is no JSON object", ""};
  return json;
}

template <class View>
Result<std::vector<View>> read_list(const std::string& text, const char* key,
                                    View (*read)(const Json&)) {
  const Result<Json> json = parse(text);
  if (!json) return json.error();
  const Json& list = child(json.value(), key);
  if (!list.is_array())
    return Error{ErrorKind::io, fmt::format("the daemon's answer has no list \"{}\"", key), ""};
  std::vector<View> views;
  for (const Json& item : list) views.push_back(read(item));
  return views;
}

VolumeView volume_of(const Json& json) {
  VolumeView view;
  take(json, "name", view.name);
  take(json, "kind", view.kind);
  take(json, "location", view.location);
  take(json, "cache", view.cache);
  take(json, "provisioning", view.provisioning);
  take(json, "size", view.size);
  take(json, "block_size", view.block_size);
  take(json, "read_only", view.read_only);
  take(json, "write_protected", view.write_protected);
  return view;
}

LunView lun_of(const Json& json) {
  LunView view;
  take(json, "target", view.target);
  take(json, "lun", view.lun);
  take(json, "volume", view.volume);
  take(json, "size", view.size);
  take(json, "block_size", view.block_size);
  take(json, "naa", view.naa);
  take(json, "serial", view.serial);
  return view;
}

SessionView session_of(const Json& json) {
  SessionView view;
  take(json, "id", view.id);
  take(json, "target", view.target);
  take(json, "initiator", view.initiator);
  take(json, "peer", view.peer);
  take(json, "type", view.type);
  take(json, "core", view.core);
  take(json, "commands", view.commands);
  take(json, "bytes_read", view.bytes_read);
  take(json, "bytes_written", view.bytes_written);
  return view;
}

PortGroupView port_group_of(const Json& json) {
  PortGroupView view;
  take(json, "tag", view.tag);
  const Json& luns = child(json, "luns");
  if (!luns.is_array()) return view;
  for (const Json& item : luns) {
    PortGroupView::Lun& lun = view.luns.emplace_back();
    take(item, "lun", lun.lun);
    take(item, "volume", lun.volume);
    take(item, "state", lun.state);
    take(item, "preferred", lun.preferred);
  }
  return view;
}

std::string error_line(const Json& error) {
  if (!error.is_object()) return "";
  std::string code, party, text;
  take(error, "code", code);
  take(error, "party", party);
  take(error, "text", text);
  std::string line = party.empty() ? code : party + ": " + code;
  if (!text.empty()) line += " (" + text + ")";
  return line;
}

CopyView copy_of(const Json& json) {
  CopyView view;
  take(json, "id", view.id);
  take(json, "origin", view.origin);
  take(json, "source", view.source);
  take(json, "destination", view.destination);
  take(json, "state", view.state);
  take(json, "consistency", view.consistency);
  take(json, "release", view.release);
  take(json, "on_preserve_error", view.on_preserve_error);
  take(json, "segment_size", view.segment_size);
  take(json, "grain", view.grain);
  take(json, "rate_limit", view.rate_limit);
  take(json, "impact", view.impact);
  take(json, "latency_budget_us", view.latency_budget_us);
  take(child(json, "pace"), "chunk", view.chunk);
  take(child(json, "pace"), "under_way", view.under_way);
  take(child(json, "pace"), "share", view.share);
  take(json, "t0", view.t0);
  take(json, "started", view.started);
  take(json, "ended", view.ended);
  take(json, "fence_us", view.fence_us);
  const Json& bytes = child(json, "bytes");
  take(bytes, "total", view.bytes_total);
  take(bytes, "done", view.bytes_done);
  take(bytes, "written", view.bytes_written);
  take(bytes, "skipped", view.bytes_skipped);
  take(bytes, "zero", view.bytes_zero);
  take(bytes, "hole", view.bytes_hole);
  take(bytes, "verified", view.bytes_verified);
  take(bytes, "mismatched", view.bytes_mismatched);
  take(bytes, "preserved", view.bytes_preserved);
  take(bytes, "routed", view.bytes_routed);
  take(bytes, "spilled", view.bytes_spilled);
  take(json, "store_bytes", view.store_bytes);
  take(child(json, "segments"), "total", view.segments_total);
  take(child(json, "segments"), "done", view.segments_done);
  take(child(json, "held"), "now", view.held_now);
  take(child(json, "held"), "total", view.held_total);
  take(json, "writes_failed", view.writes_failed);
  take(child(json, "hold_us"), "p50", view.hold_p50_us);
  take(child(json, "hold_us"), "p99", view.hold_p99_us);
  take(child(json, "hold_us"), "p999", view.hold_p999_us);
  take(child(json, "hold_us"), "max", view.hold_max_us);
  take(json, "rate", view.rate);
  if (const Json& eta = child(json, "eta_seconds"); eta.is_number())
    view.eta_seconds = eta.get<double>();
  view.error = error_line(child(json, "error"));
  return view;
}

GroupView group_of(const Json& json) {
  GroupView view;
  take(json, "id", view.id);
  take(json, "state", view.state);
  take(json, "t0", view.t0);
  take(json, "fence_us", view.fence_us);
  for (const Json& copy : child(json, "copies")) view.copies.push_back(copy_of(copy));
  return view;
}

MapBucket bucket_of(const Json& json) {
  MapBucket bucket;
  take(json, "offset", bucket.offset);
  take(json, "length", bucket.length);
  take(json, "owed", bucket.owed);
  take(json, "in_flight", bucket.in_flight);
  take(json, "preserved", bucket.preserved);
  take(json, "copied", bucket.copied);
  return bucket;
}

ErrorKind kind_of_status(unsigned status) {
  switch (status) {
    case 403:
      return ErrorKind::denied;
    case 404:
      return ErrorKind::not_found;
    case 409:
      return ErrorKind::conflict;
    case 507:
      return ErrorKind::exhausted;
    default:
      return status >= 500 ? ErrorKind::io : ErrorKind::invalid;
  }
}

}  // namespace

bool CopyView::has_ended() const {
  return state == "completed" || state == "failed" || state == "cancelled" || state == "broken";
}

Result<StatusView> read_status(const std::string& text) {
  const Result<Json> parsed = parse(text);
  if (!parsed) return parsed.error();
  const Json& json = parsed.value();
  StatusView view;
  take(json, "version", view.version);
  take(json, "uptime_seconds", view.uptime_seconds);
  take(json, "cores", view.cores);
  take(json, "io_engine", view.io_engine);
  for (const Json& portal : child(json, "portals"))
    if (portal.is_string()) view.portals.push_back(portal.get<std::string>());
  take(json, "targets", view.targets);
  take(json, "volumes", view.volumes);
  take(json, "sessions", view.sessions);
  take(child(json, "copies"), "running", view.copies_running);
  take(child(json, "copies"), "ended", view.copies_ended);
  take(json, "pid", view.pid);
  return view;
}

Result<std::vector<VolumeView>> read_volumes(const std::string& json) {
  return read_list(json, "volumes", volume_of);
}
Result<VolumeView> read_volume(const std::string& text) {
  const Result<Json> json = parse(text);
  if (!json) return json.error();
  return volume_of(json.value());
}
Result<std::vector<LunView>> read_luns(const std::string& json) {
  return read_list(json, "luns", lun_of);
}
Result<std::vector<SessionView>> read_sessions(const std::string& json) {
  return read_list(json, "sessions", session_of);
}
Result<std::vector<CopyView>> read_copies(const std::string& json) {
  return read_list(json, "copies", copy_of);
}

Result<PortGroupView> read_port_group(const std::string& text) {
  const Result<Json> json = parse(text);
  if (!json) return json.error();
  return port_group_of(json.value());
}

Result<std::vector<PortGroupView>> read_port_groups(const std::string& text) {
  return read_list<PortGroupView>(text, "port_groups", port_group_of);
}

Result<CopyView> read_copy(const std::string& text) {
  const Result<Json> json = parse(text);
  if (!json) return json.error();
  return copy_of(json.value());
}

Result<GroupView> read_group(const std::string& text) {
  const Result<Json> json = parse(text);
  if (!json) return json.error();
  return group_of(json.value());
}

Result<std::vector<GroupView>> read_groups(const std::string& text) {
  return read_list(text, "groups", group_of);
}

Result<MapView> read_map(const std::string& text) {
  Result<std::vector<MapBucket>> buckets = read_list(text, "buckets", bucket_of);
  if (!buckets) return buckets.error();
  MapView view;
  view.buckets = std::move(buckets).value();
  const Json json = Json::parse(text, nullptr, false);
  take(json, "size", view.size);
  take(json, "grain", view.grain);
  return view;
}

Error read_problem(unsigned status, const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  Error error{kind_of_status(status), "", ""};
  take(json, "detail", error.message);
  if (error.message.empty()) take(json, "title", error.message);
  if (error.message.empty()) error.message = fmt::format("answered with status {}", status);
  take(json, "field", error.field);
  return error;
}

namespace {

// What is no UTF-8 on the command line goes over as the replacement character.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void put_settings(Json& json, const CopySettings& settings) {
  if (!settings.rate_limit.empty()) json["rate_limit"] = settings.rate_limit;
  if (!settings.impact.empty()) json["impact"] = settings.impact;
  if (settings.latency_budget_us) json["latency_budget_us"] = *settings.latency_budget_us;
}

// "FROM:TO:LENGTH"; what lacks a part is for the daemon to refuse.
Json range_of(const std::string& text) {
  Json range = Json::object();
  size_t begin = 0;
  for (const char* key : {"source_offset", "destination_offset", "length"}) {
    if (begin > text.size()) break;
    const size_t end = std::min(text.find(':', begin), text.size());
    range[key] = text.substr(begin, end - begin);
    begin = end + 1;
  }
  return range;
}

}  // namespace

std::string write_settings(const CopySettings& settings) {
  Json json = Json::object();
  put_settings(json, settings);
  return text_of(json);
}

std::string write_port_group(const PortGroupSettings& settings) {
  Json body = Json::object();
  if (!settings.state.empty()) body["state"] = settings.state;
  if (settings.preferred) body["preferred"] = *settings.preferred;
  return body.dump();
}

std::string write_growth(const std::string& size) {
  return text_of(Json{{"size", size}});
}

std::string write_ranges(const std::vector<std::string>& ranges) {
  Json json;
  for (const std::string& range : ranges) json["ranges"].push_back(range_of(range));
  return text_of(json);
}

std::string write_order(const CopyOrder& order) {
  Json json;
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  json["source"] = order.source;
  json["destination"] = order.destination;
  put("consistency", order.consistency);
  put("segment_size", order.segment_size);
  put("grain", order.grain);
  put("release", order.release);
  put("route", order.route);
  put("store_limit", order.store_limit);
  put("on_preserve_error", order.on_preserve_error);
  put_settings(json, order);
  if (order.verify) json["verify"] = true;
  if (order.hold) json["hold"] = true;
  for (const std::string& range : order.ranges) json["ranges"].push_back(range_of(range));
  return text_of(json);
}

std::string write_group_order(const GroupOrder& order) {
  Json json;
  for (const std::string& pair : order.pairs) {
    Json copy;
    const size_t colon = pair.find(':');
    copy["source"] = pair.substr(0, colon);
    // What has none is for the daemon to refuse.
    if (colon != std::string::npos) copy["destination"] = pair.substr(colon + 1);
    if (!order.grain.empty()) copy["grain"] = order.grain;
    if (!order.release.empty()) copy["release"] = order.release;
    put_settings(copy, order);
    json["copies"].push_back(std::move(copy));
  }
  if (order.fence_deadline_ms) json["fence_deadline_ms"] = *order.fence_deadline_ms;
  return text_of(json);
}

}  // namespace tidemark::mgmt::cli
