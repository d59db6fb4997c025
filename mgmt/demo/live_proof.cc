#include "mgmt/demo/live_proof.h"

#include <fmt/core.h>

#include <chrono>
#include <random>
#include <thread>

#include "mgmt/demo/disk_image.h"
#include "mgmt/demo/iscsi_disk.h"
#include "mgmt/demo/write_load.h"

namespace tidemark::mgmt {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPollEvery = std::chrono::milliseconds(100);
constexpr const char* kInitiator = "iqn.2026-11.dev.tidemark:demo";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Until `count` more writes have been answered, or the load has failed.
void await_writes(const WriteLoad& load, uint64_t count) {
  const uint64_t wanted = load.answered() + count;
  while (load.answered() < wanted && !load.failed())
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

/// A portal that listens on all addresses is reached on this machine's own.
std::string reachable(std::string portal) {
  if (portal.starts_with("0.0.0.0:")) return "127.0.0.1" + portal.substr(7);
  if (portal.starts_with("[::]:")) return "[::1]" + portal.substr(4);
  return portal;
}

/// One run, step by step; each step an Error if it could not be done.
class Run {
 public:
  Run(const cli::Api& api, const LiveProofOptions& options, LiveProof::Observer& observer)
      : api_(api), options_(options), observer_(observer) {
    report_.seed = options.seed != 0 ? options.seed : std::random_device{}();
  }

  Result<void> prepare();
  Result<void> copy_while_writing();
  Result<void> prove();
  LiveProofReport report() { return std::move(report_); }

 private:
  Result<LunAddress> locate(const std::string& volume) const;
  Result<void> start_copy();
  Result<void> follow();
  Verdict judge(std::span<const SectorReading> copy) const;

  const cli::Api& api_;
  const LiveProofOptions& options_;
  LiveProof::Observer& observer_;
  LunAddress destination_;
  EventClock clock_;
  std::unique_ptr<WriteLoad> load_;
  Window window_;
  LiveProofReport report_;
};

Result<LunAddress> Run::locate(const std::string& volume) const {
  const cli::Answer status = api_.status();
  if (!status) return status.error;
  const cli::Answer luns = api_.luns();
  if (!luns) return luns.error;
  const auto status_view = cli::read_status(status.body);
  if (!status_view) return status_view.error();
  const auto lun_views = cli::read_luns(luns.body);
  if (!lun_views) return lun_views.error();
  if (status_view.value().portals.empty())
    return Error{ErrorKind::not_found, "the daemon has no portal", ""};
  for (const cli::LunView& lun : lun_views.value()) {
    if (lun.volume != volume) continue;
    return LunAddress{reachable(status_view.value().portals[0]), lun.target,
                      static_cast<int>(lun.lun)};
  }
  return Error{ErrorKind::not_found, fmt::format("no LUN is backed by volume \"{}\"", volume), ""};
}

Result<void> Run::prepare() {
  const auto source = locate(options_.order.source);
  if (!source) return source.error();
  auto destination = locate(options_.order.destination);
  if (!destination) return destination.error();
  destination_ = std::move(destination).value();
  std::vector<std::unique_ptr<IscsiDisk>> disks;
  for (unsigned i = 0; i < options_.sessions; ++i) {
    auto disk = IscsiDisk::attach(source.value(), fmt::format("{}-{}", kInitiator, i));
    if (!disk) return disk.error();
    disks.push_back(std::move(disk).value());
  }
  observer_.step(
      fmt::format("attached LUN {} ({}) and filling its {} MiB with self-describing sectors",
                  source.value().lun, options_.order.source, disks[0]->size() >> 20));
  if (auto filled = fill_disk(*disks[0]); !filled) return filled;
  load_ = std::make_unique<WriteLoad>(std::move(disks), options_.depth, report_.seed, clock_);
  return {};
}

Result<void> Run::start_copy() {
  window_.opened = clock_.tick();
  const cli::Answer started = api_.start(options_.order);
  window_.closed = clock_.tick();
  if (!started) return started.error;
  Result<cli::CopyView> view = cli::read_copy(started.body);
  if (!view) return view.error();
  report_.copy = std::move(view).value();
  return {};
}

Result<void> Run::follow() {
  while (!report_.copy.has_ended() && !load_->failed()) {
    std::this_thread::sleep_for(kPollEvery);
    const cli::Answer answer = api_.copy(report_.copy.id);
    if (!answer) return answer.error;
    Result<cli::CopyView> view = cli::read_copy(answer.body);
    if (!view) return view.error();
    report_.copy = std::move(view).value();
    observer_.progress(api_, report_.copy, load_->answered());
  }
  return {};
}

Result<void> Run::copy_while_writing() {
  const auto load_started = Clock::now();
  load_->start();
  await_writes(*load_, options_.warm_up);
  observer_.step(fmt::format("overwriting random ranges ({} in flight, seed {}); starting the copy",
                             options_.sessions * options_.depth, report_.seed));
  const uint64_t answered_before = load_->answered();
  const auto copy_started = Clock::now();
  Result<void> copied = start_copy();
  if (copied) copied = follow();
  report_.copy_seconds = seconds_since(copy_started);
  report_.writes_during_copy = load_->answered() - answered_before;
  // The last segment's moment may be as late as this.
  if (report_.copy.consistency == "segment") window_.closed = clock_.tick();
  if (copied) await_writes(*load_, options_.writes_after);
  const Result<void> written = load_->stop();
  report_.writes = load_->log().size();
  report_.write_seconds = seconds_since(load_started);
  return written ? copied : written;
}

Result<void> Run::prove() {
  const cli::CopyView& copy = report_.copy;
  if (!copy.completed()) {
    report_.verdict.reason = fmt::format("the copy ended {}: {}", copy.state, copy.error);
    return {};
  }
  observer_.step("reading the copy back and proving it");
  auto disk = IscsiDisk::attach(destination_, std::string(kInitiator) + "-reader");
  if (!disk) return disk.error();
  const auto readings = read_disk(*disk.value());
  if (!readings) return readings.error();
  const std::span<const SectorReading> all(readings.value());
  report_.verdict = judge(all.first(std::min<size_t>(all.size(), copy.bytes_total / kSectorSize)));
  return {};
}

Verdict Run::judge(std::span<const SectorReading> copy) const {
  const WriteLog& log = load_->log();
  if (options_.sessions * options_.depth > 1) return prove_sectors(log, window_, copy);
  if (report_.copy.consistency == "segment" && report_.copy.segment_size >= kSectorSize)
    return prove_segments(log, window_, copy, report_.copy.segment_size / kSectorSize);
  return prove_prefix(log, window_, copy);
}

}  // namespace

Result<LiveProofReport> LiveProof::run(Observer& observer) {
  Run run(api_, options_, observer);
  if (auto prepared = run.prepare(); !prepared) return prepared.error();
  if (auto copied = run.copy_while_writing(); !copied) return copied.error();
  if (auto proven = run.prove(); !proven) return proven.error();
  return run.report();
}

}  // namespace tidemark::mgmt
