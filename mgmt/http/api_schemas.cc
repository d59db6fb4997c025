#include "mgmt/http/api_schemas.h"

#include <array>
#include <nlohmann/json.hpp>

#include "mgmt/http/copy_codec.h"
#include "mgmt/http/group_api.h"
#include "mgmt/http/image_api.h"
#include "mgmt/http/inventory_api.h"
#include "mgmt/http/json_shape.h"
#include "mgmt/http/log_api.h"
#include "mgmt/http/method_table.h"
#include "mgmt/http/object_schema.h"
#include "mgmt/http/token_api.h"
#include "mgmt/http/view_codec.h"
#include "target/login_refusal.h"

namespace tidemark::mgmt {
namespace {

using copyengine::CopyState;
using copyengine::CopyStatus;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::array kShapes = {
    MethodShape{"GET", "/api/v1/status", "", "Status", ""},
    MethodShape{"GET", "/api/v1/volumes", "", "Volume", "volumes"},
    MethodShape{"GET", "/api/v1/volumes/{name}", "", "Volume", ""},
    MethodShape{"POST", "/api/v1/volumes", "NewVolume", "Volume", "", 201},
    MethodShape{"POST", "/api/v1/volumes/import", "VolumeImport", "Volume", "", 201},
    MethodShape{"DELETE", "/api/v1/volumes/{name}", "", "Volume", ""},
    MethodShape{"GET", "/api/v1/targets", "", "Target", "targets"},
    MethodShape{"POST", "/api/v1/targets", "NewTarget", "Target", "", 201},
    MethodShape{"GET", "/api/v1/targets/{name}", "", "Target", ""},
    MethodShape{"DELETE", "/api/v1/targets/{name}", "", "Target", ""},
    MethodShape{"POST", "/api/v1/targets/{name}/luns", "NewLun", "Lun", "", 201},
    MethodShape{"GET", "/api/v1/targets/{name}/luns/{id}", "", "Lun", ""},
    MethodShape{"DELETE", "/api/v1/targets/{name}/luns/{id}", "", "Lun", ""},
    MethodShape{"PUT", "/api/v1/targets/{name}/access/{initiator}", "Access", "Target", ""},
    MethodShape{"DELETE", "/api/v1/targets/{name}/access/{initiator}", "", "Target", ""},
    MethodShape{"GET", "/api/v1/luns", "", "Lun", "luns"},
    MethodShape{"GET", "/api/v1/images", "", "Image", "images"},
    MethodShape{"POST", "/api/v1/images", "NewImage", "Image", "", 201},
    MethodShape{"GET", "/api/v1/images/{name}", "", "Image", ""},
    MethodShape{"DELETE", "/api/v1/images/{name}", "", "Image", ""},
    MethodShape{"POST", "/api/v1/images/{name}/luns", "ImageAttachment", "Image", ""},
    MethodShape{"DELETE", "/api/v1/images/{name}/luns", "", "Image", ""},
    MethodShape{"GET", "/api/v1/sessions", "", "Session", "sessions"},
    MethodShape{"GET", "/api/v1/log", "", "Log", ""},
    MethodShape{"PATCH", "/api/v1/log", "LogChange", "Log", ""},
    MethodShape{"GET", "/api/v1/whoami", "", "Caller", ""},
    MethodShape{"GET", "/api/v1/tokens", "", "Token", "tokens"},
    MethodShape{"POST", "/api/v1/tokens", "NewToken", "Token", "", 201},
    MethodShape{"DELETE", "/api/v1/tokens/{name}", "", "Token", ""},
    MethodShape{"DELETE", "/api/v1/sessions/{id}", "", "Session", ""},
    MethodShape{"GET", "/api/v1/copies", "", "Copy", "copies"},
    MethodShape{"POST", "/api/v1/copies", "CopyRequest", "Copy", "", 201},
    MethodShape{"GET", "/api/v1/copies/{id}", "", "Copy", ""},
    MethodShape{"PATCH", "/api/v1/copies/{id}", "CopyChange", "Copy", ""},
    MethodShape{"POST", "/api/v1/copies/{id}/pause", "", "Copy", ""},
    MethodShape{"POST", "/api/v1/copies/{id}/resume", "", "Copy", ""},
    MethodShape{"POST", "/api/v1/copies/{id}/cancel", "", "Copy", ""},
    MethodShape{"POST", "/api/v1/copies/{id}/start", "", "Copy", ""},
    MethodShape{"POST", "/api/v1/copies/{id}/ranges", "MoreRanges", "Copy", ""},
    MethodShape{"GET", "/api/v1/copies/{id}/map", "", "SnapshotMap", ""},
    MethodShape{"GET", "/api/v1/groups", "", "Group", "groups"},
    MethodShape{"POST", "/api/v1/groups", "GroupRequest", "Group", "", 201},
    MethodShape{"GET", "/api/v1/groups/{id}", "", "Group", ""},
};

// Everything that can be there is there.
CopyStatus full_copy() {
  CopyStatus status;
  status.id = 1;
  status.request.source = "source";
  status.request.initiator = "iqn.2026-11.dev.tidemark:host";
  status.request.ranges = {{0, 0, 1}, {2, 2, 1}};
  status.request.group = 1;
  status.state = CopyState::failed;
  status.t0_unix_ns = status.started_unix_ns = status.ended_unix_ns = 1;
  status.segments_total = 1;
  status.active_segment = {0, 1};
  status.holds.add(std::chrono::microseconds(1));
  status.bytes_per_second = 0.5;
  status.eta_seconds = 0.5;
  status.error = storage::Errc::medium_read;
  status.error_text = "text";
  status.error_range = 0;
  status.mismatches = {{0, 1}};
  return status;
}

ordered_json copy_schema() {
  CopyStatus without_range = full_copy();
  without_range.error_range.reset();
  return shape_of({encode_copy(full_copy()), encode_copy(without_range), encode_copy({})});
}

ordered_json map_schema() {
  const CopyStatus copy = full_copy();
  MapBuckets buckets({0, 2}, 1, 2);
  return shape_of({encode_map(copy, 2, {{{0, 1}, copyengine::GrainState::owed}}, 1),
                   encode_map(copy, 1, {{{0, 1}, copyengine::GrainState::owed}}, 1),
                   encode_buckets(copy, 2, buckets)});
}

ordered_json status_schema() {
  StatusView status;
  for (size_t cause = 0; cause < target::kRefusalCauses; ++cause)
    status.refused_logins.emplace_back(name_of(static_cast<target::RefusalCause>(cause)), 0);
  return shape_of({encode_status(status)});
}

ordered_json group_schema() {
  CopyStatus without_range = full_copy();
  without_range.error_range.reset();
  return shape_of({encode_group({1, {full_copy(), without_range, {}}}), encode_group({})});
}

ordered_json image_schema() {
  ImageView full;
  full.broken = true;
  full.t0_unix_ns = 1;
  full.luns = {{"target", 0}};
  full.naa = full.serial = "text";
  return shape_of({encode_image(full), encode_image({})});
}

ordered_json target_schema() {
  TargetView full;
  full.luns = {{0, "source"}};
  full.access.push_back({.initiator = "*"});
  full.access.push_back({.initiator = "*", .chap_user = "host", .mutual = true, .luns = full.luns});
  full.moved_to = "host:3260";
  return shape_of({encode_target(full), encode_target({})});
}

ordered_json problem_schema() {
  return {
      {"description", "RFC 9457. field names what is at fault: a key of the body, or a parameter."},
      {"type", "object"},
      {"properties",
       {{"type", {{"type", "string"}}},
        {"title", {{"type", "string"}}},
        {"status", {{"type", "integer"}}},
        {"detail", {{"type", "string"}}},
        {"field", {{"type", "string"}}}}},
      {"required", {"type", "title", "status", "detail"}}};
}

ordered_json size_schema() {
  const ordered_json number = {{"type", "integer"}, {"minimum", 0}};
  const ordered_json text = {{"type", "string"}, {"pattern", "^[0-9]+(KiB|MiB|GiB|TiB)?$"}};
  return {{"description", "Bytes, or a whole number of KiB, MiB, GiB or TiB."},
          {"oneOf", {number, text}}};
}

}  // namespace

const MethodShape* shape_of_method(const MethodRow& row) {
  for (const MethodShape& shape : kShapes)
    if (shape.verb == row.verb && shape.pattern == row.pattern) return &shape;
  return nullptr;
}

ordered_json api_schemas() {
  return {
      {"Status", status_schema()},
      {"Volume", shape_of({encode_volume({})})},
      {"Target", target_schema()},
      {"Lun", shape_of({encode_lun({})})},
      {"Image", image_schema()},
      {"NewImage", accepted_by([](const json& none) { (void)decode_new_image(none); })},
      {"ImageAttachment",
       accepted_by([](const json& none) { (void)decode_image_attachment(none); })},
      {"Session", shape_of({encode_session({})})},
      {"Copy", copy_schema()},
      {"SnapshotMap", map_schema()},
      {"Group", group_schema()},
      {"CopyRequest", accepted_by([](const json& none) { (void)decode_copy_request(none); })},
      {"GroupRequest", accepted_by([](const json& none) { (void)decode_group_request(none); })},
      {"CopyChange", accepted_by([](const json& none) { (void)decode_copy_change(none); })},
      {"MoreRanges", accepted_by([](const json& none) { (void)decode_more_ranges(none); })},
      {"NewVolume", accepted_by([](const json& none) { (void)decode_new_volume(none); })},
      {"VolumeImport", accepted_by([](const json& none) { (void)decode_volume_import(none); })},
      {"NewTarget", accepted_by([](const json& none) { (void)decode_new_target(none); })},
      {"NewLun", accepted_by([](const json& none) { (void)decode_new_lun(none); })},
      {"Access", accepted_by([](const json& none) { (void)decode_access(none); })},
      {"Log", shape_of({encode_log()})},
      {"LogChange", accepted_by([](const json& none) { (void)decode_log_change(none); })},
      {"Caller", shape_of({encode_caller({"name"}), encode_caller({})})},
      {"Token", shape_of({encode_token({.name = "name", .secret = "secret"}), encode_token({})})},
      {"NewToken", accepted_by([](const json& none) { (void)decode_new_token(none); })},
      {"Problem", problem_schema()},
      {"Size", size_schema()},
  };
}

}  // namespace tidemark::mgmt
