// SimExecutor: an Executor in virtual time, single-threaded, from one seed.
//
// Messages between cores take random times, but keep their order from one core to another, as the
// real one promises. Nothing runs until run() is called.
#pragma once

#include <map>
#include <queue>
#include <random>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/invariant.h"

namespace tidemark::test {

class SimExecutor final : public Executor {
 public:
  SimExecutor(CoreId cores, uint64_t seed) : cores_(cores), random_(seed) {}

  CoreId core_count() const override { return cores_; }
  CoreId current_core() const override { return current_; }
  TimePoint now() const override { return now_; }

  void post(CoreId core, Job job) override {
    TimePoint& last = last_arrival_[{current_, core}];
    last = std::max(last, now_ + random_duration(0, 3000));
    push(last, core, std::move(job));
  }
  void post_after(CoreId core, Duration delay, Job job) override {
    push(now_ + std::max(delay, Duration(0)), core, std::move(job));
  }

  /// Runs `job` as if on `core`, at once.
  void as(CoreId core, const Job& job) {
    const CoreId before = std::exchange(current_, core);
    job();
    current_ = before;
  }

  /// Runs so many jobs at most.
  void run_steps(uint64_t steps) {
    while (steps-- > 0 && !events_.empty()) step();
  }
  /// Forgets all that is due: the process is gone.
  void drop_all() {
    while (!events_.empty()) events_.pop();
  }

  /// Runs until nothing is left to do or `limit` of virtual time is reached; false in that case.
  bool run(TimePoint limit) {
    while (!events_.empty()) {
      if (events_.top().at > limit) return now_ = limit, false;
      step();
    }
    return true;
  }

  std::mt19937_64& random() { return random_; }
  Duration random_duration(int64_t least_ns, int64_t most_ns) {
    return Duration(std::uniform_int_distribution<int64_t>(least_ns, most_ns)(random_));
  }

 private:
  struct Event {
    TimePoint at;
    uint64_t number;
    CoreId core;
    Job job;
    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : number > other.number;  // earliest on top
    }
  };

  void step() {
    const Event event = std::move(const_cast<Event&>(events_.top()));  // its order does not change
    events_.pop();
    now_ = event.at;
    current_ = event.core;
    event.job();
  }

  void push(TimePoint at, CoreId core, Job job) {
    INVARIANT(core < cores_);
    events_.push({at, next_number_++, core, std::move(job)});
  }

  CoreId cores_;
  CoreId current_ = 0;
  std::mt19937_64 random_;
  TimePoint now_{};
  uint64_t next_number_ = 0;
  std::map<std::pair<CoreId, CoreId>, TimePoint> last_arrival_;
  std::priority_queue<Event> events_;
};

}  // namespace tidemark::test
