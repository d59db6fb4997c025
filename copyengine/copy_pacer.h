// CopyPacer: how much the copier moves at once, how many pieces at a time, and when it rests.
//
// While hosts leave the source alone, the copier goes as fast as it can, in chunks of the size that
// has proved fastest (ChunkSizer). While they use it, one small chunk is moved at a time, and after
// each the copier rests, so that it works for a share of the time only. The share has a ceiling,
// which sinks as hosts use more of the volume and of the core; below it, it grows while there is
// time left, and is halved while the core has none or host I/O takes longer than its budget.
//
// Pure decisions: time and load are arguments. Used on one core.
#pragma once

#include "copyengine/chunk_sizer.h"
#include "copyengine/copy_types.h"
#include "copyengine/host_load.h"

namespace tidemark::copyengine {

class CopyPacer {
 public:
  /// What is looked at, from time to time.
  struct Sight {
    HostLoad hosts;
    Duration core_busy{};    // of the core's thread, as Executor::busy_time()
    Duration copier_busy{};  // of that, in the copier's own calls
  };

  /// Between two looks.
  static constexpr Duration kWindow = std::chrono::milliseconds(10);
  /// No rest is longer, so that a change of mind is noticed.
  static constexpr Duration kRestMax = std::chrono::milliseconds(500);

  explicit CopyPacer(const CopyTuning& tuning) : tuning_(tuning), sizer_(tuning.alone) {}

  /// From now on; a budget of zero: the impact's own.
  void set(Impact impact, Duration latency_budget);

  bool look_due(TimePoint now) const { return now >= looked_at_ + kWindow; }
  void look(const Sight& sight, TimePoint now);

  /// `held`: host writes are being held for this copy.
  CopyTuning::Pace pace(bool held) const;
  /// When the next chunk may start.
  TimePoint ready_at() const { return ready_at_; }
  /// A chunk has been moved.
  void moved(uint64_t bytes, TimePoint begun, TimePoint now);

  bool beside_hosts() const { return beside_hosts_; }
  /// Of the time, that the copier may work beside hosts.
  double share() const { return share_; }
  /// What hosts' I/O took on average in the last window in which they did any.
  Duration host_latency() const { return host_latency_; }

 private:
  struct Bounds {
    double floor;
    double ceiling;  // with the volume or the core in full use
    Duration budget;
  };
  static Bounds bounds_of(Impact impact);

  CopyTuning tuning_;
  ChunkSizer sizer_;
  Impact impact_ = Impact::normal;
  Bounds bounds_ = bounds_of(Impact::normal);
  Sight seen_;
  TimePoint looked_at_{};
  bool looked_ = false;
  bool beside_hosts_ = false;
  double share_ = 0.25;
  Duration host_latency_{};
  TimePoint ready_at_{};
};

}  // namespace tidemark::copyengine
