#include "scsi/medium.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace tidemark::scsi {

void detail::submit_io(Task& task, storage::Verb verb, storage::Extent extent,
                       std::span<const iovec> memory, bool fua, storage::VolumeIo::Done done) {
  const storage::Closure* holder = task.io.holder;
  task.io = storage::VolumeIo{};
  task.io.verb = verb;
  task.io.fua = fua;
  task.io.core = task.core;
  task.io.extent = extent;
  task.io.memory = memory;
  task.io.holder = holder;
  task.io.done = done;
  task.io.owner = &task;
  // Who was let in before an operation on the whole medium began does not get in its way.
  if (task.abort_requested || task.unit->readiness().in_operation()) {
    task.io.error = storage::Errc::cancelled;
    return done(task.io);
  }
  task.io_active = true;
  task.unit->volume().submit(task.io);
}

namespace {

/// A task in line for memory. The pool's callback cannot be taken back, so it holds this.
struct MemoryWait {
  Task* task;  // null once the task was aborted
  DataBuffer Task::*buffer;
  size_t size;
  Step then;
};

void try_again(const std::shared_ptr<MemoryWait>& wait);

void wait_for_memory(const std::shared_ptr<MemoryWait>& wait) {
  Task& task = *wait->task;
  Executor& executor = task.unit->executor();
  // Posted: memory comes back in the middle of somebody else's work.
  task.pool->when_returned(
      [&executor, core = task.core, wait] { executor.post(core, [wait] { try_again(wait); }); });
}

void try_again(const std::shared_ptr<MemoryWait>& wait) {
  if (wait->task == nullptr) return;
  Task& task = *wait->task;
  DataBuffer got = task.pool->acquire(wait->size);
  if (got.empty()) return wait_for_memory(wait);
  task.*(wait->buffer) = std::move(got);
  task.on_abort = nullptr;
  task.state.reset();
  wait->then(task);
}

void stop_waiting(Task& task) {
  std::static_pointer_cast<MemoryWait>(task.state)->task = nullptr;
  task.finish();
}

}  // namespace

void with_buffer(Task& task, DataBuffer Task::*buffer, size_t size, Step then) {
  DataBuffer got = task.pool->acquire(size);
  if (!got.empty() || size == 0) {
    task.*buffer = std::move(got);
    return then(task);
  }
  const bool hopeless = size > task.pool->budget() || task.pool->in_use() == 0;
  if (hopeless || !task.data_out.empty()) return task.finish(Status::busy);
  auto wait = std::make_shared<MemoryWait>(MemoryWait{&task, buffer, size, then});
  task.state = wait;
  task.on_abort = stop_waiting;
  wait_for_memory(wait);
}

storage::Extent extent_of(const Task& task, uint64_t lba, uint64_t blocks) {
  const uint64_t block_size = task.unit->block_size();
  return {lba * block_size, blocks * block_size};
}

storage::Extent extent_of(const Task& task) {
  return extent_of(task, task.range.lba, task.range.blocks);
}

bool must_be_durable(const Task& task) {
  return task.range.fua || !task.unit->settings().write_cache.load(std::memory_order_relaxed);
}

uint64_t bytes_covered(const Task& task) {
  const uint64_t received = std::min<uint64_t>(task.data_out_received, task.data_out.size());
  const uint64_t block_size = task.unit->block_size();
  return std::min(task.range.blocks * block_size, received - received % block_size);
}

std::span<const iovec> memory_of(Task& task, const DataBuffer& from, size_t offset, size_t length) {
  if (offset == 0 && length == from.size()) return from.vectors();
  task.pieces.clear();
  from.slice(offset, length, task.pieces);
  return task.pieces;
}

}  // namespace tidemark::scsi
