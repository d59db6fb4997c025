#include "mgmt/http/copy_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "mgmt/http/json_text.h"
#include "mgmt/http/object_reader.h"
#include "mgmt/http/time_text.h"

namespace tidemark::mgmt {
namespace {

using copyengine::CopyRequest;
using copyengine::CopyStatus;
using nlohmann::json;
using nlohmann::ordered_json;

// Every word of the copy object that stands for a value. Both directions read these rows.
constexpr std::array kConsistencies = {Word{"source", copyengine::Consistency::source},
                                       Word{"segment", copyengine::Consistency::segment}};
constexpr std::array kReleases = {Word{"ram", copyengine::Release::ram},
                                  Word{"written", copyengine::Release::written},
                                  Word{"durable", copyengine::Release::durable}};
constexpr std::array kPolicies = {Word{"break_copy", copyengine::OnPreserveError::break_copy},
                                  Word{"fail_write", copyengine::OnPreserveError::fail_write}};
constexpr std::array kRoutes = {Word{"store", copyengine::Route::store},
                                Word{"destination", copyengine::Route::destination},
                                Word{"auto", copyengine::Route::automatic}};
constexpr std::array kImpacts = {Word{"low", copyengine::Impact::low},
                                 Word{"normal", copyengine::Impact::normal},
                                 Word{"max", copyengine::Impact::max}};
constexpr std::array kOrigins = {
    Word{"rest", copyengine::Origin::rest}, Word{"xcopy", copyengine::Origin::xcopy},
    Word{"vendor", copyengine::Origin::vendor}, Word{"token", copyengine::Origin::token}};
constexpr std::array kStates = {Word{"collecting", copyengine::CopyState::collecting},
                                Word{"preparing", copyengine::CopyState::preparing},
                                Word{"copying", copyengine::CopyState::copying},
                                Word{"paused", copyengine::CopyState::paused},
                                Word{"draining", copyengine::CopyState::draining},
                                Word{"completed", copyengine::CopyState::completed},
                                Word{"failed", copyengine::CopyState::failed},
                                Word{"cancelled", copyengine::CopyState::cancelled},
                                Word{"broken", copyengine::CopyState::broken}};

template <class T, size_t N>
std::string_view text_of(const std::array<Word<T>, N>& words, T value) {
  for (const Word<T>& word : words)
    if (word.value == value) return word.text;
  return "unknown";
}

template <class T, size_t N>
void value_of(const std::array<Word<T>, N>& words, const json& text, T& to) {
  for (const Word<T>& word : words)
    if (text == word.text) to = word.value;
}

ordered_json encode_extent(const storage::Extent& extent) {
  return {{"offset", extent.offset}, {"length", extent.length}};
}

ordered_json encode_time(uint64_t unix_ns) {
  return unix_ns == 0 ? ordered_json(nullptr) : ordered_json(time_text(unix_ns));
}

double encode_us(Duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

ordered_json encode_holds(const copyengine::HoldHistogram& holds) {
  ordered_json histogram = ordered_json::array();
  for (size_t bucket = 0; bucket < copyengine::kHoldBuckets; ++bucket)
    if (holds.count[bucket] > 0)
      histogram.push_back({{"below_us", uint64_t{1} << bucket}, {"count", holds.count[bucket]}});
  return {{"p50", holds.quantile_us(0.5)},
          {"p99", holds.quantile_us(0.99)},
          {"p999", holds.quantile_us(0.999)},
          {"max", encode_us(holds.longest)},
          {"histogram", std::move(histogram)}};
}

ordered_json encode_error(const CopyStatus& status) {
  if (status.error == storage::Errc::ok && status.error_text.empty()) return nullptr;
  return {{"code", storage::name_of(status.error)},
          {"party", status.error_party},
          {"text", status.error_text},
          {"range", status.error_range ? ordered_json(*status.error_range) : ordered_json(nullptr)},
          {"offset", status.error_extent.offset},
          {"length", status.error_extent.length}};
}

ordered_json encode_ranges(const std::vector<copyengine::CopyRange>& ranges) {
  ordered_json list = ordered_json::array();
  for (const copyengine::CopyRange& range : ranges)
    list.push_back({{"source_offset", range.source_offset},
                    {"destination_offset", range.destination_offset},
                    {"length", range.length}});
  return list;
}

constexpr uint64_t kRangesMax = 4096;
constexpr uint64_t kLatencyBudgetMaxUs = 60'000'000;

void decode_ranges(ObjectReader& reader, Need need, Faults& faults,
                   std::vector<copyengine::CopyRange>& ranges) {
  reader.each("ranges", need, [&](const json& item, const std::string& path) {
    copyengine::CopyRange range;
    ObjectReader part(item, path, {"source_offset", "destination_offset", "length"}, faults);
    part.size("source_offset", Need::required, range.source_offset);
    range.destination_offset = range.source_offset;
    part.size("destination_offset", Need::optional, range.destination_offset);
    part.size("length", Need::required, range.length);
    if (ranges.size() == kRangesMax)
      faults.add(reader.path_of("ranges"), "has more than 4096 members");
    ranges.push_back(range);
  });
  if (reader.has("ranges") && ranges.empty())
    faults.add(reader.path_of("ranges"), "must name one at least");
}

/// What both a new copy and a change of a running one may say.
bool decode_impact(ObjectReader& reader, copyengine::Impact& impact) {
  return reader.word<copyengine::Impact>("impact", kImpacts, impact);
}

bool decode_latency_budget(ObjectReader& reader, Duration& budget) {
  uint64_t us = 0;
  if (!reader.number("latency_budget_us", Need::optional, 0, kLatencyBudgetMaxUs, us)) return false;
  budget = std::chrono::microseconds(us);
  return true;
}

// A copy of a whole source has one range, from start to start; copies in band say theirs always.
bool covers_whole_source(const CopyStatus& status) {
  const std::vector<copyengine::CopyRange>& ranges = status.request.ranges;
  if (ranges.empty()) return true;
  const bool by_command = status.request.origin == copyengine::Origin::xcopy ||
                          status.request.origin == copyengine::Origin::token;
  return ranges.size() == 1 && !by_command && ranges[0].source_offset == 0 &&
         ranges[0].destination_offset == 0 && ranges[0].length == status.bytes_total;
}

}  // namespace

CopyRequest decode_copy_request(const json& body, const std::string& path, Faults& faults) {
  CopyRequest request;
  ObjectReader reader(body, path,
                      {"source", "destination", "consistency", "segment_size", "grain", "release",
                       "store_limit", "rate_limit", "on_preserve_error", "impact", "route",
                       "latency_budget_us", "ranges", "verify", "hold"},
                      faults);
  reader.text("source", Need::required, request.source);
  reader.text("destination", Need::required, request.destination);
  reader.word<copyengine::Consistency>("consistency", kConsistencies, request.consistency);
  reader.size("segment_size", Need::optional, request.segment_size);
  uint64_t grain = request.grain;
  if (reader.size("grain", Need::optional, grain) && grain > copyengine::kGrainMax)
    faults.add(reader.path_of("grain"), "must be 64KiB at most");
  request.grain = static_cast<uint32_t>(grain);
  reader.word<copyengine::Release>("release", kReleases, request.release);
  reader.size("store_limit", Need::optional, request.store_limit);
  reader.size("rate_limit", Need::optional, request.rate_limit);
  reader.word<copyengine::OnPreserveError>("on_preserve_error", kPolicies,
                                           request.on_preserve_error);
  reader.word<copyengine::Route>("route", kRoutes, request.route);
  decode_impact(reader, request.impact);
  decode_latency_budget(reader, request.latency_budget);
  reader.flag("verify", request.verify);
  reader.flag("hold", request.hold);
  decode_ranges(reader, Need::optional, faults, request.ranges);
  // Within one volume it would protect the source from its hosts.
  request.protect_destination = request.source != request.destination;
  return request;
}

Result<CopyRequest> decode_copy_request(const json& body) {
  Faults faults;
  CopyRequest request = decode_copy_request(body, {}, faults);
  if (faults.any()) return faults.first();
  return request;
}

Result<std::vector<copyengine::CopyRange>> decode_more_ranges(const json& body) {
  Faults faults;
  std::vector<copyengine::CopyRange> ranges;
  ObjectReader reader(body, {}, {"ranges"}, faults);
  decode_ranges(reader, Need::required, faults, ranges);
  if (faults.any()) return faults.first();
  return ranges;
}

Result<copyengine::CopyChange> decode_copy_change(const json& body) {
  Faults faults;
  copyengine::CopyChange change;
  ObjectReader reader(body, {}, {"rate_limit", "impact", "latency_budget_us"}, faults);
  if (uint64_t rate = 0; reader.size("rate_limit", Need::optional, rate)) change.rate_limit = rate;
  if (auto impact = copyengine::Impact::normal; decode_impact(reader, impact))
    change.impact = impact;
  if (Duration budget{}; decode_latency_budget(reader, budget)) change.latency_budget = budget;
  if (faults.any()) return faults.first();
  return change;
}

ordered_json encode_copy(const CopyStatus& status) {
  const CopyRequest& request = status.request;
  ordered_json copy = {
      {"id", status.id},
      {"origin", text_of(kOrigins, request.origin)},
      {"source", request.source},
      {"destination", request.destination},
      {"state", text_of(kStates, status.state)},
      {"consistency", text_of(kConsistencies, request.consistency)},
      {"release", text_of(kReleases, request.release)},
      {"on_preserve_error", text_of(kPolicies, request.on_preserve_error)},
      {"segment_size", request.segment_size},
      {"grain", request.grain},
      {"route", text_of(kRoutes, request.route)},
      {"store_limit", request.store_limit},
      {"rate_limit", request.rate_limit},
      {"impact", text_of(kImpacts, request.impact)},
      {"latency_budget_us",
       std::chrono::duration_cast<std::chrono::microseconds>(request.latency_budget).count()},
      {"verify", request.verify},
      {"t0", encode_time(status.t0_unix_ns)},
      {"t0_unix_ns", status.t0_unix_ns},
      {"started", encode_time(status.started_unix_ns)},
      {"started_unix_ns", status.started_unix_ns},
      {"ended", encode_time(status.ended_unix_ns)},
      {"ended_unix_ns", status.ended_unix_ns},
      {"resumed", status.resumed},
      {"fence_us", encode_us(status.fence_time)},
      {"bytes",
       {{"total", status.bytes_total},
        {"done", status.bytes_done},
        {"written", status.bytes_written},
        {"skipped", status.bytes_skipped},
        {"zero", status.bytes_zero},
        {"hole", status.bytes_hole},
        {"verified", status.bytes_verified},
        {"mismatched", status.bytes_mismatched},
        {"preserved", status.bytes_preserved},
        {"routed", status.bytes_routed},
        {"spilled", status.bytes_spilled}}},
      {"store_bytes", status.store_bytes},
      {"store_level", status.store_level},
      {"segments",
       {{"total", status.segments_total},
        {"done", status.segments_done},
        {"active", status.active_segment.empty() ? ordered_json(nullptr)
                                                 : encode_extent(status.active_segment)}}},
      {"held", {{"now", status.held_now}, {"total", status.held_total}}},
      {"writes_failed", status.writes_failed},
      {"hold_us", encode_holds(status.holds)},
      {"rate", status.bytes_per_second},
      {"pace",
       {{"chunk", status.chunk_bytes},
        {"under_way", status.chunks_under_way},
        {"share", status.copier_share},
        {"host_latency_us", encode_us(status.host_latency)}}},
      {"eta_seconds",
       status.eta_seconds ? ordered_json(*status.eta_seconds) : ordered_json(nullptr)},
  };
  if (!covers_whole_source(status)) copy["ranges"] = encode_ranges(request.ranges);
  if (!request.initiator.empty()) copy["initiator"] = request.initiator;
  if (request.group != 0) copy["group"] = request.group;
  for (const storage::Extent& extent : status.mismatches)
    copy["mismatches"].push_back(encode_extent(extent));
  copy["error"] = encode_error(status);
  return copy;
}

namespace {

// Members of a record that cannot be made sense of are worth an exception: the record as a whole is
// then refused. These throw json::exception.
void decode_figures(const json& record, CopyStatus& status) {
  const json& bytes = record.at("bytes");
  status.bytes_total = bytes.at("total");
  status.bytes_done = bytes.at("done");
  status.bytes_written = bytes.at("written");
  status.bytes_skipped = bytes.at("skipped");
  status.bytes_preserved = bytes.at("preserved");
  status.bytes_routed = bytes.value("routed", uint64_t{0});
  status.bytes_spilled = bytes.value("spilled", uint64_t{0});
  status.bytes_zero = bytes.value("zero", uint64_t{0});
  status.bytes_hole = bytes.value("hole", uint64_t{0});
  status.bytes_verified = bytes.value("verified", uint64_t{0});
  status.bytes_mismatched = bytes.value("mismatched", uint64_t{0});
  if (record.contains("mismatches"))
    for (const json& extent : record.at("mismatches"))
      status.mismatches.push_back({extent.at("offset"), extent.at("length")});
  status.segments_total = record.at("segments").at("total");
  status.segments_done = record.at("segments").at("done");
  status.held_total = record.at("held").at("total");
  status.writes_failed = record.at("writes_failed");
  status.bytes_per_second = record.at("rate");
  const double fence_us = record.at("fence_us");
  status.fence_time = Duration(std::llround(fence_us * 1000));
  for (const json& row : record.at("hold_us").at("histogram")) {
    const uint64_t below = row.at("below_us");
    const auto bucket = static_cast<size_t>(std::bit_width(below));
    if (bucket >= 1 && bucket <= copyengine::kHoldBuckets)
      status.holds.count[bucket - 1] = row.at("count");
  }
  const double longest_us = record.at("hold_us").at("max");
  status.holds.longest = Duration(std::llround(longest_us * 1000));
}

void decode_request(const json& record, CopyRequest& request) {
  request.source = record.at("source");
  request.destination = record.at("destination");
  value_of(kOrigins, record.at("origin"), request.origin);
  value_of(kConsistencies, record.at("consistency"), request.consistency);
  value_of(kReleases, record.at("release"), request.release);
  value_of(kPolicies, record.at("on_preserve_error"), request.on_preserve_error);
  request.segment_size = record.at("segment_size");
  request.grain = record.at("grain");
  request.rate_limit = record.at("rate_limit");
  request.store_limit = record.value("store_limit", uint64_t{0});
  if (record.contains("route")) value_of(kRoutes, record.at("route"), request.route);
  if (record.contains("impact")) value_of(kImpacts, record.at("impact"), request.impact);
  request.latency_budget = std::chrono::microseconds(record.value("latency_budget_us", int64_t{0}));
  request.verify = record.value("verify", false);
  request.initiator = record.value("initiator", "");
  request.group = record.value("group", uint64_t{0});
  if (!record.contains("ranges")) return;
  for (const json& range : record.at("ranges"))
    request.ranges.push_back(
        {range.at("source_offset"), range.at("destination_offset"), range.at("length")});
}

void decode_error(const json& error, CopyStatus& status) {
  if (error.is_null()) return;
  // Codes are only named, never acted on again; any that is not ok keeps the error visible.
  for (int code = 0; code <= static_cast<int>(storage::Errc::no_resources); ++code)
    if (error.at("code") == storage::name_of(static_cast<storage::Errc>(code)))
      status.error = static_cast<storage::Errc>(code);
  status.error_party = error.at("party");
  status.error_text = error.at("text");
  if (!error.at("range").is_null()) status.error_range = error.at("range").get<uint32_t>();
  status.error_extent = {error.at("offset"), error.at("length")};
}

}  // namespace

Result<CopyStatus> decode_copy(std::string_view text) {
  const Result<json> parsed = parse_json(text, JsonComments::refused);
  if (!parsed) return parsed.error();
  const json& record = parsed.value();
  try {
    CopyStatus status;
    status.id = record.at("id");
    decode_request(record, status.request);
    status.state = copyengine::CopyState::broken;
    value_of(kStates, record.at("state"), status.state);
    status.t0_unix_ns = record.at("t0_unix_ns");
    status.started_unix_ns = record.at("started_unix_ns");
    status.ended_unix_ns = record.at("ended_unix_ns");
    status.resumed = record.value("resumed", 0u);
    decode_figures(record, status);
    decode_error(record.at("error"), status);
    return status;
  } catch (const json::exception& error) {
    return Error{ErrorKind::invalid, error.what(), {}};
  }
}

ordered_json encode_map(const CopyStatus& status, uint64_t size,
                        const std::vector<copyengine::MapRun>& runs, uint64_t limit) {
  ordered_json list = ordered_json::array();
  for (const copyengine::MapRun& run : runs)
    list.push_back({{"offset", run.extent.offset},
                    {"length", run.extent.length},
                    {"state", copyengine::name_of(run.state)}});
  const bool more = runs.size() >= limit && runs.back().extent.end() < size;
  return {{"id", status.id},
          {"size", size},
          {"grain", status.request.grain},
          {"runs", std::move(list)},
          {"next", more ? ordered_json(runs.back().extent.end()) : ordered_json(nullptr)}};
}

ordered_json encode_buckets(const CopyStatus& status, uint64_t size, const MapBuckets& buckets) {
  ordered_json list = ordered_json::array();
  for (const MapBuckets::Bucket& bucket : buckets.buckets()) {
    ordered_json row = encode_extent(bucket.extent);
    for (size_t state = 0; state < MapBuckets::kStates; ++state)
      row[std::string(copyengine::name_of(static_cast<copyengine::GrainState>(state)))] =
          bucket.bytes[state];
    list.push_back(std::move(row));
  }
  return {{"id", status.id},
          {"size", size},
          {"grain", status.request.grain},
          {"buckets", std::move(list)}};
}

}  // namespace tidemark::mgmt
