// PeerClock: what the other side of one connection may take its time for: its login, the rest of a
// PDU it has begun, answers to NOP-In, reading what is sent. Decides only; on the connection's
// core.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "target/limits.h"

namespace tidemark::target {

class PeerClock {
 public:
  explicit PeerClock(const Limits& limits) : limits_(limits) {}

  void accepted(TimePoint now) { accepted_ = last_received_ = last_sent_ = now; }
  void received(TimePoint now) {
    last_received_ = now;
    pinged_ = {};
  }
  void pdu_complete() { ++pdus_; }
  void sent(TimePoint now) { last_sent_ = now; }
  /// It was not listened to: its silence does not count.
  void not_heard(TimePoint now) { last_received_ = now; }

  bool login_overdue(TimePoint now) const { return now - accepted_ > limits_.login_time; }
  /// There was output for it all the while, and it takes none.
  bool does_not_read(TimePoint now) const {
    return now - last_sent_ > limits_.idle_ping + limits_.ping_answer;
  }

  enum class Verdict : uint8_t { fine, ping, no_answer, pdu_does_not_end };
  /// While it is listened to; `mid_pdu`: a part of a PDU has come. After `ping` it is to be sent
  /// one.
  Verdict look(TimePoint now, bool mid_pdu);

 private:
  bool pdu_overdue(TimePoint now, bool mid_pdu);

  const Limits& limits_;
  TimePoint accepted_{};
  TimePoint last_received_{};
  TimePoint last_sent_{};
  TimePoint pinged_{};         // nothing has come since
  TimePoint mid_pdu_since_{};  // the PDU after the first `pdus_at_mid_` is under way
  uint64_t pdus_ = 0;
  uint64_t pdus_at_mid_ = 0;
};

}  // namespace tidemark::target
