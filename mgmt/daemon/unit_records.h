// UnitRecords: what logical units keep through a restart besides their reservations, in the state
// database.
#pragma once

#include <string>

#include "base/result.h"
#include "mgmt/daemon/state_store.h"
#include "scsi/unit_store.h"

namespace tidemark::mgmt {

class UnitRecords final : public scsi::UnitStore {
 public:
  /// `store` outlives the records.
  explicit UnitRecords(StateStore& store) : store_(store) {}

  /// What was saved last; an empty record if there is nothing. What cannot be understood is an
  /// error: it may tell of a SANITIZE that is not finished. Blocking; for start-up.
  Result<scsi::UnitRecord> load(const std::string& unit) const;

  /// `done` runs on the store's thread.
  void save(const std::string& unit, const scsi::UnitRecord& record,
            std::function<void(bool)> done) override;

 private:
  StateStore& store_;
};

}  // namespace tidemark::mgmt
