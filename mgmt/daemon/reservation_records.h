// ReservationRecords: persistent reservations that outlive the daemon, in the state database.
#pragma once

#include <string>

#include "base/result.h"
#include "mgmt/daemon/state_store.h"
#include "scsi/reservation_store.h"

namespace tidemark::mgmt {

class ReservationRecords final : public scsi::ReservationStore {
 public:
  /// `store` outlives the records.
  explicit ReservationRecords(StateStore& store) : store_(store) {}

  /// What was saved last; nothing reserved if there is nothing. What cannot be understood is an
  /// error: to go on without it would let in hosts that had been fenced off. Blocking; for
  /// start-up.
  Result<scsi::ReservationState> load(const std::string& unit) const;

  /// `done` runs on the store's thread.
  void save(const std::string& unit, const scsi::ReservationState& state,
            std::function<void(bool)> done) override;

 private:
  StateStore& store_;
};

}  // namespace tidemark::mgmt
