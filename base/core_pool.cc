#include "base/core_pool.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "base/invariant.h"

namespace tidemark {
namespace {

constexpr CoreId kNoCore = UINT16_MAX;
thread_local CoreId this_core = kNoCore;

}  // namespace

CorePool::CorePool(CoreId cores) {
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
  contexts_[core]->run();
  this_core = kNoCore;
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

}  // namespace tidemark
