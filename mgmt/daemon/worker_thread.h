// WorkerThread: carries out jobs that wait for the disk, one after the other, on a thread of its
// own, because no core can wait that long.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace tidemark::mgmt {

class WorkerThread {
 public:
  WorkerThread();
  ~WorkerThread();  // after the jobs that are queued
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  /// From any thread.
  void post(std::function<void()> job);

 private:
  void run();

  std::mutex mutex_;  // jobs_, stopping_
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tidemark::mgmt
