// SANITIZE and FORMAT UNIT by the real daemon: neither resets nor the daemon's own death end them,
// and nothing that was to be destroyed is served as if nothing had been.
//
// The size of the disk and the passes are such that there is time for all that.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <random>
#include <thread>

#include "base/big_endian.h"
#include "tests/system/scsi_host.h"
#include "tests/target/raw_initiator.h"

namespace tidemark::system_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr const char* kSize = "64MiB";
constexpr uint32_t kBlock = 512;
constexpr uint64_t kBlocks = (64 << 20) / kBlock;
constexpr uint32_t kPiece = 2048;  // blocks
constexpr uint8_t kOld = 0xaa;
constexpr uint8_t kNew = 0x5c;
constexpr uint8_t kPasses = 31;  // the most there can be
constexpr auto kLimit = 120s;

constexpr uint8_t kNotReady = 2;
constexpr uint16_t kSanitizeInProgress = 0x041b;
constexpr uint16_t kFormatInProgress = 0x0404;

struct Order {
  Bytes cdb;
  Bytes list;
  uint16_t in_progress;
};
/// Both are answered at once and leave kNew everywhere.
const Order kOverwrite{
    {0x48, 0x81, 0, 0, 0, 0, 0, 0, 5, 0}, {kPasses, 0, 0, 1, kNew}, kSanitizeInProgress};
const Order kFormat{
    {0x04, 0x10, 0, 0, 0, 0}, {0, 0x8a, 0, 0, 0, 0x01, 0, 1, kNew}, kFormatInProgress};

void fill_with_old(ScsiHost& host) {
  const Bytes piece(kPiece * kBlock, kOld);
  for (uint64_t lba = 0; lba < kBlocks; lba += kPiece) ASSERT_TRUE(host.write(lba, piece).good());
}

/// Until it is over; what is read meanwhile is refused.
void await_end(ScsiHost& host, uint16_t in_progress) {
  const auto deadline = Clock::now() + kLimit;
  for (Ended ended = host.read(kBlocks - 1, 1); !ended.good(); ended = host.read(kBlocks - 1, 1)) {
    ASSERT_TRUE(ended.failed(kNotReady, in_progress)) << fmt::format("{:04x}", ended.asc);
    ASSERT_LT(Clock::now(), deadline);
    std::this_thread::sleep_for(10ms);
  }
}

void is_all_new(ScsiHost& host) {
  const Bytes expected(kPiece * kBlock, kNew);
  for (uint64_t lba = 0; lba < kBlocks; lba += kPiece) {
    const Ended found = host.read(lba, kPiece);
    ASSERT_TRUE(found.good());
    ASSERT_TRUE(found.data == expected) << "block " << lba << " and on";
  }
}

/// A session of one who says PDUs as they are.
struct RawHost {
  explicit RawHost(const Daemon& daemon) : host(static_cast<uint16_t>(daemon.portal_port())) {
    EXPECT_EQ(host.login(kTarget, "iqn.2026-11.dev.tidemark.test:raw"), 0);
  }
  /// Additional sense code of a TEST UNIT READY, unit attentions apart; 0 if it is good.
  uint16_t ready() { return send(Bytes(6), target::kFinal | 1, 0); }
  /// The same of a READ of the last block, which must be new if it is served at all.
  uint16_t read() {
    return send(target::RawInitiator::cdb10(0x28, kBlocks - 1, 1), target::kFinal | 0x40 | 1,
                kBlock);
  }
  uint16_t send(const Bytes& cdb, uint8_t flags, uint32_t expected) {
    while (true) {
      host.command(cdb, flags, expected);
      const auto answer = host.receive();
      if (!answer) return 0xffff;
      if (answer->opcode() == target::Opcode::data_in) {
        EXPECT_EQ(answer->data, Bytes(expected, kNew));
        return 0;
      }
      if (answer->bhs[3] == 0 || answer->data.size() < 16) return 0;
      if ((answer->data[2 + 2] & 0x0f) != 6) return load_be16(&answer->data[2 + 12]);
    }
  }
  /// The response of a task management function.
  uint8_t manage(uint8_t function) {
    host.manage(function);
    const auto answer = host.receive(target::Opcode::task_management_response);
    return answer ? answer->bhs[2] : uint8_t{0xff};
  }
  target::RawInitiator host;
};

/// The order is accepted, the daemon killed at some moment after it, and started again. Whether the
/// operation was seen under way afterwards.
bool kill_after(const Order& order, std::chrono::microseconds delay) {
  Daemon daemon({.size = kSize});
  {
    ScsiHost host(daemon, "host");
    fill_with_old(host);
    EXPECT_TRUE(host.send(order.cdb, order.list).good());
    std::this_thread::sleep_for(delay);
    kill(daemon.pid(), SIGKILL);
  }
  daemon.restart_after_kill();
  RawHost watcher(daemon);
  const uint16_t first = watcher.ready();
  EXPECT_TRUE(first == 0 || first == order.in_progress) << fmt::format("{:04x}", first);
  for (uint16_t now = first; now != 0; now = watcher.ready()) {
    EXPECT_EQ(now, order.in_progress);
    if (now != order.in_progress) return false;
    const uint16_t read = watcher.read();
    EXPECT_TRUE(read == order.in_progress || read == 0) << fmt::format("{:04x}", read);
    std::this_thread::sleep_for(10ms);
  }
  ScsiHost host(daemon, "host");
  is_all_new(host);
  return first != 0;
}

TEST(KilledDaemon, GoesOnWithASanitizeThatItHasAccepted) {
  std::mt19937 random(std::random_device{}());
  int seen = 0;
  for (int round = 0; round < 4 && !HasFailure(); ++round) {
    const std::chrono::microseconds delay(round == 0 ? 0 : random() % 200'000);
    SCOPED_TRACE(fmt::format("killed after {} us", delay.count()));
    seen += kill_after(kOverwrite, delay);
  }
  EXPECT_GT(seen, 0) << "31 passes take longer than a login";
}

TEST(KilledDaemon, GoesOnWithAFormatThatItHasAccepted) {
  kill_after(kFormat, 0us);
}

TEST(Sanitize, GoesOnThroughEveryResetAndTheEndOfEverySession) {
  constexpr uint8_t kUnitReset = 5, kWarmReset = 6, kColdReset = 7;
  Daemon daemon({.size = kSize});
  {
    ScsiHost host(daemon, "host");
    fill_with_old(host);
    ASSERT_TRUE(host.send(kOverwrite.cdb, kOverwrite.list).good());
  }
  for (const uint8_t reset : {kUnitReset, kWarmReset, kColdReset}) {
    RawHost one(daemon);
    EXPECT_EQ(one.ready(), kSanitizeInProgress) << "before reset " << int(reset);
    EXPECT_EQ(one.manage(reset), 0);
    if (reset == kColdReset)
      EXPECT_TRUE(one.host.is_hung_up());
    else
      EXPECT_EQ(one.ready(), kSanitizeInProgress) << "after reset " << int(reset);
  }
  EXPECT_EQ(RawHost(daemon).ready(), kSanitizeInProgress) << "after a cold reset";
  ScsiHost host(daemon, "host");
  await_end(host, kSanitizeInProgress);
  if (!HasFatalFailure()) is_all_new(host);
}

}  // namespace
}  // namespace tidemark::system_test
