#include "mgmt/daemon/file_ledger.h"

#include "base/log.h"

namespace tidemark::mgmt {

FileLedger::FileLedger(Executor& executor, CoreId home, CopyRecords records, const KeptFiles* files)
    : executor_(executor), home_(home), records_(std::move(records)), files_(files) {
  thread_ = std::thread([this] { run(); });
}

FileLedger::~FileLedger() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void FileLedger::record(const copyengine::CopyStatus& status, std::function<void(bool)> done) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({status, std::move(done)});
  }
  wake_.notify_one();
}

void FileLedger::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Entry entry = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const bool kept = write(entry.status);
    if (entry.done) executor_.post(home_, [done = std::move(entry.done), kept] { done(kept); });
    lock.lock();
  }
}

bool FileLedger::write(const copyengine::CopyStatus& status) {
  // A copy that begins has had its files made.
  if (files_ != nullptr && status.request.release == copyengine::Release::durable &&
      !copyengine::ended(status.state))
    if (const auto synced = files_->sync_names(); !synced)
      log_error("copy {} may not outlive a power failure: {}", status.id, synced.error().message);
  auto written = records_.write(status);
  if (written) return true;
  log_error("the record of copy {} cannot be written: {}", status.id, written.error().message);
  if (!discard(status)) return false;
  // There may be space for it now.
  written = records_.write(status);
  if (!written) log_warning("after a restart copy {} will be called broken", status.id);
  return true;
}

/// A completed copy needs its journal: that says the same.
bool FileLedger::discard(const copyengine::CopyStatus& status) {
  using copyengine::CopyState;
  if (files_ == nullptr || !copyengine::ended(status.state) || status.state == CopyState::completed)
    return false;
  const auto discarded = files_->discard(status.id);
  if (!discarded) log_error("{}", discarded.error().message);
  return discarded.ok();
}

}  // namespace tidemark::mgmt
