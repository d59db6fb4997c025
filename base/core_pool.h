// CorePool: the real Executor. One thread and one Asio io_context per core; what a core owns
// (connections, engines, buffers) lives and dies on that thread.
//
// With `busy_poll`, a core that has run out of work keeps looking for more for that long before it
// sleeps: what comes meanwhile is not late by the time it takes to wake a thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "base/executor.h"

namespace tidemark {

class CorePool final : public Executor {
 public:
  explicit CorePool(CoreId cores, Duration busy_poll = {});
  ~CorePool() override;  // stops and joins

  /// Starts the threads. Jobs posted before wait for it.
  void start();
  /// Makes every core drop what is queued and return from its loop; join() waits for that.
  void stop();
  void join();

  boost::asio::io_context& context(CoreId core) { return *contexts_[core]; }

  CoreId core_count() const override { return static_cast<CoreId>(contexts_.size()); }
  CoreId current_core() const override;
  void post(CoreId core, Job job) override;
  void post_after(CoreId core, Duration delay, Job job) override;
  TimePoint now() const override;
  Duration busy_time() const override;

 private:
  void run(CoreId core);
  void run_busily(boost::asio::io_context& context) const;

  Duration busy_poll_;
  std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
  std::vector<std::thread> threads_;
};

}  // namespace tidemark
