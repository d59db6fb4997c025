// CopyServiceGlue: the SCSI floor's CopyService over the copy engine, so that neither floor knows
// the other.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "copyengine/copy_engine.h"
#include "mgmt/daemon/range_gathering.h"
#include "scsi/copy_service.h"

namespace tidemark::mgmt {

/// What the SCSI floor is told of a refusal.
scsi::CopyRefusal refusal_of(ErrorKind kind);

class CopyServiceGlue final : public scsi::CopyService, private RangeCopies {
 public:
  /// Before the cores run. `engine` outlives the glue and answers on `home`. `gather` is how long
  /// copies of ranges wait for others while one runs (range_gathering.h).
  CopyServiceGlue(Executor& executor, copyengine::CopyEngine& engine, CoreId home,
                  Duration gather = Duration{0});

  /// Before the cores run. `tokens` outlives the glue.
  void offer(scsi::RodTokens& tokens) { tokens_ = &tokens; }
  scsi::RodTokens* tokens() override { return tokens_; }

  void copy_ranges(scsi::RangeCopyOrder order, CoreId core,
                   std::function<void(uint64_t, scsi::CopyRefusal)> accepted,
                   std::function<void(const scsi::CopyReport&)> ended) override;
  void copy_snapshot(scsi::SnapshotCopyOrder order, CoreId core,
                     std::function<void(uint64_t, scsi::CopyRefusal)> accepted) override;
  void act(uint64_t id, scsi::CopyAction action, CoreId core, scsi::OrderDone done) override;
  void set(uint64_t id, scsi::CopyAdjustment adjustment, CoreId core,
           scsi::OrderDone done) override;
  void append(uint64_t id, std::vector<scsi::CopyRange> ranges, CoreId core,
              scsi::OrderDone done) override;
  void list(CoreId core, std::function<void(std::vector<scsi::CopyReport>)> done) override;
  void cancel(uint64_t id, CoreId core, std::function<void(bool)> done) override;
  void report(uint64_t id, CoreId core,
              std::function<void(bool, const scsi::CopyReport&)> done) override;
  void map(uint64_t id, uint64_t from, size_t max_runs, CoreId core,
           std::function<void(bool, std::vector<scsi::MapRun>)> done) override;

 private:
  void carry_out(scsi::RangeCopyOrder order, Accepted accepted, Ended ended) override;
  void cancel_copy(uint64_t id) override;
  void report_copy(uint64_t id, Reported reported) override;
  /// What the engine answers to an order, told to whoever gave it.
  std::function<void(Result<copyengine::CopyStatus>)> told(CoreId core, scsi::OrderDone done);
  void watch(const copyengine::CopyStatus& status, Ended ended);
  void changed(const copyengine::CopyStatus& status);

  Executor& executor_;
  copyengine::CopyEngine& engine_;
  CoreId home_;
  scsi::RodTokens* tokens_ = nullptr;
  std::shared_ptr<RangeGathering> gathering_;
  std::map<uint64_t, Ended> watchers_;  // home core; by copy
};

}  // namespace tidemark::mgmt
