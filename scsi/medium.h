// How handlers reach the medium and memory: one volume I/O at a time per task, its end delivered to
// the handler's next step; and buffers of the task's pool, waited for when they are all in use.
//
// On the task's core. Nothing here allocates, but for tasks that must wait for memory.
#pragma once

#include <span>

#include "scsi/logical_unit.h"
#include "scsi/task.h"

namespace tidemark::scsi {

/// What a handler does next; task.io.error tells how the I/O before it ended.
using Step = void (*)(Task&);

namespace detail {
template <Step Then>
void io_ended(storage::VolumeIo& io) noexcept {
  Task& task = *static_cast<Task*>(io.owner);
  task.io_active = false;
  Then(task);
}
void submit_io(Task& task, storage::Verb verb, storage::Extent extent,
               std::span<const iovec> memory, bool fua, storage::VolumeIo::Done done);
}  // namespace detail

/// Runs an I/O on the unit's volume, then `Then`. Of a task being aborted nothing is submitted:
/// Then finds Errc::cancelled. Keeps io.holder.
template <Step Then>
void start_io(Task& task, storage::Verb verb, storage::Extent extent,
              std::span<const iovec> memory = {}, bool fua = false) {
  detail::submit_io(task, verb, extent, memory, fua, &detail::io_ended<Then>);
}

/// Gets `size` bytes into task.*buffer, then calls `then`. With the pool spent, a task that holds
/// no data-out waits; one that does ends BUSY, lest all memory be held by tasks that wait for more.
void with_buffer(Task& task, DataBuffer Task::*buffer, size_t size, Step then);

/// The bytes of the medium that `blocks` blocks from `lba` on are.
storage::Extent extent_of(const Task& task, uint64_t lba, uint64_t blocks);
storage::Extent extent_of(const Task& task);
/// Whether a write must be on the medium before its status is sent: FUA, or the cache is off.
bool must_be_durable(const Task& task);
/// The bytes of task.range that may be written: those whole blocks of which all data has come.
uint64_t bytes_covered(const Task& task);
/// Memory of [offset, offset + length) of `from`, gathered in task.pieces unless it is all of it.
std::span<const iovec> memory_of(Task& task, const DataBuffer& from, size_t offset, size_t length);

}  // namespace tidemark::scsi
