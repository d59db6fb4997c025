#include "mgmt/in_band/in_band_rest.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/big_endian.h"
#include "mgmt/http/copy_codec.h"
#include "mgmt/http/json_answer.h"
#include "mgmt/http/json_text.h"
#include "mgmt/http/map_buckets.h"
#include "mgmt/http/problem.h"
#include "mgmt/in_band/copy_report.h"
#include "scsi/copy_descriptor.h"
#include "scsi/vendor_layout.h"

namespace tidemark::mgmt {
namespace {

constexpr uint8_t kOut = 0xc8;
constexpr uint8_t kIn = 0xc9;
// Service actions.
constexpr uint8_t kStart = 0x01;
constexpr uint8_t kAbort = 0x02;
constexpr uint8_t kPause = 0x03;
constexpr uint8_t kResume = 0x04;
constexpr uint8_t kSet = 0x05;
constexpr uint8_t kAppend = 0x06;
constexpr uint8_t kBegin = 0x07;
constexpr uint8_t kList = 0x01;
constexpr uint8_t kStatus = 0x02;
constexpr uint8_t kMap = 0x03;

constexpr size_t kDataIn = 64 * kKiB;
constexpr std::string_view kPrefix = "/api/v1/";

HttpResponse not_in_band() {
  return problem(
      Error{ErrorKind::unsupported, "not available in band; ask the management port", {}});
}

/// What sense data means to whoever asked.
struct SenseRow {
  uint16_t asc;
  ErrorKind kind;
  const char* text;
};
constexpr SenseRow kSenses[] = {
    {0x0016, ErrorKind::conflict, "source or destination is in another copy that forbids this one"},
    {0x1a00, ErrorKind::invalid, "the list has the wrong length"},
    {0x2000, ErrorKind::unsupported, "the unit has no vendor commands"},
    {0x2002, ErrorKind::denied, "this initiator may not command copies"},
    {0x2400, ErrorKind::not_found, "there is no such copy of this LUN"},
    {0x2600, ErrorKind::invalid, "a value is not possible"},
    {0x2700, ErrorKind::conflict, "the destination does not take writes"},
    {0x2702, ErrorKind::conflict, "the destination does not take writes"},
    {0x2c00, ErrorKind::conflict, "the state of the copy forbids this"},
    {0x5503, ErrorKind::exhausted, "no room for another copy"},
};
/// Fields of START by the byte that sense data points at.
struct FieldRow {
  int byte;
  const char* name;
};
constexpr FieldRow kStartFields[] = {
    {4, "source"},       {5, "destination"},   {6, "impact"}, {8, "source"},
    {16, "destination"}, {24, "segment_size"}, {32, "grain"}, {36, "latency_budget_us"},
    {40, "rate_limit"},  {48, "ranges"},
};

HttpResponse problem_of(const CdbReply& reply) {
  if (reply.status == 0x18)
    return problem(Error{ErrorKind::conflict, "a reservation of another host forbids this", {}});
  const auto* row = std::ranges::find(kSenses, reply.asc, &SenseRow::asc);
  if (row == std::end(kSenses))
    return problem(Error{ErrorKind::io,
                         "the unit answers status " + std::to_string(reply.status) +
                             ", additional sense code " + std::to_string(reply.asc),
                         {}});
  Error error{row->kind, row->text, {}};
  const auto* field = std::ranges::find(kStartFields, reply.field, &FieldRow::byte);
  if (reply.asc == 0x2600 && field != std::end(kStartFields)) {
    error.field = field->name;
    if (reply.field == 8 || reply.field == 16)
      error = {ErrorKind::not_found, "this host sees no such volume", field->name};
  }
  return problem(error);
}

HttpResponse json(unsigned status, const nlohmann::ordered_json& body) {
  return HttpResponse{status, std::string(kJson), json_text(body), {}};
}

scsi::StartList start_list_of(const copyengine::CopyRequest& request) {
  copyengine::CopyStatus carrier;
  carrier.request = request;
  const scsi::CopyReport as_report = report_of(carrier);
  scsi::StartList list;
  list.source = {scsi::UnitName::Form::volume, 0, request.source};
  list.destination = {scsi::UnitName::Form::volume, 0, request.destination};
  list.per_segment = as_report.per_segment;
  list.release_ram = as_report.release_ram;
  list.release_durable = as_report.release_durable;
  list.fail_write = as_report.fail_write;
  list.segment_size = as_report.segment_size;
  list.grain = as_report.grain;
  list.rate_limit = as_report.rate_limit;
  list.verify = request.verify;
  list.hold = request.hold;
  list.impact = as_report.impact;
  list.latency_budget_us = as_report.latency_budget_us;
  list.ranges = as_report.ranges;
  return list;
}

/// The number that a path goes on with, and what follows it; none if there is no number.
std::optional<std::pair<uint64_t, std::string>> number_in(const std::string& path) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), number);
  if (error != std::errc{} || number == 0 || number > UINT32_MAX) return std::nullopt;
  return std::pair{number, std::string(end, path.data() + path.size())};
}

}  // namespace

