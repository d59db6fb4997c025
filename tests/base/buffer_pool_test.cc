#include "base/buffer_pool.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

namespace tidemark {
namespace {

std::vector<uint8_t> counting(size_t size) {
  std::vector<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i % 251);
  return bytes;
}

size_t total(const std::vector<iovec>& vectors) {
  size_t sum = 0;
  for (const iovec& piece : vectors) sum += piece.iov_len;
  return sum;
}

TEST(BufferPool, GivesExactlyTheBytesAskedForAlignedToPages) {
  BufferPool pool(64 * kMiB);
  for (const size_t size : {size_t{1}, size_t{4096}, size_t{4097}, size_t{kMiB}, size_t{kMiB + 1},
                            size_t{5 * kMiB + 12345}}) {
    const DataBuffer buffer = pool.acquire(size);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(total(buffer.vectors()), size);
    for (const iovec& piece : buffer.vectors())
      EXPECT_EQ(reinterpret_cast<uintptr_t>(piece.iov_base) % 4096, 0u);
  }
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST(BufferPool, SaysNoWhenTheBudgetIsSpent) {
  BufferPool pool(2 * kMiB);
  DataBuffer first = pool.acquire(kMiB);
  DataBuffer second = pool.acquire(kMiB);
  EXPECT_FALSE(first.empty() || second.empty());
  EXPECT_TRUE(pool.acquire(1).empty());
  first.reset();
  EXPECT_FALSE(pool.acquire(1).empty());
}

TEST(BufferPool, AnAskLargerThanTheBudgetIsRefusedWithoutOverflow) {
  BufferPool pool(kMiB);
  EXPECT_TRUE(pool.acquire(kMiB + 1).empty());
  EXPECT_TRUE(pool.acquire(SIZE_MAX / 2).empty());
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST(BufferPool, CountsWhatItHandsOut) {
  BufferPool pool(16 * kMiB);
  std::vector<DataBuffer> buffers;
  for (size_t size = 1; size < 3 * kMiB; size = size * 3 + 1) buffers.push_back(pool.acquire(size));
  EXPECT_GT(pool.in_use(), 0u);
  buffers.clear();
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST(BufferPool, MemoryIsUsedAgain) {
  BufferPool pool(16 * kMiB);
  std::set<void*> seen;
  for (int i = 0; i < 100; ++i) seen.insert(pool.acquire(8192).vectors()[0].iov_base);
  EXPECT_EQ(seen.size(), 1u);
}

TEST(BufferPool, TheRefusedAreCalledOnceWhenMemoryComesBack) {
  BufferPool pool(kMiB);
  DataBuffer all = pool.acquire(kMiB);
  int calls = 0;
  DataBuffer got;
  pool.when_returned([&] {
    ++calls;
    got = pool.acquire(kMiB);
  });
  EXPECT_EQ(calls, 0);
  all.reset();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(got.size(), kMiB);
  got.reset();
  EXPECT_EQ(calls, 1);
}

TEST(BufferPool, AWaiterStillRefusedMayWaitAgain) {
  BufferPool pool(8192);
  DataBuffer first = pool.acquire(4096);
  DataBuffer second = pool.acquire(4096);
  DataBuffer got;
  std::function<void()> retry = [&] {
    got = pool.acquire(8192);
    if (got.empty()) pool.when_returned(retry);
  };
  pool.when_returned(retry);
  first.reset();
  EXPECT_TRUE(got.empty());
  second.reset();
  EXPECT_EQ(got.size(), 8192u);
}

TEST(DataBuffer, BytesGoInAndOutAcrossChunks) {
  BufferPool pool(16 * kMiB);
  DataBuffer buffer = pool.acquire(3 * kMiB + 100);
  buffer.fill(0xEE);
  const auto bytes = counting(2 * kMiB + 10);
  buffer.copy_in(kMiB - 5, bytes);
  std::vector<uint8_t> back(bytes.size() + 2);
  buffer.copy_out(kMiB - 6, back);
  EXPECT_EQ(back.front(), 0xEE);
  EXPECT_EQ(back.back(), 0xEE);
  EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), back.begin() + 1));
}

TEST(DataBuffer, SlicesNameTheSameMemory) {
  BufferPool pool(16 * kMiB);
  DataBuffer buffer = pool.acquire(2 * kMiB + 100);
  buffer.copy_in(0, counting(buffer.size()));
  for (const size_t offset : {size_t{0}, size_t{kMiB - 1}, size_t{kMiB}, size_t{2 * kMiB + 99}}) {
    for (const size_t length : {size_t{0}, size_t{1}, buffer.size() - offset}) {
      std::vector<iovec> slice;
      buffer.slice(offset, length, slice);
      ASSERT_EQ(total(slice), length);
      size_t at = offset;
      for (const iovec& piece : slice)
        for (size_t i = 0; i < piece.iov_len; ++i, ++at)
          ASSERT_EQ(static_cast<uint8_t*>(piece.iov_base)[i], at % 251);
    }
  }
}

TEST(DataBuffer, MovingLeavesNothingBehind) {
  BufferPool pool(kMiB);
  DataBuffer buffer = pool.acquire(4096);
  DataBuffer other = std::move(buffer);
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(buffer.vectors().empty());
  EXPECT_EQ(other.size(), 4096u);
  buffer = std::move(other);
  EXPECT_EQ(buffer.size(), 4096u);
  buffer = DataBuffer();
  EXPECT_EQ(pool.in_use(), 0u);
}

}  // namespace
}  // namespace tidemark
