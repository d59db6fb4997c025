#include "mgmt/in_band/copy_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace tidemark::mgmt {
namespace {

using copyengine::CopyRequest;
using copyengine::CopyStatus;
using scsi::CopyReport;

// The same value on either floor, in rows that both directions read.
constexpr std::array kStates = {
    std::pair{copyengine::CopyState::collecting, scsi::CopyState::collecting},
    std::pair{copyengine::CopyState::preparing, scsi::CopyState::preparing},
    std::pair{copyengine::CopyState::copying, scsi::CopyState::copying},
    std::pair{copyengine::CopyState::paused, scsi::CopyState::paused},
    std::pair{copyengine::CopyState::draining, scsi::CopyState::draining},
    std::pair{copyengine::CopyState::completed, scsi::CopyState::completed},
    std::pair{copyengine::CopyState::failed, scsi::CopyState::failed},
    std::pair{copyengine::CopyState::cancelled, scsi::CopyState::cancelled},
    std::pair{copyengine::CopyState::broken, scsi::CopyState::broken},
};
constexpr std::array kOrigins = {
    std::pair{copyengine::Origin::rest, scsi::CopyOrigin::rest},
    std::pair{copyengine::Origin::xcopy, scsi::CopyOrigin::xcopy},
    std::pair{copyengine::Origin::vendor, scsi::CopyOrigin::vendor},
    std::pair{copyengine::Origin::token, scsi::CopyOrigin::token},
};
constexpr std::array kImpacts = {
    std::pair{copyengine::Impact::normal, scsi::CopyImpact::normal},
    std::pair{copyengine::Impact::low, scsi::CopyImpact::low},
    std::pair{copyengine::Impact::max, scsi::CopyImpact::max},
};
constexpr std::array kParties = {
    std::pair{std::string_view(""), scsi::CopyParty::none},
    std::pair{std::string_view("source"), scsi::CopyParty::source},
    std::pair{std::string_view("destination"), scsi::CopyParty::destination},
    std::pair{std::string_view("store"), scsi::CopyParty::store},
    std::pair{std::string_view("engine"), scsi::CopyParty::engine},
    std::pair{std::string_view("journal"), scsi::CopyParty::journal},
};

template <class Rows, class Engine>
auto to_scsi(const Rows& rows, const Engine& value) {
  const auto row = std::ranges::find(rows, value, [](const auto& one) { return one.first; });
  return row == rows.end() ? rows.front().second : row->second;
}
template <class Rows, class Scsi>
auto to_engine(const Rows& rows, const Scsi& value) {
  const auto row = std::ranges::find(rows, value, [](const auto& one) { return one.second; });
  return row == rows.end() ? rows.front().first : row->first;
}

constexpr double kMillion = 1e6;

uint64_t count_ns(Duration time) {
  return static_cast<uint64_t>(std::max<int64_t>(time.count(), 0));
}
uint64_t count_us(Duration time) {
  return count_ns(time) / 1000;
}
uint64_t whole(double value) {
  return value > 0 ? static_cast<uint64_t>(std::llround(value)) : 0;
}

void put_request(const CopyRequest& request, CopyReport& report) {
  report.origin = to_scsi(kOrigins, request.origin);
  report.source = request.source;
  report.destination = request.destination;
  report.initiator = request.initiator;
  report.per_segment = request.consistency == copyengine::Consistency::segment;
  report.release_ram = request.release == copyengine::Release::ram;
  report.release_durable = request.release == copyengine::Release::durable;
  report.fail_write = request.on_preserve_error == copyengine::OnPreserveError::fail_write;
  report.verify = request.verify;
  report.impact = to_scsi(kImpacts, request.impact);
  report.grain = request.grain;
  report.segment_size = request.segment_size;
  report.rate_limit = request.rate_limit;
  report.latency_budget_us = static_cast<uint32_t>(count_us(request.latency_budget));
  for (const copyengine::CopyRange& range : request.ranges)
    report.ranges.push_back({range.source_offset, range.destination_offset, range.length});
}

void take_request(const CopyReport& report, CopyRequest& request) {
  request.origin = to_engine(kOrigins, report.origin);
  request.source = report.source;
  request.destination = report.destination;
  request.initiator = report.initiator;
  if (report.per_segment) request.consistency = copyengine::Consistency::segment;
  if (report.release_ram) request.release = copyengine::Release::ram;
  if (report.release_durable) request.release = copyengine::Release::durable;
  if (report.fail_write) request.on_preserve_error = copyengine::OnPreserveError::fail_write;
  request.verify = report.verify;
  request.impact = to_engine(kImpacts, report.impact);
  request.grain = report.grain;
  request.segment_size = report.segment_size;
  request.rate_limit = report.rate_limit;
  request.latency_budget = std::chrono::microseconds(report.latency_budget_us);
  for (const scsi::CopyRange& range : report.ranges)
    request.ranges.push_back({range.source_offset, range.destination_offset, range.length});
}

/// Figures that are the same number on both floors. `Status` is const in one direction.
template <class Status, class Report, class Copy>
void each_figure(Status& status, Report& report, Copy copy) {
  copy(status.id, report.id);
  copy(status.at_rest, report.at_rest);
  copy(status.t0_unix_ns, report.t0_unix_ns);
  copy(status.started_unix_ns, report.started_unix_ns);
  copy(status.ended_unix_ns, report.ended_unix_ns);
  copy(status.bytes_total, report.bytes_total);
  copy(status.bytes_done, report.bytes_copied);
  copy(status.bytes_written, report.bytes_written);
  copy(status.bytes_zero, report.bytes_zero);
  copy(status.bytes_hole, report.bytes_hole);
  copy(status.bytes_verified, report.bytes_verified);
  copy(status.bytes_mismatched, report.bytes_mismatched);
  copy(status.bytes_preserved, report.bytes_preserved);
  copy(status.store_bytes, report.store_bytes);
  copy(status.segments_total, report.segments_total);
  copy(status.segments_done, report.segments_done);
  copy(status.active_segment, report.active_segment);
  copy(status.held_now, report.held_now);
  copy(status.held_total, report.held_total);
  copy(status.writes_failed, report.writes_failed);
  copy(status.chunks_under_way, report.chunks_under_way);
  copy(status.chunk_bytes, report.chunk_bytes);
  copy(status.error, report.error);
  copy(status.error_text, report.error_text);
  copy(status.error_extent, report.error_extent);
  copy(status.mismatches, report.mismatches);
}

}  // namespace

