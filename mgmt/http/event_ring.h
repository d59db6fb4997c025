// EventRing: the last events, so that a reader who lost its connection can go on where it was.
// A reader is a position in the ring and has no queue of its own: one that is too slow loses the
// oldest events, and nobody waits for it. Lives on the HTTP thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::mgmt {

class EventRing {
 public:
  static constexpr size_t kKept = 1024;

  /// `data` is one line. Returns the event's id; ids count from 1.
  uint64_t publish(std::string_view type, std::string_view data);

  /// Where a reader starts: after the event it saw last, or, without one, with what comes next.
  /// An id from before a restart (higher than any of ours) gets everything that is kept.
  uint64_t position_after(std::optional<uint64_t> last_seen) const;

  /// What is to be sent to a reader at `position`, in text/event-stream form and at most about
  /// `bytes_max`; moves the position on. Empty: nothing yet.
  std::string take(uint64_t& position, size_t bytes_max) const;

 private:
  uint64_t oldest() const { return next_ - events_.size(); }

  std::deque<std::string> events_;  // formatted
  uint64_t next_ = 1;
};

}  // namespace tidemark::mgmt
