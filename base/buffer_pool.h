// BufferPool: memory for data in flight, of one core, within a budget.
//
// Owned and used by one core's thread. Buffers are 4 KiB aligned, kept in free lists by size and
// never zeroed, so that the data path allocates nothing once warm. Every byte a peer can make us
// hold comes from here: when the budget is spent, acquire() says no and the caller stops reading
// its socket until something is given back.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"

namespace tidemark {

class BufferPool;

/// A byte string in one or more chunks of a pool, given back when it dies. Move only; may be
/// moved, filled and read on any core as long as it returns to its pool's core to die.
class DataBuffer {
 public:
  DataBuffer() = default;
  DataBuffer(DataBuffer&& other) noexcept;
  DataBuffer& operator=(DataBuffer&& other) noexcept;
  ~DataBuffer() { reset(); }

  void reset();
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// The whole string, as scatter-gather list. Valid until moved or reset.
  const std::vector<iovec>& vectors() const { return vectors_; }
  /// Appends to `out` the pieces that make up [offset, offset + length).
  void slice(size_t offset, size_t length, std::vector<iovec>& out) const;
  void copy_in(size_t offset, ConstBytes from);
  void copy_out(size_t offset, Bytes to) const;
  void fill(uint8_t value);

 private:
  friend class BufferPool;
  BufferPool* pool_ = nullptr;
  size_t size_ = 0;
  std::vector<iovec> vectors_;  // lengths sum to size_; capacities are implied by the length
};

class BufferPool {
 public:
  /// `budget` bounds the bytes out at any time.
  explicit BufferPool(size_t budget) : budget_(budget) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  /// `size` bytes with undefined contents, or an empty buffer when the budget is spent.
  DataBuffer acquire(size_t size);

  size_t budget() const { return budget_; }
  size_t in_use() const { return in_use_; }
  /// Called once, on this core, the next time memory comes back; for those acquire() refused.
  void when_returned(std::function<void()> retry) { waiters_.push_back(std::move(retry)); }

 private:
  friend class DataBuffer;
  static constexpr size_t kSmallest = 4 * kKiB;
  static constexpr size_t kLargest = kMiB;
  static constexpr size_t kClasses = 9;  // 4 KiB, 8 KiB, ... 1 MiB

  static size_t class_of(size_t size);
  void* take(size_t size_class);
  void give_back(const std::vector<iovec>& vectors);

  size_t budget_;
  size_t in_use_ = 0;
  std::array<std::vector<void*>, kClasses> free_;
  std::vector<std::vector<iovec>> spare_lists_;  // emptied lists keep their capacity
  std::vector<std::function<void()>> waiters_;
};

}  // namespace tidemark
