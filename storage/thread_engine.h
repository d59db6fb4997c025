// The thread engine: a few worker threads, shared by all cores, make the blocking calls. For places
// that forbid io_uring. This is the slow way: a lock per request, a wakeup per batch of answers.
#pragma once

#include <memory>
#include <vector>

#include "base/executor.h"
#include "storage/io_engine.h"

namespace tidemark::storage {

/// One engine per core of `executor`, which outlives them, on `threads` workers in common.
std::vector<std::unique_ptr<IoEngine>> make_thread_engines(Executor& executor, unsigned threads);

}  // namespace tidemark::storage
