#include "scsi/every_core.h"

#include <memory>
#include <utility>

namespace tidemark::scsi {

void on_every_core(Executor& executor, CoreId home,
                   std::function<void(CoreId, std::function<void()>)> job,
                   std::function<void()> then) {
  const auto left = std::make_shared<size_t>(executor.core_count());
  const std::function<void()> one_done = [&executor, home, left, then = std::move(then)] {
    executor.run_on(home, [left, then] {
      if (--*left == 0) then();
    });
  };
  for (CoreId core = 0; core < executor.core_count(); ++core)
    executor.run_on(core, [job, core, one_done] { job(core, one_done); });
}

}  // namespace tidemark::scsi
