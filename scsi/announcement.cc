#include "scsi/announcement.h"

#include "scsi/logical_unit.h"
#include "scsi/nexus.h"

namespace tidemark::scsi {

void announce(const std::shared_ptr<LogicalUnit>& unit, Asc asc, const ItNexus* except) {
  Executor& executor = unit->executor();
  for (CoreId core = 0; core < executor.core_count(); ++core) {
    executor.run_on(core, [unit, asc, except, core] {
      for (Nexus* nexus : unit->nexuses(core))
        if (nexus != except) nexus->add_attention(unit.get(), asc);
    });
  }
}

}  // namespace tidemark::scsi
