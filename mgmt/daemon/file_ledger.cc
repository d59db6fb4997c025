#include "mgmt/daemon/file_ledger.h"

#include "base/log.h"

namespace tidemark::mgmt {

FileLedger::FileLedger(Executor& executor, CoreId home, CopyRecords records)
    : executor_(executor), home_(home), records_(std::move(records)) {
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

void FileLedger::record(const copyengine::CopyStatus& status, std::function<void()> done) {
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
    if (const auto written = records_.write(entry.status); !written)
      log_error("the record of copy {} is lost: {}", entry.status.id, written.error().message);
    if (entry.done) executor_.post(home_, std::move(entry.done));
    lock.lock();
  }
}

}  // namespace tidemark::mgmt
