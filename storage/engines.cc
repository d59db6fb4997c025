#include "storage/engines.h"

#include <utility>

#include "base/invariant.h"
#include "storage/thread_engine.h"
#include "storage/uring_engine.h"

namespace tidemark::storage {
namespace {

// Enough to keep a disk busy where io_uring is forbidden; more would only contend.
constexpr unsigned kThreads = 4;

Result<std::unique_ptr<Engines>> make_uring_engines(CorePool& cores) {
  std::vector<std::unique_ptr<IoEngine>> of_core;
  for (CoreId core = 0; core < cores.core_count(); ++core) {
    auto engine = make_uring_engine(cores.context(core));
    if (!engine) return engine.error();
    of_core.push_back(std::move(engine).value());
  }
  return std::make_unique<Engines>(cores, "io_uring", std::move(of_core));
}

}  // namespace

Engines::Engines(Executor& executor, std::string kind,
                 std::vector<std::unique_ptr<IoEngine>> of_core)
    : executor_(executor), kind_(std::move(kind)), of_core_(std::move(of_core)) {
  INVARIANT(of_core_.size() == executor.core_count());
}

Result<std::unique_ptr<Engines>> make_engines(CorePool& cores, EngineChoice choice) {
  std::string reason;
  if (choice != EngineChoice::threads) {
    auto engines = make_uring_engines(cores);
    if (engines || choice == EngineChoice::io_uring) return engines;
    reason = engines.error().message;
  }
  auto engines = std::make_unique<Engines>(cores, "threads", make_thread_engines(cores, kThreads));
  engines->reason_ = std::move(reason);
  return engines;
}

}  // namespace tidemark::storage
