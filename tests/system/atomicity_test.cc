// Commands that are one step to everybody else, of the real daemon on several cores, with
// initiators that race.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/big_endian.h"
#include "tests/system/scsi_host.h"

namespace tidemark::system_test {
namespace {

constexpr size_t kBlock = 512;
constexpr uint8_t kMiscompare = 0x0e;
constexpr uint16_t kMiscompareDuringVerify = 0x1d00;

class Racing : public testing::Test {
 protected:
  /// Runs `race(host, number)` on as many threads, each with a session of its own.
  void race(unsigned hosts, const std::function<void(ScsiHost&, unsigned)>& race) {
    std::vector<std::unique_ptr<ScsiHost>> sessions;
    for (unsigned i = 0; i < hosts; ++i)
      sessions.push_back(std::make_unique<ScsiHost>(daemon_, "racer" + std::to_string(i)));
    if (HasFailure()) return;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < hosts; ++i) threads.emplace_back([&, i] { race(*sessions[i], i); });
    for (std::thread& thread : threads) thread.join();
  }
  static Bytes block_of(uint64_t number, size_t blocks = 1) {
    Bytes data(blocks * kBlock);
    for (size_t at = 0; at < data.size(); at += 8) store_be64(&data[at], number);
    return data;
  }
  /// Whether all of `data` is one number, as block_of() makes it.
  static bool is_whole(const Bytes& data) {
    return !data.empty() && data == block_of(load_be64(data.data()), data.size() / kBlock);
  }
  uint64_t number_at(uint64_t lba) {
    ScsiHost host(daemon_, "reader");
    const Ended ended = host.read(lba, 1);
    EXPECT_TRUE(ended.good());
    return ended.data.size() == kBlock ? load_be64(ended.data.data()) : 0;
  }

  Daemon daemon_{DaemonOptions{.kind = "memory"}};
};

TEST_F(Racing, ACounterByCompareAndWriteLosesNoCount) {
  constexpr unsigned kHosts = 6;
  constexpr unsigned kCounts = 150;
  std::atomic<uint64_t> misses = 0;
  race(kHosts, [&](ScsiHost& host, unsigned) {
    for (unsigned counted = 0; counted < kCounts;) {
      const Ended now = host.read(0, 1);
      ASSERT_TRUE(now.good());
      const uint64_t number = load_be64(now.data.data());
      const Ended ended = host.compare_and_write(0, now.data, block_of(number + 1));
      if (ended.good()) {
        ++counted;
      } else {
        ASSERT_TRUE(ended.failed(kMiscompare, kMiscompareDuringVerify));
        ++misses;
      }
    }
  });
  EXPECT_EQ(number_at(0), kHosts * kCounts);
  EXPECT_GT(misses, 0u) << "they raced at all";
}

TEST_F(Racing, ALockTakenByCompareAndWriteIsHeldByOne) {
  constexpr unsigned kHosts = 5;
  constexpr unsigned kTurns = 60;
  constexpr uint64_t kLock = 8, kCounter = 9;
  race(kHosts, [&](ScsiHost& host, unsigned number) {
    for (unsigned turn = 0; turn < kTurns;) {
      if (!host.compare_and_write(kLock, block_of(0), block_of(number + 1)).good()) continue;
      // Only the holder is here: the counter itself needs no protection.
      const Ended now = host.read(kCounter, 1);
      ASSERT_TRUE(now.good());
      ASSERT_TRUE(host.write(kCounter, block_of(load_be64(now.data.data()) + 1)).good());
      ASSERT_TRUE(host.write(kLock, block_of(0)).good());
      ++turn;
    }
  });
  EXPECT_EQ(number_at(kCounter), kHosts * kTurns);
}

TEST_F(Racing, ACompareAndWriteOfSeveralBlocksIsSeenWholeOrNotAtAll) {
  constexpr unsigned kBlocks = 32;
  constexpr uint64_t kAt = 64;
  std::atomic<unsigned> writing = 2;
  race(4, [&](ScsiHost& host, unsigned number) {
    const bool writes = number < 2;
    for (unsigned turn = 0; writes ? turn < 150 : writing > 0; ++turn) {
      const Ended now = host.read(kAt, kBlocks);
      ASSERT_TRUE(now.good());
      ASSERT_TRUE(is_whole(now.data)) << "torn";
      if (!writes) continue;
      const uint64_t next = load_be64(now.data.data()) + 1;
      const Ended ended = host.compare_and_write(kAt, now.data, block_of(next, kBlocks));
      ASSERT_TRUE(ended.good() || ended.failed(kMiscompare, kMiscompareDuringVerify));
    }
    if (writes) --writing;
  });
}

TEST_F(Racing, AnAtomicWriteIsSeenWholeOrNotAtAll) {
  constexpr unsigned kBlocks = 64;
  constexpr uint64_t kAt = 256;
  std::atomic<unsigned> writing = 2;
  race(4, [&](ScsiHost& host, unsigned number) {
    if (number < 2) {
      for (uint64_t turn = 0; turn < 150; ++turn)
        EXPECT_TRUE(host.write_atomic(kAt, block_of(2 * turn + number, kBlocks)).good());
      --writing;
      return;
    }
    while (writing > 0) {
      const Ended now = host.read(kAt, kBlocks);
      ASSERT_TRUE(now.good());
      ASSERT_TRUE(is_whole(now.data)) << "torn";
    }
  });
}

// Plain writes that overlap a COMPARE AND WRITE come wholly before or wholly after it: a write is
// never lost to one that compared before it.
TEST_F(Racing, APlainWriteIsNeverUndoneByACompareThatCameBeforeIt) {
  constexpr uint64_t kAt = 128;
  constexpr unsigned kTurns = 200;
  std::atomic<bool> done = false;
  race(3, [&](ScsiHost& host, unsigned number) {
    if (number == 0) {
      // Writes even numbers, and reads what followed: its own number, or the odd one that a
      // COMPARE AND WRITE made of it.
      for (uint64_t turn = 1; turn <= kTurns; ++turn) {
        EXPECT_TRUE(host.write(kAt, block_of(2 * turn)).good());
        const Ended now = host.read(kAt, 1);
        EXPECT_TRUE(now.good() && load_be64(now.data.data()) / 2 == turn) << turn;
      }
      done = true;
      return;
    }
    while (!done) {
      const Ended now = host.read(kAt, 1);
      ASSERT_TRUE(now.good());
      const uint64_t found = load_be64(now.data.data());
      if (found % 2 == 0) host.compare_and_write(kAt, now.data, block_of(found + 1));
    }
  });
}

}  // namespace
}  // namespace tidemark::system_test
