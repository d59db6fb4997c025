// RouteChooser: where old data goes next: into the snapshot store, or straight to its place in the
// copy, where it is progress as well.
//
// Pure decisions: time is an argument. Used on one core.
#pragma once

#include "copyengine/copy_types.h"

namespace tidemark::copyengine {

class RouteChooser {
 public:
  /// With Route::automatic, one of so many goes the other way, to see how long it takes there now.
  static constexpr unsigned kProbe = 32;
  /// A destination that has failed or been too slow is left alone for so long.
  static constexpr Duration kRest = std::chrono::seconds(5);

  explicit RouteChooser(Route wanted) : wanted_(wanted) {}

  bool to_destination(TimePoint now) {
    if (wanted_ == Route::store || now < rest_until_) return false;
    if (wanted_ == Route::destination) return true;
    const bool faster = destination_ <= store_;  // both unknown: zero
    return ++chosen_ % kProbe == 0 ? !faster : faster;
  }
  void took(bool destination, Duration time) {
    Duration& average = destination ? destination_ : store_;
    average = average == Duration::zero() ? time : (average * 7 + time) / 8;
  }
  void destination_unfit(TimePoint now) { rest_until_ = now + kRest; }

 private:
  Route wanted_;
  Duration store_{0};
  Duration destination_{0};
  unsigned chosen_ = 0;
  TimePoint rest_until_{};
};

}  // namespace tidemark::copyengine