/// One vendor command.
struct InBandRest::Command {
  uint8_t opcode;
  uint8_t service_action;
  uint64_t copy = 0;
  std::vector<uint8_t> list = {};
  uint64_t first_grain = 0;  // SNAPSHOT MAP
  uint8_t version = 0;       // STATUS
};

Result<CdbReply> InBandRest::send(const Command& command) const {
  std::array<uint8_t, 16> cdb{};
  cdb[0] = command.opcode;
  cdb[1] = command.service_action;
  store_be<4>(&cdb[2], command.copy);
  store_be<4>(&cdb[6], command.first_grain);
  const size_t data_in = command.opcode == kIn ? kDataIn : 0;
  store_be<4>(&cdb[10], data_in > 0 ? data_in : command.list.size());
  cdb[14] = command.version;
  return port_->send(cdb, command.list, data_in);
}

Result<HttpResponse> InBandRest::request(std::string_view verb, const std::string& path,
                                         const std::string& body) const {
  const std::string rest = path.starts_with(kPrefix) ? path.substr(kPrefix.size()) : path;
  if (!rest.starts_with("copies")) return not_in_band();
  const std::string after = rest.substr(6);
  if (after.empty()) {
    if (verb == "GET") return list();
    return verb == "POST" ? start(body) : not_in_band();
  }
  const auto number = number_in(after.substr(1));
  if (!number) return problem(Error{ErrorKind::not_found, "there is no such copy", {}});
  const uint64_t id = number->first;
  const std::string& what = number->second;
  if (what.empty() && verb == "GET") return show(id, 200);
  if (what.empty() && verb == "PATCH") return set(id, body);
  if (what == "/ranges" && verb == "POST") return append(id, body);
  constexpr std::string_view kBuckets = "/map?buckets=";
  if (what.starts_with(kBuckets) && verb == "GET") {
    const auto buckets = number_in(what.substr(kBuckets.size()));
    return map(id, buckets ? static_cast<size_t>(buckets->first) : 64);
  }
  if (verb == "POST" && what.size() > 1) return act(id, what.substr(1));
  return not_in_band();
}

Result<HttpResponse> InBandRest::list() const {
  nlohmann::ordered_json copies = nlohmann::ordered_json::array();
  for (uint64_t from = 0;;) {
    const auto reply = send({.opcode = kIn, .service_action = kList, .copy = from});
    if (!reply) return reply.error();
    if (!reply.value().good()) return problem_of(reply.value());
    ConstBytes data = reply.value().data;
    if (data.size() < scsi::kListHeaderBytes)
      return Error{ErrorKind::io, "the list of copies is cut off", {}};
    const bool more = data[5] != 0;
    const uint64_t next = load_be64(&data[8]);
    for (data = data.subspan(scsi::kListHeaderBytes); !data.empty();) {
      const auto report = scsi::decode_copy_descriptor(data);
      if (!report) return Error{ErrorKind::io, "a copy descriptor cannot be read", {}};
      copies.push_back(encode_copy(status_of(*report)));
      data = data.subspan(scsi::copy_descriptor_bytes(data));
    }
    if (!more || (from != 0 && next >= from)) break;
    from = next;
  }
  return json(200, {{"copies", std::move(copies)}});
}

Result<scsi::CopyReport> InBandRest::report(uint64_t id, HttpResponse& refused) const {
  const auto reply = send(
      {.opcode = kIn, .service_action = kStatus, .copy = id, .version = scsi::kDescriptorVersion});
  if (!reply) return reply.error();
  if (!reply.value().good()) {
    refused = problem_of(reply.value());
    return scsi::CopyReport{};
  }
  const auto report = scsi::decode_copy_descriptor(reply.value().data);
  if (!report) return Error{ErrorKind::io, "a copy descriptor cannot be read", {}};
  return *report;
}

/// The copy object, as an answer with this status.
Result<HttpResponse> InBandRest::show(uint64_t id, unsigned http_status) const {
  HttpResponse refused{0, {}, {}, {}};
  const auto found = report(id, refused);
  if (!found) return found.error();
  if (refused.status != 0) return refused;
  return json(http_status, encode_copy(status_of(found.value())));
}

