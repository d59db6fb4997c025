// Readiness: whether the medium of a unit can be used, and what is said when it cannot.
//
// Shared by all cores: each command asks once, with one load.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "scsi/sense.h"

namespace tidemark::scsi {

struct CommandRow;

class Readiness {
 public:
  enum class State : uint8_t {
    ready,
    stopped,          // by START STOP UNIT
    no_medium,        // ejected
    formatting,       // FORMAT UNIT is under way
    sanitizing,       // SANITIZE is under way
    format_failed,    // until a FORMAT UNIT or SANITIZE succeeds
    sanitize_failed,  // until a SANITIZE succeeds or, if allowed, EXIT FAILURE MODE
    lost,             // what the medium held is gone, for good
  };

  State state() const { return state_.load(std::memory_order_acquire); }
  bool ready() const { return state() == State::ready; }
  /// Whether an operation on the whole medium is under way.
  bool in_operation() const { return state() == State::formatting || state() == State::sanitizing; }

  /// False, and nothing changes, while an operation is under way, or if the medium is lost.
  bool enter(State state);
  /// Ends an operation, or begins one that was under way before a restart.
  void set(State state);
  /// Of 65536.
  void set_progress(uint16_t progress) { progress_.store(progress, std::memory_order_relaxed); }

  /// Why `row` must not run now; none if it may.
  std::optional<SenseData> refusal(const CommandRow& row) const;
  /// What TEST UNIT READY and REQUEST SENSE tell; none if the unit is ready.
  std::optional<SenseData> reason() const;

 private:
  SenseData under_way(Asc asc) const;

  std::atomic<State> state_ = State::ready;
  std::atomic<uint16_t> progress_ = 0;
};

}  // namespace tidemark::scsi
