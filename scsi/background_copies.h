// BackgroundCopies: the third-party copies of one logical unit, on one core, that have been
// answered and still run (IMMED). Their nexus may have gone; a reset of the unit, or PREEMPT AND
// ABORT, ends them all the same (SPC-4 clauses 5.13.11.2.6, 5.17.4.4).
//
// Owned by the unit; touched only on that core.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "scsi/copy_records.h"
#include "scsi/reservation_state.h"

namespace tidemark::scsi {

class BackgroundCopies {
 public:
  using Some = std::vector<std::shared_ptr<CopyRecord>>;

  void add(NexusName asker, std::shared_ptr<CopyRecord> record);
  void remove(const CopyRecord& record);

  Some all() const;
  /// Those that one of `askers` began.
  Some of(const std::vector<NexusName>& askers) const;
  /// Ends them; `ended` runs for each when it has stopped, which may be at once.
  static void terminate(const Some& copies, const std::function<void()>& ended);

 private:
  struct Copy {
    NexusName asker;
    std::shared_ptr<CopyRecord> record;
  };
  std::vector<Copy> copies_;
};

}  // namespace tidemark::scsi
