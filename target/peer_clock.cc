#include "target/peer_clock.h"

namespace tidemark::target {

bool PeerClock::pdu_overdue(TimePoint now, bool mid_pdu) {
  if (mid_pdu && pdus_at_mid_ == pdus_ && mid_pdu_since_ != TimePoint{})
    return now - mid_pdu_since_ > limits_.pdu_time;
  pdus_at_mid_ = pdus_;
  mid_pdu_since_ = mid_pdu ? now : TimePoint{};
  return false;
}

PeerClock::Verdict PeerClock::look(TimePoint now, bool mid_pdu) {
  if (pdu_overdue(now, mid_pdu)) return Verdict::pdu_does_not_end;
  if (pinged_ != TimePoint{})
    return now - pinged_ > limits_.ping_answer ? Verdict::no_answer : Verdict::fine;
  if (limits_.idle_ping == Duration::zero() || now - last_received_ <= limits_.idle_ping)
    return Verdict::fine;
  pinged_ = now;
  return Verdict::ping;
}

}  // namespace tidemark::target
