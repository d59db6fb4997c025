#include "base/buffer_pool.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/invariant.h"

namespace tidemark {

DataBuffer::DataBuffer(DataBuffer&& other) noexcept
    : pool_(other.pool_), size_(other.size_), vectors_(std::move(other.vectors_)) {
  other.pool_ = nullptr;
  other.size_ = 0;
  other.vectors_.clear();
}

DataBuffer& DataBuffer::operator=(DataBuffer&& other) noexcept {
  if (this == &other) return *this;
  reset();
  pool_ = std::exchange(other.pool_, nullptr);
  size_ = std::exchange(other.size_, 0);
  vectors_ = std::move(other.vectors_);
  other.vectors_.clear();
  return *this;
}

void DataBuffer::reset() {
  if (pool_ == nullptr) return;
  BufferPool* pool = std::exchange(pool_, nullptr);
  size_ = 0;
  pool->give_back(vectors_);
  vectors_.clear();
  pool->spare_lists_.push_back(std::move(vectors_));
  vectors_ = {};
}

void DataBuffer::slice(size_t offset, size_t length, std::vector<iovec>& out) const {
  INVARIANT(offset <= size_ && length <= size_ - offset);
  for (const iovec& piece : vectors_) {
    if (length == 0) return;
    if (offset >= piece.iov_len) {
      offset -= piece.iov_len;
      continue;
    }
    const size_t take = std::min(piece.iov_len - offset, length);
    out.push_back({static_cast<uint8_t*>(piece.iov_base) + offset, take});
    length -= take;
    offset = 0;
  }
}

namespace {

/// Calls visit(pointer, length, position) for the pieces of [offset, offset + length).
template <class Visit>
void for_pieces(const std::vector<iovec>& vectors, size_t offset, size_t length, Visit visit) {
  size_t position = 0;
  for (const iovec& piece : vectors) {
    if (position == length) return;
    if (offset >= piece.iov_len) {
      offset -= piece.iov_len;
      continue;
    }
    const size_t take = std::min(piece.iov_len - offset, length - position);
    visit(static_cast<uint8_t*>(piece.iov_base) + offset, take, position);
    position += take;
    offset = 0;
  }
}

}  // namespace

void DataBuffer::copy_in(size_t offset, ConstBytes from) {
  INVARIANT(offset <= size_ && from.size() <= size_ - offset);
  for_pieces(vectors_, offset, from.size(), [&](uint8_t* to, size_t length, size_t position) {
    std::memcpy(to, from.data() + position, length);
  });
}

void DataBuffer::copy_out(size_t offset, Bytes to) const {
  INVARIANT(offset <= size_ && to.size() <= size_ - offset);
  for_pieces(vectors_, offset, to.size(), [&](const uint8_t* from, size_t length, size_t position) {
    std::memcpy(to.data() + position, from, length);
  });
}

void DataBuffer::fill(uint8_t value) {
  for (const iovec& piece : vectors_) std::memset(piece.iov_base, value, piece.iov_len);
}

BufferPool::~BufferPool() {
  for (auto& list : free_)
    for (void* chunk : list) std::free(chunk);
}

size_t BufferPool::class_of(size_t size) {
  const size_t rounded = std::bit_ceil(std::max(size, kSmallest));
  return static_cast<size_t>(std::countr_zero(rounded) - std::countr_zero(kSmallest));
}

void* BufferPool::take(size_t size_class) {
  auto& list = free_[size_class];
  if (!list.empty()) {
    void* chunk = list.back();
    list.pop_back();
    return chunk;
  }
  void* chunk = std::aligned_alloc(kSmallest, kSmallest << size_class);
  if (chunk == nullptr) throw std::bad_alloc();
  return chunk;
}

DataBuffer BufferPool::acquire(size_t size) {
  DataBuffer buffer;
  if (size == 0) return buffer;
  const size_t whole_chunks = size / kLargest;
  const size_t rest = size % kLargest;
  const size_t charge = whole_chunks * kLargest + (rest ? kSmallest << class_of(rest) : 0);
  if (charge > budget_ - std::min(in_use_, budget_)) return buffer;
  in_use_ += charge;
  if (!spare_lists_.empty()) {
    buffer.vectors_ = std::move(spare_lists_.back());
    spare_lists_.pop_back();
  }
  for (size_t i = 0; i < whole_chunks; ++i)
    buffer.vectors_.push_back({take(kClasses - 1), kLargest});
  if (rest) buffer.vectors_.push_back({take(class_of(rest)), rest});
  buffer.pool_ = this;
  buffer.size_ = size;
  return buffer;
}

void BufferPool::give_back(const std::vector<iovec>& vectors) {
  for (const iovec& piece : vectors) {
    const size_t size_class = class_of(piece.iov_len);
    free_[size_class].push_back(piece.iov_base);
    in_use_ -= kSmallest << size_class;
  }
  std::vector<std::function<void()>> waiters;
  waiters.swap(waiters_);
  for (auto& retry : waiters) retry();
}

}  // namespace tidemark
