// CopyServiceGlue: the SCSI floor's CopyService over the copy engine, so that neither floor knows
// the other.
#pragma once

#include <functional>
#include <map>

#include "copyengine/copy_engine.h"
#include "scsi/copy_service.h"

namespace tidemark::mgmt {

/// What the SCSI floor is told of a refusal.
scsi::CopyRefusal refusal_of(ErrorKind kind);

class CopyServiceGlue final : public scsi::CopyService {
 public:
  /// Before the cores run. `engine` outlives the glue and answers on its home core.
  CopyServiceGlue(Executor& executor, copyengine::CopyEngine& engine);

  /// Before the cores run. `tokens` outlives the glue.
  void offer(scsi::RodTokens& tokens) { tokens_ = &tokens; }
  scsi::RodTokens* tokens() override { return tokens_; }

  void copy_ranges(scsi::RangeCopyOrder order, CoreId core,
                   std::function<void(uint64_t, scsi::CopyRefusal)> accepted,
                   std::function<void(const scsi::CopyReport&)> ended) override;
  void copy_snapshot(scsi::SnapshotCopyOrder order, CoreId core,
                     std::function<void(uint64_t, scsi::CopyRefusal)> accepted) override;
  void cancel(uint64_t id, CoreId core, std::function<void(bool)> done) override;
  void report(uint64_t id, CoreId core,
              std::function<void(bool, const scsi::CopyReport&)> done) override;
  void map(uint64_t id, uint64_t from, size_t max_runs, CoreId core,
           std::function<void(bool, std::vector<scsi::MapRun>)> done) override;

 private:
  struct Watcher {
    CoreId core = 0;
    std::function<void(const scsi::CopyReport&)> ended;
  };

  void watch(const copyengine::CopyStatus& status, Watcher watcher);
  void changed(const copyengine::CopyStatus& status);

  Executor& executor_;
  copyengine::CopyEngine& engine_;
  scsi::RodTokens* tokens_ = nullptr;
  std::map<uint64_t, Watcher> watchers_;  // home core; by copy
};

}  // namespace tidemark::mgmt