copyengine::GrainState grain_state_of(scsi::GrainState state) {
  switch (state) {
    case scsi::GrainState::owed:
      return copyengine::GrainState::owed;
    case scsi::GrainState::in_flight:
      return copyengine::GrainState::in_flight;
    case scsi::GrainState::preserved:
      return copyengine::GrainState::preserved;
    case scsi::GrainState::copied:
      return copyengine::GrainState::copied;
  }
  return copyengine::GrainState::owed;
}

CopyReport report_of(const CopyStatus& status) {
  CopyReport report;
  put_request(status.request, report);
  each_figure(status, report, [](const auto& from, auto& to) { to = from; });
  report.state = to_scsi(kStates, status.state);
  report.t0_unix_ms = status.t0_unix_ns / 1'000'000;
  report.fence_ns = count_ns(status.fence_time);
  report.bytes_per_second = whole(status.bytes_per_second);
  if (status.eta_seconds) report.eta_ms = whole(*status.eta_seconds * 1000);
  report.copier_share_ppm = static_cast<uint32_t>(whole(status.copier_share * kMillion));
  report.host_latency_ns = count_ns(status.host_latency);
  report.longest_hold_ns = count_ns(status.holds.longest);
  std::copy_n(status.holds.count, report.holds.size(), report.holds.begin());
  report.party = to_scsi(kParties, std::string_view(status.error_party));
  report.error_on_destination = report.party == scsi::CopyParty::destination;
  report.range_failed = status.error_range.has_value();
  report.failed_range = status.error_range.value_or(0);
  return report;
}

CopyStatus status_of(const CopyReport& report) {
  CopyStatus status;
  take_request(report, status.request);
  each_figure(status, report, [](auto& to, const auto& from) { to = from; });
  status.state = to_engine(kStates, report.state);
  status.fence_time = Duration(report.fence_ns);
  status.bytes_skipped = report.bytes_zero + report.bytes_hole;
  status.bytes_per_second = static_cast<double>(report.bytes_per_second);
  if (report.eta_ms) status.eta_seconds = static_cast<double>(*report.eta_ms) / 1000;
  status.copier_share = report.copier_share_ppm / kMillion;
  status.host_latency = Duration(report.host_latency_ns);
  status.holds.longest = Duration(report.longest_hold_ns);
  std::copy(report.holds.begin(), report.holds.end(), status.holds.count);
  status.error_party = to_engine(kParties, report.party);
  if (report.range_failed) status.error_range = report.failed_range;
  return status;
}

}  // namespace tidemark::mgmt
