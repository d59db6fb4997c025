#include "copyengine/copy_pacer.h"

#include <algorithm>
#include <utility>

namespace tidemark::copyengine {
namespace {

// A core that is busy for more of the time has none left.
constexpr double kFull = 0.95;
constexpr double kGrowth = 1.25;

double ratio(Duration part, Duration whole) {
  return whole.count() <= 0
             ? 0
             : static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

}  // namespace

CopyPacer::Bounds CopyPacer::bounds_of(Impact impact) {
  using std::chrono::milliseconds;
  switch (impact) {
    case Impact::low:
      return {0.01, 0.04, milliseconds(1)};
    case Impact::normal:
      return {0.04, 0.1, milliseconds(5)};
    case Impact::max:
      break;
  }
  return {1, 1, Duration::max()};
}

void CopyPacer::set(Impact impact, Duration latency_budget) {
  impact_ = impact;
  bounds_ = bounds_of(impact);
  // Who names a budget wants it kept, also by a copy that may do anything else.
  if (latency_budget > Duration(0)) {
    bounds_.budget = latency_budget;
    bounds_.floor = std::min(bounds_.floor, bounds_of(Impact::normal).floor);
  }
  share_ = std::clamp(share_, bounds_.floor, 1.0);
  ready_at_ = {};
}

void CopyPacer::look(const Sight& sight, TimePoint now) {
  const Duration time = now - looked_at_;
  const Sight before = std::exchange(seen_, sight);
  looked_at_ = now;
  if (!std::exchange(looked_, true)) return;
  const uint64_t ios = sight.hosts.ios - before.hosts.ios;
  beside_hosts_ = ios > 0;
  if (!beside_hosts_) {
    ready_at_ = {};
    return;
  }
  const uint64_t timed = sight.hosts.timed - before.hosts.timed;
  if (timed == 0) return;  // too few to tell
  host_latency_ =
      (sight.hosts.timed_total - before.hosts.timed_total) / static_cast<Duration::rep>(timed);
  // Little's law: how many I/Os of hosts were under way, on average.
  const double in_progress = ratio(host_latency_, time) * static_cast<double>(ios);
  const double busy = ratio(sight.core_busy - before.core_busy, time);
  const double own = ratio(sight.copier_busy - before.copier_busy, time);
  const double load = std::max(in_progress, busy - own);
  const double ceiling = std::clamp(1 - 3 * load, bounds_.ceiling, 1.0);
  const bool crowded = busy > kFull || host_latency_ > bounds_.budget;
  share_ = std::clamp(crowded ? share_ / 2 : share_ * kGrowth, bounds_.floor, ceiling);
}

CopyTuning::Pace CopyPacer::pace(bool held) const {
  if (!held && (!beside_hosts_ || share_ >= 1)) return sizer_.pace();
  if (impact_ == Impact::low) return {kGrainMax, 1};
  return tuning_.beside_hosts;
}

void CopyPacer::moved(uint64_t bytes, TimePoint begun, TimePoint now) {
  if (!beside_hosts_) return sizer_.moved(bytes, now);
  sizer_.disturbed();
  if (share_ >= 1) return;
  const auto rest = std::chrono::duration<double, std::nano>(
      static_cast<double>((now - begun).count()) * (1 / share_ - 1));
  ready_at_ = now + std::min(kRestMax, std::chrono::duration_cast<Duration>(rest));
}

}  // namespace tidemark::copyengine
