// WriteLog: every write of a proof, in the order sent, with when it was sent and answered.
//
// Time here is a count of events of one clock (EventClock), because only the order matters. The
// log belongs to the writer's thread until that has ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace tidemark::mgmt {

/// A tick of an EventClock; 0: has not happened.
using Tick = uint64_t;

/// Orders events of several threads: each tick is later than all given out before it.
class EventClock {
 public:
  Tick tick() { return ++last_; }

 private:
  std::atomic<Tick> last_{0};
};

struct WriteRecord {
  uint64_t first = 0;  // sector
  uint32_t count = 0;  // sectors
  Tick sent = 0;       // taken before the command goes out
  Tick answered = 0;   // taken after its GOOD status came in; 0: never
};

/// What the request for a copy tells about its moment T0: not before the request was sent, not
/// after its answer came.
struct Window {
  Tick opened = 0;
  Tick closed = 0;
};

class WriteLog {
 public:
  /// Returns the sequence number of the write: 1, 2, 3... (0 is the filling before them).
  uint64_t sent(uint64_t first, uint32_t count, Tick when) {
    records_.push_back({first, count, when, 0});
    return records_.size();
  }
  void answered(uint64_t sequence, Tick when) { records_[sequence - 1].answered = when; }

  uint64_t size() const { return records_.size(); }
  const WriteRecord& at(uint64_t sequence) const { return records_[sequence - 1]; }

 private:
  std::vector<WriteRecord> records_;
};

}  // namespace tidemark::mgmt
