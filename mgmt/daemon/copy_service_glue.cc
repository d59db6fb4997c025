#include "mgmt/daemon/copy_service_glue.h"

#include <utility>

namespace tidemark::mgmt {
namespace {

using copyengine::CopyRequest;
using copyengine::CopyStatus;
using scsi::CopyRefusal;

scsi::CopyState state_of(copyengine::CopyState state) {
  switch (state) {
    case copyengine::CopyState::collecting:
    case copyengine::CopyState::preparing:
      return scsi::CopyState::preparing;
    case copyengine::CopyState::copying:
      return scsi::CopyState::copying;
    case copyengine::CopyState::paused:
      return scsi::CopyState::paused;
    case copyengine::CopyState::draining:
      return scsi::CopyState::draining;
    case copyengine::CopyState::completed:
      return scsi::CopyState::completed;
    case copyengine::CopyState::failed:
      return scsi::CopyState::failed;
    case copyengine::CopyState::cancelled:
      return scsi::CopyState::cancelled;
    case copyengine::CopyState::broken:
      return scsi::CopyState::broken;
  }
  return scsi::CopyState::failed;
}

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

scsi::CopyReport report_of(const CopyStatus& status) {
  scsi::CopyReport report;
  report.id = status.id;
  report.state = state_of(status.state);
  report.bytes_total = status.bytes_total;
  report.bytes_copied = status.bytes_done;
  report.bytes_preserved = status.bytes_preserved;
  report.held_now = status.held_now;
  report.held_total = status.held_total;
  report.grain = status.request.grain;
  report.segment_size = status.request.segment_size;
  report.t0_unix_ms = status.t0_unix_ns / 1'000'000;
  report.source = status.request.source;
  report.destination = status.request.destination;
  report.error = status.error;
  report.error_on_destination = status.error_party == "destination";
  report.failed_range = status.error_range.value_or(0);
  report.error_text = status.error_text;
  return report;
}

CopyRequest request_of(scsi::RangeCopyOrder order) {
  CopyRequest request;
  request.source = std::move(order.source);
  request.destination = std::move(order.destination);
  request.initiator = std::move(order.initiator);
  request.origin = copyengine::Origin::xcopy;
  // Hosts go on using the rest of the destination; it may even be the source.
  request.protect_destination = false;
  for (const scsi::CopyRange& range : order.ranges)
    request.ranges.push_back({range.source_offset, range.destination_offset, range.length});
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

CopyServiceGlue::CopyServiceGlue(Executor& executor, copyengine::CopyEngine& engine)
    : executor_(executor), engine_(engine) {
  engine_.on_change([this](const CopyStatus& status) { changed(status); });
}

void CopyServiceGlue::copy_ranges(scsi::RangeCopyOrder order, CoreId core,
                                  std::function<void(uint64_t, CopyRefusal)> accepted,
                                  std::function<void(const scsi::CopyReport&)> ended) {
  // Ranges of nothing are a copy that is over before it begins; the engine would take none given
  // for "the whole source".
  std::erase_if(order.ranges, [](const scsi::CopyRange& range) { return range.length == 0; });
  if (order.ranges.empty())
    return executor_.post(core, [accepted] { accepted(0, CopyRefusal::invalid); });
  engine_.start(request_of(std::move(order)), [this, core, accepted = std::move(accepted),
                                               ended = std::move(ended)](Result<CopyStatus> made) {
    if (!made)
      return executor_.post(core,
                            [accepted, why = refusal_of(made.error().kind)] { accepted(0, why); });
    executor_.post(core, [accepted, id = made.value().id] { accepted(id, CopyRefusal::none); });
    watch(made.value(), {core, ended});
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

void CopyServiceGlue::cancel(uint64_t id, CoreId core, std::function<void(bool)> done) {
  engine_.act(id, copyengine::CopyVerb::cancel,
              [this, core, done = std::move(done)](Result<CopyStatus> result) {
                const bool found = result.ok() || result.error().kind != ErrorKind::not_found;
                executor_.post(core, [done, found] { done(found); });
              });
}

void CopyServiceGlue::report(uint64_t id, CoreId core,
                             std::function<void(bool, const scsi::CopyReport&)> done) {
  engine_.get(id, [this, core, done = std::move(done)](Result<CopyStatus> result) {
    const bool found = result.ok();
    scsi::CopyReport report = found ? report_of(result.value()) : scsi::CopyReport{};
    executor_.post(core, [done, found, report = std::move(report)] { done(found, report); });
  });
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
void CopyServiceGlue::watch(const CopyStatus& status, Watcher watcher) {
  watchers_.emplace(status.id, std::move(watcher));
  engine_.get(status.id, [this](Result<CopyStatus> now) {
    if (now) changed(now.value());
  });
}

void CopyServiceGlue::changed(const CopyStatus& status) {
  // An initiator that is told of the end may write there: nothing of the copy may land after that.
  if (!status.at_rest && status.state != copyengine::CopyState::completed) return;
  const auto at = watchers_.find(status.id);
  if (at == watchers_.end()) return;
  Watcher watcher = std::move(at->second);
  watchers_.erase(at);
  executor_.post(watcher.core,
                 [ended = std::move(watcher.ended), report = report_of(status)] { ended(report); });
}

}  // namespace tidemark::mgmt
