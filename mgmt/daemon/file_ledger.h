// FileLedger: the copy engine's ledger, kept as CopyRecords by a thread of its own, because a flush
// may take longer than any core can wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/executor.h"
#include "copyengine/copy_engine.h"
#include "mgmt/daemon/copy_records.h"

namespace tidemark::mgmt {

class FileLedger final : public copyengine::CopyLedger {
 public:
  /// `done` of every record runs on core `home` of `executor`.
  FileLedger(Executor& executor, CoreId home, CopyRecords records);
  ~FileLedger() override;  // writes what is queued

  /// A record that cannot be written is logged, and `done` runs all the same: on disk the copy
  /// then still counts as running, which a restart takes for broken. That errs on the safe side.
  void record(const copyengine::CopyStatus& status, std::function<void()> done) override;

 private:
  struct Entry {
    copyengine::CopyStatus status;
    std::function<void()> done;
  };

  void run();

  Executor& executor_;
  CoreId home_;
  CopyRecords records_;
  std::mutex mutex_;  // queue_, stopping_
  std::condition_variable wake_;
  std::deque<Entry> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tidemark::mgmt
