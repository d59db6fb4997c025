// Persistent reservations of the real daemon: two initiators, and what is left after a kill.
#include <gtest/gtest.h>
#include <signal.h>

#include <random>
#include <thread>

#include "base/big_endian.h"
#include "tests/system/scsi_host.h"

namespace tidemark::system_test {
namespace {

constexpr uint8_t kRegister = 0, kReserve = 1, kRelease = 2, kPreempt = 4, kRegisterAndIgnore = 6;
constexpr uint8_t kWriteExclusive = 1, kExclusiveAccess = 3, kWriteExclusiveRegistrants = 5;
constexpr uint8_t kReadKeys = 0, kReadReservation = 1;
constexpr uint16_t kRegistrationsPreempted = 0x2a05;
constexpr uint16_t kReservationsReleased = 0x2a04;

const Bytes kBlockOfOnes(512, 1);

TEST(TwoHosts, OneReservesAndTheOtherIsKeptOutUntilItPreempts) {
  Daemon daemon;
  ScsiHost a(daemon, "a"), b(daemon, "b");
  EXPECT_TRUE(a.reserve_out(kRegister, 0, 0xa).good());
  EXPECT_TRUE(b.reserve_out(kRegister, 0, 0xb).good());
  EXPECT_TRUE(a.reserve_out(kReserve, 0xa, 0, kWriteExclusive).good());
  EXPECT_TRUE(a.write(0, kBlockOfOnes).good());
  EXPECT_TRUE(b.write(0, kBlockOfOnes).conflict());
  EXPECT_TRUE(b.read(0, 1).good());
  EXPECT_TRUE(b.reserve_out(kPreempt, 0xb, 0xa, kExclusiveAccess).good());
  EXPECT_TRUE(a.test_unit_ready().failed(0x06, kRegistrationsPreempted));
  EXPECT_TRUE(a.test_unit_ready().good());
  EXPECT_TRUE(a.read(0, 1).conflict());
  EXPECT_TRUE(b.write(0, kBlockOfOnes).good());
}

TEST(TwoHosts, RegistrantsAreToldOfARelease) {
  Daemon daemon;
  ScsiHost a(daemon, "a"), b(daemon, "b");
  EXPECT_TRUE(a.reserve_out(kRegister, 0, 0xa).good());
  EXPECT_TRUE(b.reserve_out(kRegister, 0, 0xb).good());
  EXPECT_TRUE(a.reserve_out(kReserve, 0xa, 0, kWriteExclusiveRegistrants).good());
  EXPECT_TRUE(b.write(0, kBlockOfOnes).good());
  EXPECT_TRUE(a.reserve_out(kRelease, 0xa, 0, kWriteExclusiveRegistrants).good());
  EXPECT_TRUE(b.test_unit_ready().failed(0x06, kReservationsReleased));
}

TEST(TwoHosts, WhatIsPersistentKeepsTheOtherOutAfterARestart) {
  Daemon daemon;
  {
    ScsiHost a(daemon, "a");
    EXPECT_TRUE(a.reserve_out(kRegister, 0, 0xa, 0, true).good());
    EXPECT_TRUE(a.reserve_out(kReserve, 0xa, 0, kExclusiveAccess).good());
  }
  daemon.restart();
  ScsiHost a(daemon, "a"), b(daemon, "b");
  EXPECT_TRUE(b.read(0, 1).conflict());
  EXPECT_TRUE(a.write(0, kBlockOfOnes).good()) << "the same initiator port is the same nexus";
}

/// What a host does to its reservation, over and over; each step changes what is kept.
struct Step {
  uint64_t key;  // registered after it
  uint8_t type;  // reserved after it, or 0
};

Ended take(ScsiHost& host, uint64_t number, const Step& before, const Step& after) {
  switch (number % 3) {
    case 0:
      return host.reserve_out(kRegisterAndIgnore, 0, after.key, 0, true);
    case 1:
      return host.reserve_out(kReserve, before.key, 0, after.type);
    default:
      return host.reserve_out(kRelease, before.key, 0, before.type);
  }
}

Step state_after(uint64_t number) {
  const uint64_t round = number / 3;
  const uint8_t type = round % 2 == 0 ? kWriteExclusive : kWriteExclusiveRegistrants;
  return {.key = round + 1, .type = number % 3 == 1 ? type : uint8_t{0}};
}

void expect_state(ScsiHost& host, const Step& first, const Step& second) {
  const Bytes keys = host.reserve_in(kReadKeys).data;
  const Bytes reservation = host.reserve_in(kReadReservation).data;
  ASSERT_GE(keys.size(), 8u);
  const uint64_t key = keys.size() >= 16 ? load_be64(&keys[8]) : 0;
  EXPECT_LE(keys.size(), 16u) << "one host is registered, once";
  const auto type = static_cast<uint8_t>(reservation.size() >= 24 ? reservation[21] & 0x0f : 0);
  const bool is_first = key == first.key && type == first.type;
  const bool is_second = key == second.key && type == second.type;
  EXPECT_TRUE(is_first || is_second)
      << "key " << key << " type " << int{type} << "; expected " << first.key << " type "
      << int{first.type} << " or " << second.key << " type " << int{second.type};
}

// At whatever moment the daemon is killed, the reservation is as the last command that ended left
// it, or as the one under way would have: never anything else.
TEST(Killed, ReservationsAreAsBeforeOrAfterTheCommandUnderWay) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Daemon daemon;
  uint64_t taken = 0;  // steps behind us
  unsigned ended = 0;  // commands that ended well before a kill
  for (int round = 0; round < 12 && !testing::Test::HasFailure(); ++round) {
    {
      ScsiHost host(daemon, "a");
      const auto delay = std::chrono::microseconds(random() % 30'000);
      std::thread killer([&, pid = daemon.pid()] {
        std::this_thread::sleep_for(delay);
        kill(pid, SIGKILL);
      });
      while (true) {
        const Step before = taken == 0 ? Step{0, 0} : state_after(taken - 1);
        if (!take(host, taken, before, state_after(taken)).good()) break;
        ++taken;
        ++ended;
      }
      killer.join();
    }
    daemon.restart_after_kill();
    if (testing::Test::HasFatalFailure()) return;
    ScsiHost host(daemon, "a");
    expect_state(host, taken == 0 ? Step{0, 0} : state_after(taken - 1), state_after(taken));
    // Go on from a state that is known.
    taken = (taken / 3 + 1) * 3;
    EXPECT_TRUE(host.reserve_out(kRegisterAndIgnore, 0, state_after(taken).key, 0, true).good());
    const Step left = state_after(taken);
    const Bytes reservation = host.reserve_in(kReadReservation).data;
    if (reservation.size() >= 24) {
      EXPECT_TRUE(host.reserve_out(kRelease, left.key, 0, reservation[21] & 0x0f).good());
    }
    ++taken;
  }
  EXPECT_GT(ended, 0u) << "commands were under way at all";
}

}  // namespace
}  // namespace tidemark::system_test
