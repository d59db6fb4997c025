#include "mgmt/bench/load_run.h"

#include <fmt/core.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <optional>
#include <random>
#include <thread>

#include "mgmt/bench/load_driver.h"

namespace tidemark::mgmt::bench {
namespace {

constexpr double kNanosPerSecond = 1e9;
// With a count the end is a limit, not a plan.
constexpr double kCountLimit = 600;

Error invalid(const char* field, std::string message) {
  return {ErrorKind::invalid, std::move(message), field};
}

Result<void> check(const LoadOptions& options) {
  const Load& load = options.load;
  if (options.urls.empty()) return invalid("URL", "there is none");
  if (load.block_size < 512 || load.block_size > 8 * kMiB || load.block_size % 512 != 0)
    return invalid("block-size", "not a multiple of 512 up to 8 MiB");
  if (load.depth < 1 || load.depth > 1024) return invalid("depth", "not from 1 to 1024");
  if (options.sessions < 1 || options.sessions > 256)
    return invalid("sessions", "not from 1 to 256");
  if (load.read_percent > 100) return invalid("read-share", "not from 0 to 100");
  if (load.count == 0 && !(options.seconds > 0)) return invalid("seconds", "not above 0");
  return {};
}

/// One thread's part.
class Worker {
 public:
  explicit Worker(std::optional<int> processor) : processor_(processor) {}

  Result<void> add(const LunUrl& url, LoginDialog::Who who, const Load& load) {
    return driver_.add(url, std::move(who), load);
  }

  void prepare() {
    if (processor_ && !pin(*processor_))
      error_ = invalid("pin", fmt::format("there is no processor {} to run on", *processor_));
    else if (auto logged_in = driver_.log_in(); !logged_in)
      error_ = logged_in.error();
  }
  void run(uint64_t begin, uint64_t end) {
    if (error_) return;
    auto done = driver_.run(begin, end);
    if (done)
      outcome_ = std::move(done).value();
    else
      error_ = done.error();
  }

  const std::optional<Error>& error() const { return error_; }
  const LoadDriver::Outcome& outcome() const { return outcome_; }

 private:
  static bool pin(int processor) {
    if (processor < 0 || processor >= CPU_SETSIZE) return false;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<size_t>(processor), &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
  }

  std::optional<int> processor_;
  LoadDriver driver_;
  std::optional<Error> error_;
  LoadDriver::Outcome outcome_;
};

using Workers = std::vector<std::unique_ptr<Worker>>;

Result<Workers> make_workers(const LoadOptions& options) {
  Workers workers;
  for (const int processor : options.pins) workers.push_back(std::make_unique<Worker>(processor));
  if (workers.empty()) workers.push_back(std::make_unique<Worker>(std::nullopt));
  // Type 10b: a random initiator session id (RFC 7143 clause 11.12.5).
  const uint64_t isid = uint64_t{0x80} << 40 | uint64_t{std::random_device{}()} << 8;
  const unsigned whole = options.sessions * static_cast<unsigned>(options.urls.size());
  unsigned number = 0;
  for (unsigned i = 0; i < options.sessions; ++i) {
    for (const std::string& text : options.urls) {
      const Result<LunUrl> url = parse_lun_url(text);
      if (!url) return url.error();
      LoginDialog::Who who;
      who.initiator = "iqn.2026-11.dev.tidemark:bench";
      who.target = url.value().target;
      who.isid = isid + number;
      who.digests = options.digests;
      Load load = options.load;
      load.order_seed = load.seed + number;
      load.first = static_cast<double>(number) / whole;
      if (auto added = workers[number % workers.size()]->add(url.value(), who, load); !added)
        return added.error();
      ++number;
    }
  }
  return workers;
}

void wait_until(uint64_t time) {
  const uint64_t now = monotonic_ns();
  if (now < time) std::this_thread::sleep_for(std::chrono::nanoseconds(time - now));
}

ProcessUse use_of(pid_t pid) {
  const Result<ProcessUse> use = pid > 0 ? process_use(pid) : ProcessUse{};
  return use ? use.value() : ProcessUse{};
}

struct Window {
  uint64_t begin = 0;
  uint64_t end = 0;
};

}  // namespace

Result<LoadReport> run_load(const LoadOptions& options) {
  if (auto checked = check(options); !checked) return checked.error();
  if (options.target_pid > 0)
    if (auto use = process_use(options.target_pid); !use) return use.error();
  Result<Workers> made = make_workers(options);
  if (!made) return made.error();
  Workers& workers = made.value();

  const auto count = static_cast<std::ptrdiff_t>(workers.size());
  std::latch prepared(count);
  std::latch go(1);
  Window window;
  std::vector<std::thread> threads;
  for (const auto& worker : workers) {
    threads.emplace_back([&prepared, &go, &window, &worker] {
      worker->prepare();
      prepared.count_down();
      go.wait();
      worker->run(window.begin, window.end);
    });
  }
  prepared.wait();
  const bool counted = options.load.count > 0;
  const uint64_t now = monotonic_ns();
  const auto nanos = [](double seconds) {
    return static_cast<uint64_t>(seconds * kNanosPerSecond);
  };
  window.begin = counted ? 0 : now + nanos(options.warm_up);
  window.end = counted ? now + nanos(kCountLimit) : window.begin + nanos(options.seconds);
  const bool failed = std::any_of(workers.begin(), workers.end(),
                                  [](const auto& worker) { return worker->error().has_value(); });
  if (failed) window.end = 0;
  ProcessUse before = use_of(options.target_pid);
  go.count_down();
  ProcessUse after;
  if (!failed && !counted) {
    wait_until(window.begin);
    before = use_of(options.target_pid);
    wait_until(window.end);
    after = use_of(options.target_pid);
  }
  for (std::thread& thread : threads) thread.join();
  if (counted) after = use_of(options.target_pid);

  LoadReport report;
  uint64_t ended = 0;
  for (const auto& worker : workers) {
    if (worker->error()) return *worker->error();
    const LoadDriver::Outcome& outcome = worker->outcome();
    report.tally.add(outcome.tally);
    report.own_cpu_us += outcome.use.cpu_us;
    report.own_switches += outcome.use.switches;
    ended = std::max(ended, outcome.ended);
  }
  report.seconds = static_cast<double>(ended - (counted ? now : window.begin)) / kNanosPerSecond;
  const ProcessUse used = after.since(before);
  report.target_cpu_us = used.cpu_us;
  report.target_switches = used.switches;
  return report;
}

}  // namespace tidemark::mgmt::bench