Result<HttpResponse> InBandRest::start(const std::string& body) const {
  const auto parsed = parse_json(body, JsonComments::refused);
  if (!parsed) return problem(parsed.error());
  const auto request = decode_copy_request(parsed.value());
  if (!request) return problem(request.error());
  const auto reply = send({.opcode = kOut,
                           .service_action = kStart,
                           .list = encode_start_list_2(start_list_of(request.value()))});
  if (!reply) return reply.error();
  if (!reply.value().good()) return problem_of(reply.value());
  return show(0, 201);  // the one this session began last
}

Result<HttpResponse> InBandRest::act(uint64_t id, const std::string& verb) const {
  struct VerbRow {
    std::string_view verb;
    uint8_t service_action;
  };
  constexpr VerbRow kVerbs[] = {
      {"cancel", kAbort}, {"pause", kPause}, {"resume", kResume}, {"start", kBegin}};
  const auto* row = std::ranges::find(kVerbs, verb, &VerbRow::verb);
  if (row == std::end(kVerbs)) return not_in_band();
  const auto reply = send({.opcode = kOut, .service_action = row->service_action, .copy = id});
  if (!reply) return reply.error();
  return reply.value().good() ? show(id, 200) : problem_of(reply.value());
}

Result<HttpResponse> InBandRest::append(uint64_t id, const std::string& body) const {
  const auto parsed = parse_json(body, JsonComments::refused);
  if (!parsed) return problem(parsed.error());
  const auto ranges = decode_more_ranges(parsed.value());
  if (!ranges) return problem(ranges.error());
  std::vector<scsi::CopyRange> list;
  for (const copyengine::CopyRange& range : ranges.value())
    list.push_back({range.source_offset, range.destination_offset, range.length});
  const auto reply = send({.opcode = kOut,
                           .service_action = kAppend,
                           .copy = id,
                           .list = scsi::encode_append_list(list)});
  if (!reply) return reply.error();
  return reply.value().good() ? show(id, 200) : problem_of(reply.value());
}

Result<HttpResponse> InBandRest::set(uint64_t id, const std::string& body) const {
  const auto parsed = parse_json(body, JsonComments::refused);
  if (!parsed) return problem(parsed.error());
  const auto change = decode_copy_change(parsed.value());
  if (!change) return problem(change.error());
  scsi::CopyAdjustment adjustment;
  adjustment.rate_limit = change.value().rate_limit;
  if (change.value().impact) {
    copyengine::CopyStatus carrier;
    carrier.request.impact = *change.value().impact;
    adjustment.impact = report_of(carrier).impact;
  }
  if (change.value().latency_budget)
    adjustment.latency_budget_us = static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(*change.value().latency_budget)
            .count());
  const auto reply = send({.opcode = kOut,
                           .service_action = kSet,
                           .copy = id,
                           .list = scsi::encode_set_list(adjustment)});
  if (!reply) return reply.error();
  return reply.value().good() ? show(id, 200) : problem_of(reply.value());
}

Result<HttpResponse> InBandRest::map(uint64_t id, size_t buckets) const {
  HttpResponse refused{0, {}, {}, {}};
  const auto found = report(id, refused);
  if (!found) return found.error();
  if (refused.status != 0) return refused;
  const copyengine::CopyStatus status = status_of(found.value());
  // As far as the ranges go: the size of the source is the management port's to know.
  uint64_t size = status.request.ranges.empty() ? status.bytes_total : 0;
  for (const copyengine::CopyRange& range : status.request.ranges)
    size = std::max(size, range.source().end());
  MapBuckets drawn({0, size}, status.request.grain, buckets);
  for (uint64_t grain = 0;;) {
    const auto reply =
        send({.opcode = kIn, .service_action = kMap, .copy = id, .first_grain = grain});
    if (!reply) return reply.error();
    if (!reply.value().good()) return problem_of(reply.value());
    const ConstBytes data = reply.value().data;
    if (data.size() < scsi::kMapHeaderBytes)
      return Error{ErrorKind::io, "the snapshot map is cut off", {}};
    for (size_t at = scsi::kMapHeaderBytes; at + scsi::kMapRunBytes <= data.size();
         at += scsi::kMapRunBytes)
      drawn.add({{load_be64(&data[at + 8]), load_be64(&data[at + 16])},
                 grain_state_of(static_cast<scsi::GrainState>(data[at]))});
    const uint64_t next = load_be64(&data[32]);
    if ((data[5] & 1) == 0 || next <= grain) break;
    grain = next;
  }
  return json(200, encode_buckets(status, size, drawn));
}

}  // namespace tidemark::mgmt
