#include "base/core_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <chrono>

#include "base/invariant.h"

namespace tidemark {
namespace {

/// Two numbers of a thread's schedstat: nanoseconds it ran, and nanoseconds it could have run but
/// had no processor.
int64_t running_and_waiting_ns(int file) {
  std::array<char, 96> text{};
  const ssize_t length = pread(file, text.data(), text.size(), 0);
  if (length <= 0) return 0;
  int64_t ran = 0;
  int64_t waited = 0;
  const char* const end = text.data() + length;
  const auto first = std::from_chars(text.data(), end, ran);
  if (first.ptr == end) return ran;
  std::from_chars(first.ptr + 1, end, waited);
  return ran + waited;
}

/// The calling thread's /proc file; without one (-1) reading it fails.
struct SchedulerFile {
  const int descriptor = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  ~SchedulerFile() {
    if (descriptor >= 0) close(descriptor);
  }
};

constexpr CoreId kNoCore = UINT16_MAX;
thread_local CoreId this_core = kNoCore;
// Spent looking for work that was not there.
thread_local Duration looked_in_vain{};

}  // namespace

CorePool::CorePool(CoreId cores, Duration busy_poll) : busy_poll_(busy_poll) {
  INVARIANT(cores > 0);
  // One thread per context, but other threads do post to it, so Asio's own locking stays on.
  for (CoreId core = 0; core < cores; ++core)
    contexts_.push_back(std::make_unique<boost::asio::io_context>(1));
}

CorePool::~CorePool() {
  stop();
  join();
}

void CorePool::start() {
  INVARIANT(threads_.empty());
  for (CoreId core = 0; core < core_count(); ++core)
    threads_.emplace_back([this, core] { run(core); });
}

void CorePool::run(CoreId core) {
  this_core = core;
  auto work = boost::asio::make_work_guard(*contexts_[core]);
  if (busy_poll_ > Duration(0))
    run_busily(*contexts_[core]);
  else
    contexts_[core]->run();
  this_core = kNoCore;
}

void CorePool::run_busily(boost::asio::io_context& context) const {
  TimePoint idle_since = now();
  while (!context.stopped()) {
    const TimePoint looked = now();
    if (context.poll() > 0) {
      idle_since = now();
    } else if (looked - idle_since < busy_poll_) {
      looked_in_vain += now() - looked;
    } else {
      context.run_one();
      idle_since = now();
    }
  }
}

void CorePool::stop() {
  for (auto& context : contexts_) context->stop();
}

void CorePool::join() {
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

CoreId CorePool::current_core() const {
  INVARIANT(this_core != kNoCore);
  return this_core;
}

void CorePool::post(CoreId core, Job job) {
  boost::asio::post(*contexts_[core], std::move(job));
}

void CorePool::post_after(CoreId core, Duration delay, Job job) {
  auto timer = std::make_shared<boost::asio::steady_timer>(*contexts_[core], delay);
  timer->async_wait([timer, job = std::move(job)](boost::system::error_code error) {
    if (!error) job();
  });
}

TimePoint CorePool::now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

Duration CorePool::busy_time() const {
  thread_local const SchedulerFile file;
  return Duration(running_and_waiting_ns(file.descriptor)) - looked_in_vain;
}

}  // namespace tidemark
