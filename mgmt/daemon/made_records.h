// MadeRecords: what was made through the management port, in the state database. Blocking: for
// start-up and the thread that carries out changes.
#pragma once

#include "base/result.h"
#include "mgmt/daemon/made_rows.h"
#include "mgmt/daemon/state_store.h"

namespace tidemark::mgmt {

class MadeRecords {
 public:
  /// `store` outlives the records.
  explicit MadeRecords(StateStore& store) : store_(store) {}

  Result<MadeRows> load() const;
  /// From `now`, which is what is kept, to `next`, in one transaction: after a crash it is one or
  /// the other. Costs what differs.
  Result<void> save(const MadeRows& now, const MadeRows& next);
  /// What logical unit `unit` kept: of a volume that is no more.
  Result<void> forget_unit(const std::string& unit);

 private:
  StateStore& store_;
};

}  // namespace tidemark::mgmt
