// CommandWindow: the CmdSN window of a session (RFC 7143 clause 4.2.2.1).
//
// [ExpCmdSN, MaxCmdSN] is as wide as the commands that may still come: depth minus those under way.
// So the window is what bounds the tasks of a session, and MaxCmdSN never moves back. On one
// connection commands arrive in order; a number beyond ExpCmdSN is a hole that nothing will fill
// at ErrorRecoveryLevel 0.
#pragma once

#include <cstdint>

#include "base/invariant.h"
#include "target/serial.h"

namespace tidemark::target {

class CommandWindow {
 public:
  enum class Verdict : uint8_t {
    deliver,  // it is the next one
    ignore,   // outside the window: dropped without an answer
    hole,     // inside the window, but commands before it are missing
  };

  CommandWindow(uint32_t first_cmd_sn, uint32_t depth) : exp_cmd_sn_(first_cmd_sn), depth_(depth) {}

  Verdict judge(uint32_t cmd_sn) const {
    if (serial_less(cmd_sn, exp_cmd_sn_) || serial_less(max_cmd_sn(), cmd_sn))
      return Verdict::ignore;
    return cmd_sn == exp_cmd_sn_ ? Verdict::deliver : Verdict::hole;
  }

  /// A non-immediate request has been delivered; it holds its place until release().
  void take() {
    ++exp_cmd_sn_;
    ++under_way_;
  }
  void release() {
    INVARIANT(under_way_ > 0);
    --under_way_;
  }

  uint32_t exp_cmd_sn() const { return exp_cmd_sn_; }
  uint32_t max_cmd_sn() const { return exp_cmd_sn_ + (depth_ - under_way_) - 1; }
  uint32_t under_way() const { return under_way_; }

 private:
  uint32_t exp_cmd_sn_;
  uint32_t depth_;
  uint32_t under_way_ = 0;
};

}  // namespace tidemark::target
