#include "mgmt/daemon/copy_service_glue.h"

#include <optional>
#include <utility>

#include "mgmt/in_band/copy_report.h"

namespace tidemark::mgmt {
namespace {

using copyengine::CopyRequest;
using copyengine::CopyStatus;
using scsi::CopyRefusal;

scsi::GrainState state_of(copyengine::GrainState state) {
  switch (state) {
    case copyengine::GrainState::owed:
      return scsi::GrainState::owed;
    case copyengine::GrainState::in_flight:
      return scsi::GrainState::in_flight;
    case copyengine::GrainState::preserved:
      return scsi::GrainState::preserved;
    case copyengine::GrainState::copied:
      return scsi::GrainState::copied;
  }
  return scsi::GrainState::owed;
}

/// None for "the default".
std::optional<copyengine::Impact> impact_of(scsi::CopyImpact impact) {
  switch (impact) {
    case scsi::CopyImpact::low:
      return copyengine::Impact::low;
    case scsi::CopyImpact::normal:
      return copyengine::Impact::normal;
    case scsi::CopyImpact::max:
      return copyengine::Impact::max;
    case scsi::CopyImpact::by_default:
      break;
  }
  return std::nullopt;
}

std::vector<copyengine::CopyRange> ranges_of(const std::vector<scsi::CopyRange>& ranges) {
  std::vector<copyengine::CopyRange> all;
  for (const scsi::CopyRange& range : ranges)
    all.push_back({range.source_offset, range.destination_offset, range.length});
  return all;
}

CopyRequest request_of(scsi::RangeCopyOrder order) {
  CopyRequest request;
  request.source = std::move(order.source);
  request.destination = std::move(order.destination);
  request.initiator = std::move(order.initiator);
  request.origin = copyengine::Origin::xcopy;
  // Hosts go on using the rest of the destination; it may even be the source.
  request.protect_destination = false;
  request.ranges = ranges_of(order.ranges);
  return request;
}

CopyRequest request_of(scsi::SnapshotCopyOrder order) {
  CopyRequest request;
  request.source = std::move(order.source);
  request.destination = std::move(order.destination);
  request.initiator = std::move(order.initiator);
  request.origin = copyengine::Origin::vendor;
  if (order.per_segment) request.consistency = copyengine::Consistency::segment;
  if (order.release_ram) request.release = copyengine::Release::ram;
  if (order.fail_write) request.on_preserve_error = copyengine::OnPreserveError::fail_write;
  if (order.segment_size != 0) request.segment_size = order.segment_size;
  if (order.grain != 0) request.grain = order.grain;
  request.rate_limit = order.rate_limit;
  if (order.release_durable) request.release = copyengine::Release::durable;
  request.verify = order.verify;
  request.hold = order.hold;
  request.impact = impact_of(order.impact).value_or(request.impact);
  request.latency_budget = std::chrono::microseconds(order.latency_budget_us);
  request.ranges = ranges_of(order.ranges);
  // Within one volume it would protect the source from its hosts.
  request.protect_destination = request.source != request.destination;
  return request;
}

}  // namespace

CopyRefusal refusal_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return CopyRefusal::not_found;
    case ErrorKind::conflict:
    case ErrorKind::denied:
      return CopyRefusal::conflict;
    case ErrorKind::exhausted:
    case ErrorKind::io:
      return CopyRefusal::exhausted;
    case ErrorKind::invalid:
    case ErrorKind::unsupported:
      return CopyRefusal::invalid;
  }
  return CopyRefusal::invalid;
}

CopyServiceGlue::CopyServiceGlue(Executor& executor, copyengine::CopyEngine& engine, CoreId home,
                                 Duration gather)
    : executor_(executor),
      engine_(engine),
      home_(home),
      gathering_(std::make_shared<RangeGathering>(executor, home, static_cast<RangeCopies&>(*this),
                                                  gather)) {
  engine_.on_change([this](const CopyStatus& status) { changed(status); });
}

void CopyServiceGlue::copy_ranges(scsi::RangeCopyOrder order, CoreId core, Accepted accepted,
                                  Ended ended) {
  // Ranges of nothing are a copy that is over before it begins; the engine would take none given
  // for "the whole source".
  std::erase_if(order.ranges, [](const scsi::CopyRange& range) { return range.length == 0; });
  if (order.ranges.empty())
    return executor_.post(core, [accepted] { accepted(0, CopyRefusal::invalid); });
  const auto accepted_there = [this, core, accepted = std::move(accepted)](uint64_t id,
                                                                           CopyRefusal why) {
    executor_.post(core, [accepted, id, why] { accepted(id, why); });
  };
  const auto ended_there = [this, core, ended = std::move(ended)](const scsi::CopyReport& report) {
    executor_.post(core, [ended, report] { ended(report); });
  };
  executor_.run_on(home_, [this, order = std::move(order), accepted_there, ended_there]() mutable {
    gathering_->start(std::move(order), accepted_there, ended_there);
  });
}

void CopyServiceGlue::carry_out(scsi::RangeCopyOrder order, Accepted accepted, Ended ended) {
  engine_.start(request_of(std::move(order)), [this, accepted = std::move(accepted),
                                               ended = std::move(ended)](Result<CopyStatus> made) {
    if (!made) return accepted(0, refusal_of(made.error().kind));
    accepted(made.value().id, CopyRefusal::none);
    watch(made.value(), ended);
  });
}

