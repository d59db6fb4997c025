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
#include "mgmt/daemon/kept_files.h"

namespace tidemark::mgmt {

class FileLedger final : public copyengine::CopyLedger {
 public:
  /// `done` of every record runs on core `home` of `executor`. `files` (may be null) outlives this.
  FileLedger(Executor& executor, CoreId home, CopyRecords records, const KeptFiles* files);
  ~FileLedger() override;  // writes what is queued

  /// A record that cannot be written is logged, and `done` is told: on disk the copy then still
  /// counts as running. If it has ended otherwise than completed, its journal is removed instead,
  /// so that a restart takes it for broken: that counts as kept, and works on a full disk.
  void record(const copyengine::CopyStatus& status, std::function<void(bool)> done) override;

 private:
  struct Entry {
    copyengine::CopyStatus status;
    std::function<void(bool)> done;
  };

  void run();
  bool write(const copyengine::CopyStatus& status);
  bool discard(const copyengine::CopyStatus& status);

  Executor& executor_;
  CoreId home_;
  CopyRecords records_;
  const KeptFiles* files_;
  std::mutex mutex_;  // queue_, stopping_
  std::condition_variable wake_;
  std::deque<Entry> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tidemark::mgmt
