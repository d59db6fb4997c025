// ReservationStore: keeps the reservations of units through a restart and a power failure (APTPL,
// SPC-4 5.13.5). Implemented above this floor; a unit without one has no such capability.
#pragma once

#include <functional>
#include <string>

#include "scsi/reservation_state.h"

namespace tidemark::scsi {

class ReservationStore {
 public:
  virtual ~ReservationStore() = default;

  /// Makes `state` what is found for `unit` (its serial number) after a restart; if it is not
  /// `persistent`, nothing is to be found. `done` is called once that is durable, or with false if
  /// it cannot be; from any thread, maybe at once. One call at a time per unit.
  virtual void save(const std::string& unit, const ReservationState& state,
                    std::function<void(bool)> done) = 0;
};

}  // namespace tidemark::scsi