void CopyServiceGlue::cancel_copy(uint64_t id) {
  engine_.act(id, copyengine::CopyVerb::cancel, [](const Result<CopyStatus>&) {});
}

void CopyServiceGlue::report_copy(uint64_t id, Reported reported) {
  engine_.get(id, [reported = std::move(reported)](const Result<CopyStatus>& result) {
    reported(result.ok(), result ? report_of(result.value()) : scsi::CopyReport{});
  });
}

void CopyServiceGlue::copy_snapshot(scsi::SnapshotCopyOrder order, CoreId core,
                                    std::function<void(uint64_t, CopyRefusal)> accepted) {
  engine_.start(request_of(std::move(order)),
                [this, core, accepted = std::move(accepted)](Result<CopyStatus> made) {
                  const uint64_t id = made ? made.value().id : 0;
                  const CopyRefusal why = made ? CopyRefusal::none : refusal_of(made.error().kind);
                  executor_.post(core, [accepted, id, why] { accepted(id, why); });
                });
}

std::function<void(Result<CopyStatus>)> CopyServiceGlue::told(CoreId core, scsi::OrderDone done) {
  return [this, core, done = std::move(done)](Result<CopyStatus> result) {
    const CopyRefusal why = result ? CopyRefusal::none : refusal_of(result.error().kind);
    executor_.post(core, [done, why] { done(why); });
  };
}

void CopyServiceGlue::act(uint64_t id, scsi::CopyAction action, CoreId core, scsi::OrderDone done) {
  const auto verb = action == scsi::CopyAction::start   ? copyengine::CopyVerb::start
                    : action == scsi::CopyAction::pause ? copyengine::CopyVerb::pause
                                                        : copyengine::CopyVerb::resume;
  engine_.act(id, verb, told(core, std::move(done)));
}

void CopyServiceGlue::set(uint64_t id, scsi::CopyAdjustment adjustment, CoreId core,
                          scsi::OrderDone done) {
  copyengine::CopyChange change;
  change.rate_limit = adjustment.rate_limit;
  if (adjustment.impact) change.impact = impact_of(*adjustment.impact);
  if (adjustment.latency_budget_us)
    change.latency_budget = std::chrono::microseconds(*adjustment.latency_budget_us);
  engine_.set(id, change, told(core, std::move(done)));
}

void CopyServiceGlue::append(uint64_t id, std::vector<scsi::CopyRange> ranges, CoreId core,
                             scsi::OrderDone done) {
  engine_.append(id, ranges_of(ranges), told(core, std::move(done)));
}

void CopyServiceGlue::list(CoreId core, std::function<void(std::vector<scsi::CopyReport>)> done) {
  engine_.list([this, core, done = std::move(done)](const std::vector<CopyStatus>& all) {
    std::vector<scsi::CopyReport> reports;
    for (const CopyStatus& status : all) reports.push_back(report_of(status));
    executor_.post(core,
                   [done, reports = std::move(reports)]() mutable { done(std::move(reports)); });
  });
}

void CopyServiceGlue::cancel(uint64_t id, CoreId core, std::function<void(bool)> done) {
  if (RangeGathering::is_gathered(id))
    return executor_.run_on(home_, [this, id, core, done = std::move(done)] {
      executor_.post(core, [done, found = gathering_->cancel(id)] { done(found); });
    });
  engine_.act(id, copyengine::CopyVerb::cancel,
              [this, core, done = std::move(done)](Result<CopyStatus> result) {
                const bool found = result.ok() || result.error().kind != ErrorKind::not_found;
                executor_.post(core, [done, found] { done(found); });
              });
}

void CopyServiceGlue::report(uint64_t id, CoreId core,
                             std::function<void(bool, const scsi::CopyReport&)> done) {
  const auto reported = [this, core, done = std::move(done)](bool found,
                                                             const scsi::CopyReport& report) {
    executor_.post(core, [done, found, report] { done(found, report); });
  };
  if (!RangeGathering::is_gathered(id)) return report_copy(id, reported);
  executor_.run_on(home_, [this, id, reported] { gathering_->report(id, reported); });
}

void CopyServiceGlue::map(uint64_t id, uint64_t from, size_t max_runs, CoreId core,
                          std::function<void(bool, std::vector<scsi::MapRun>)> done) {
  engine_.map(id, from, max_runs,
              [this, core, done = std::move(done)](Result<std::vector<copyengine::MapRun>> result) {
                const bool found = result.ok();
                std::vector<scsi::MapRun> runs;
                if (found)
                  for (const copyengine::MapRun& run : result.value())
                    runs.push_back({run.extent.offset, run.extent.length, state_of(run.state)});
                executor_.post(core, [done, found, runs = std::move(runs)]() mutable {
                  done(found, std::move(runs));
                });
              });
}

// The copy may have ended between its start and now, with its last change already told; so it is
// asked once more after the watcher is in place.
void CopyServiceGlue::watch(const CopyStatus& status, Ended ended) {
  watchers_.emplace(status.id, std::move(ended));
  engine_.get(status.id, [this](Result<CopyStatus> now) {
    if (now) changed(now.value());
  });
}

void CopyServiceGlue::changed(const CopyStatus& status) {
  // An initiator that is told of the end may write there: nothing of the copy may land after that.
  if (!status.at_rest && status.state != copyengine::CopyState::completed) return;
  const auto at = watchers_.find(status.id);
  if (at == watchers_.end()) return;
  const Ended ended = std::move(at->second);
  watchers_.erase(at);
  ended(report_of(status));
}

}  // namespace tidemark::mgmt
