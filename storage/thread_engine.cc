#include "storage/thread_engine.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/invariant.h"
#include "storage/io_queue.h"
#include "storage/io_steps.h"

namespace tidemark::storage {
namespace {

/// The workers and what goes through their hands. Any thread.
class ThreadCrew {
 public:
  ThreadCrew(Executor& executor, unsigned threads);
  ~ThreadCrew();

  void submit(VolumeIo& io);
  bool take_back(const VolumeIo& io);

 private:
  /// What is on its way back to one core.
  struct Lane {
    IoQueue done;
    bool wakeup_posted = false;
  };

  void work();
  void hand_back(VolumeIo& io);
  void deliver(CoreId core);

  Executor& executor_;
  std::mutex mutex_;
  std::condition_variable work_or_end_;
  IoQueue waiting_;          // under mutex_
  std::vector<Lane> lanes_;  // under mutex_
  bool ending_ = false;      // under mutex_
  std::vector<std::thread> threads_;
};

ThreadCrew::ThreadCrew(Executor& executor, unsigned threads)
    : executor_(executor), lanes_(executor.core_count()) {
  INVARIANT(threads > 0);
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

ThreadCrew::~ThreadCrew() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_or_end_.notify_all();
  // The workers leave nothing waiting; what they handed back last no core will fetch any more.
  for (std::thread& thread : threads_) thread.join();
  for (CoreId core = 0; core < lanes_.size(); ++core) deliver(core);
}

void ThreadCrew::submit(VolumeIo& io) {
  {
    std::lock_guard lock(mutex_);
    waiting_.push(io);
  }
  work_or_end_.notify_one();
}

bool ThreadCrew::take_back(const VolumeIo& io) {
  std::lock_guard lock(mutex_);
  return waiting_.remove(io);
}

void ThreadCrew::work() {
  pthread_setname_np(pthread_self(), "tidemark-io");
  std::unique_lock lock(mutex_);
  for (;;) {
    work_or_end_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    VolumeIo* io = waiting_.pop();
    if (io == nullptr) return;
    lock.unlock();
    run_to_end(*io);
    lock.lock();
    hand_back(*io);
  }
}

/// With mutex_ held, so that a crew being destroyed cannot be gone before its worker is through.
void ThreadCrew::hand_back(VolumeIo& io) {
  const CoreId core = io.core;
  Lane& lane = lanes_[core];
  lane.done.push(io);
  if (std::exchange(lane.wakeup_posted, true)) return;
  executor_.post(core, [this, core] { deliver(core); });
}

void ThreadCrew::deliver(CoreId core) {
  IoQueue done;
  {
    std::lock_guard lock(mutex_);
    done.swap(lanes_[core].done);
    lanes_[core].wakeup_posted = false;
  }
  while (VolumeIo* io = done.pop()) io->done(*io);
}

class ThreadEngine final : public IoEngine {
 public:
  explicit ThreadEngine(std::shared_ptr<ThreadCrew> crew) : crew_(std::move(crew)) {}

  void submit(VolumeIo& io) override { crew_->submit(io); }

  void cancel(VolumeIo& io) override {
    if (!crew_->take_back(io)) return;
    io.error = Errc::cancelled;
    io.done(io);
  }

 private:
  std::shared_ptr<ThreadCrew> crew_;
};

}  // namespace

std::vector<std::unique_ptr<IoEngine>> make_thread_engines(Executor& executor, unsigned threads) {
  auto crew = std::make_shared<ThreadCrew>(executor, threads);
  std::vector<std::unique_ptr<IoEngine>> engines;
  for (CoreId core = 0; core < executor.core_count(); ++core)
    engines.push_back(std::make_unique<ThreadEngine>(crew));
  return engines;
}

}  // namespace tidemark::storage
