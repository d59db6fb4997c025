// GroupFlush: one flush of a volume for all who want one. Whoever asks gets a flush that begins
// after the asking; all who ask while one is under way share the next.
//
// On the home core. `begin` starts a flush and calls back when it has ended; what it captures keeps
// this alive.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "storage/errc.h"

namespace tidemark::copyengine {

class GroupFlush {
 public:
  using Done = std::function<void(storage::Errc)>;

  explicit GroupFlush(std::function<void(Done)> begin) : begin_(std::move(begin)) {}

  void flush(Done then) {
    next_.push_back(std::move(then));
    if (!busy_) pump();
  }

 private:
  void pump() {
    if (next_.empty()) return;
    busy_ = true;
    begin_([this, served = std::exchange(next_, {})](storage::Errc error) {
      for (const Done& then : served) then(error);
      busy_ = false;
      pump();
    });
  }

  std::function<void(Done)> begin_;
  std::vector<Done> next_;
  bool busy_ = false;
};

}  // namespace tidemark::copyengine
