// T0Rendezvous: gives several copies one begin time. Each copy goes through the same steps, and
// none goes on to the next before all have come to the end of the last:
//
//   destinations protected > every source closed to writes > every guard on > sources opened
//
// Between the second step and the third no host is writing to any of the sources, which is what
// makes one begin time of theirs. A copy on its own is a rendezvous of one, and waits for nobody.
//
// All or none: a copy that ends on its way calls the rendezvous off, and with it the others. Once
// all guards are on, the begin time has passed and each copy is on its own.
//
// Shared by its copies, on the engine's home core.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/invariant.h"

namespace tidemark::copyengine {

class T0Rendezvous {
 public:
  enum class Step : uint8_t { preparing, closing, guarding, passed };

  /// `patience`: how long the sources may take to close.
  explicit T0Rendezvous(size_t copies, Duration patience = Duration::max())
      : copies_(copies), patience_(patience) {}

  /// A copy's part in being called off; it may be told while it waits for any of the steps.
  /// At once, if it has been by now.
  void on_called_off(std::function<void()> listener) {
    if (called_off_) return listener();
    listeners_.push_back(std::move(listener));
  }

  /// A copy has ended the step that all are at. The last to come sets all going, itself included;
  /// nothing happens once it is called off.
  void arrive(std::function<void()> go);

  /// A copy ends before its begin time: so do all.
  void call_off();
  bool called_off() const { return called_off_; }

  /// Of all: what the first to ask gives.
  uint64_t begin_time(uint64_t unix_ns) {
    return begin_time_ == 0 ? begin_time_ = unix_ns : begin_time_;
  }

  Duration patience() const { return patience_; }
  Step step() const { return step_; }
  size_t copies() const { return copies_; }

 private:
  size_t copies_;
  Duration patience_;
  uint64_t begin_time_ = 0;
  Step step_ = Step::preparing;
  bool called_off_ = false;
  std::vector<std::function<void()>> arrived_;
  std::vector<std::function<void()>> listeners_;
};

}  // namespace tidemark::copyengine
