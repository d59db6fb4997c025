// CommandWindow: the CmdSN window of a session (RFC 7143 clause 4.2.2.1), one for all of its
// connections.
//
// [ExpCmdSN, MaxCmdSN] is as wide as the commands that may still come: depth minus those under way.
// So the window is what bounds the tasks of a session, and MaxCmdSN never moves back. Requests are
// delivered in order of CmdSN. A number that task management has plugged counts as received, and
// what arrives under it is ignored (clause 11.5.5).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/invariant.h"
#include "target/serial.h"

namespace tidemark::target {

class CommandWindow {
 public:
  enum class Verdict : uint8_t {
    deliver,  // it is the next one
    ignore,   // outside the window or plugged: dropped without an answer
    early,    // inside the window, but requests before it are missing
  };

  CommandWindow(uint32_t first_cmd_sn, uint32_t depth) : exp_cmd_sn_(first_cmd_sn), depth_(depth) {}

  Verdict judge(uint32_t cmd_sn) const {
    if (!contains(cmd_sn)) return Verdict::ignore;
    if (cmd_sn == exp_cmd_sn_) return Verdict::deliver;
    return is_plugged(cmd_sn) ? Verdict::ignore : Verdict::early;
  }
  bool contains(uint32_t cmd_sn) const {
    return !serial_less(cmd_sn, exp_cmd_sn_) && serial_less_equal(cmd_sn, max_cmd_sn());
  }

  /// A non-immediate request has been delivered; it holds its place until release().
  void take() {
    ++under_way_;
    advance();
  }
  void release() {
    INVARIANT(under_way_ > 0);
    --under_way_;
  }
  /// `cmd_sn`, which is in the window, counts as received and is under way no more.
  void plug(uint32_t cmd_sn) {
    if (!contains(cmd_sn) || is_plugged(cmd_sn)) return;
    if (cmd_sn == exp_cmd_sn_) return advance();
    plugged_.push_back(cmd_sn);
  }

  uint32_t exp_cmd_sn() const { return exp_cmd_sn_; }
  uint32_t max_cmd_sn() const { return exp_cmd_sn_ + (depth_ - under_way_) - 1; }
  uint32_t under_way() const { return under_way_; }
  /// Nothing but immediate requests may come until a command ends.
  bool closed() const { return under_way_ == depth_; }

 private:
  bool is_plugged(uint32_t cmd_sn) const {
    return !plugged_.empty() &&
           std::find(plugged_.begin(), plugged_.end(), cmd_sn) != plugged_.end();
  }
  void advance() {
    ++exp_cmd_sn_;
    while (!plugged_.empty() && std::erase(plugged_, exp_cmd_sn_) > 0) ++exp_cmd_sn_;
  }

  uint32_t exp_cmd_sn_;
  uint32_t depth_;
  uint32_t under_way_ = 0;
  std::vector<uint32_t> plugged_;  // beyond ExpCmdSN; depth at most
};

}  // namespace tidemark::target
