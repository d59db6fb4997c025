// What the real daemon has acknowledged is there after it was killed, at whatever moment.
#include <gtest/gtest.h>
#include <signal.h>

#include <random>
#include <thread>

#include "base/big_endian.h"
#include "tests/system/scsi_host.h"

namespace tidemark::system_test {
namespace {

constexpr size_t kBlock = 512;
constexpr uint32_t kBlocksPerWrite = 8;
constexpr uint64_t kPlaces = 64;

Bytes data_of(uint64_t number) {
  Bytes data(kBlocksPerWrite * kBlock);
  for (size_t at = 0; at < data.size(); at += 8) store_be64(&data[at], number);
  return data;
}

/// One place of the disk: the last write there that was answered, and the one that was not.
struct Place {
  uint64_t answered = 0;
  uint64_t under_way = 0;
};

TEST(KilledDaemon, KeepsEveryWriteItHasAnswered) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Daemon daemon;
  std::vector<Place> places(kPlaces);
  uint64_t number = 0;
  unsigned answered = 0;
  for (int round = 0; round < 8; ++round) {
    {
      ScsiHost host(daemon, "writer");
      const auto delay = std::chrono::microseconds(2'000 + random() % 40'000);
      std::thread killer([&, pid = daemon.pid()] {
        std::this_thread::sleep_for(delay);
        kill(pid, SIGKILL);
      });
      while (true) {
        const uint64_t at = random() % kPlaces;
        places[at].under_way = ++number;
        if (!host.write(at * kBlocksPerWrite, data_of(number), random() % 4 == 0).good()) break;
        places[at].answered = number;
        ++answered;
      }
      killer.join();
    }
    daemon.restart_after_kill();
    if (testing::Test::HasFatalFailure()) return;
    ScsiHost host(daemon, "reader");
    for (uint64_t at = 0; at < kPlaces; ++at) {
      const Ended found = host.read(at * kBlocksPerWrite, kBlocksPerWrite);
      ASSERT_TRUE(found.good());
      // The write without an answer may be there in part.
      for (size_t block = 0; block < found.data.size(); block += kBlock) {
        const uint64_t holds = load_be64(&found.data[block]);
        EXPECT_TRUE(holds == places[at].answered || holds == places[at].under_way)
            << "place " << at << " holds " << holds << ", answered was " << places[at].answered;
      }
      // From here on it is known again.
      ASSERT_TRUE(host.write(at * kBlocksPerWrite, data_of(++number)).good());
      places[at] = {number, number};
    }
  }
  EXPECT_GT(answered, 8u);
}

}  // namespace
}  // namespace tidemark::system_test
