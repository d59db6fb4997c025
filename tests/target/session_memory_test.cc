#include <gtest/gtest.h>

#include "tests/target/session_answers.h"

namespace tidemark::target {
namespace {

// Memory.

TEST(SessionMemory, ReadsWaitForWhatIsStillToBeSent) {
  Limits limits;
  limits.output_bytes = 64 * kKiB;
  SessionHarness s(limits);
  s.port->at_once = false;
  for (int i = 0; i < 10; ++i) s.command(0x28, 64, kReadFlags, 32768);
  EXPECT_EQ(s.port->executed.size(), 2u);
  s.port->finish(*s.port->executed[0]);
  s.run();
  EXPECT_EQ(s.port->executed.size(), 2u);
}

TEST(SessionMemory, OneReadLargerThanTheLimitIsStillServed) {
  Limits limits;
  limits.output_bytes = 4096;
  SessionHarness s(limits);
  s.command(0x28, 100, kReadFlags, 51200);
  EXPECT_FALSE(s.out.empty());
}

TEST(SessionMemory, SolicitedWritesWaitForMemory) {
  SessionHarness s({}, SessionHarness::defaults(), false, 128 * kKiB);
  const uint32_t first = s.command(0x2a, 64, kWriteFlags, 32768);
  s.command(0x2a, 64, kWriteFlags, 32768);
  s.command(0x2a, 64, kWriteFlags, 32768);
  EXPECT_EQ(s.out.size(), 2u);  // two R2Ts, the third write waits
  EXPECT_GT(s.memory_waits, 0);
  const auto r2t = as<R2t>(s.take().bhs);
  s.data_out(first, r2t.ttt, 0, 0, 32768, true);
  s.take();
  EXPECT_EQ(s.take().opcode(), Opcode::scsi_response);
  s.run();
  EXPECT_EQ(s.take().opcode(), Opcode::r2t);
}

TEST(SessionMemory, ImmediateDataWithoutMemoryStopsReadingUntilThereIsSome) {
  SessionHarness s({}, SessionHarness::defaults(), false, 64 * kKiB);
  DataBuffer taken = s.pool.acquire(64 * kKiB);
  s.command(0x2a, 1, kWriteFlags, 512, std::string(512, 'x'));
  EXPECT_TRUE(s.out.empty());
  EXPECT_EQ(s.memory_waits, 1);
  taken.reset();
  s.run();
  EXPECT_EQ(status_of(s.take()), 0);
  EXPECT_EQ(s.port->written.size(), 512u);
}

TEST(SessionMemory, ImmediateDataIsAnsweredBusyIfDataOutOfOthersIsDue) {
  SessionHarness s({}, SessionHarness::defaults(), false, 64 * kKiB);
  const uint32_t first = s.command(0x2a, 64, kWriteFlags, 32768);
  const auto r2t = as<R2t>(s.take().bhs);
  DataBuffer taken = s.pool.acquire(32 * kKiB);
  s.command(0x2a, 1, kWriteFlags, 512, std::string(512, 'x'));
  EXPECT_EQ(status_of(s.take()), 0x08);
  s.data_out(first, r2t.ttt, 0, 0, 32768, true);
  EXPECT_EQ(status_of(s.take()), 0);
}

TEST(SessionMemory, OneConnectionGetsItsShareOfWriteMemoryOnly) {
  Limits limits;
  limits.write_bytes = 64 * kKiB;
  SessionHarness s(limits);
  const uint32_t first = s.command(0x2a, 64, kWriteFlags, 32768);
  s.command(0x2a, 64, kWriteFlags, 32768);
  s.command(0x2a, 64, kWriteFlags, 32768);
  EXPECT_EQ(s.out.size(), 2u);  // two R2Ts, the third write waits
  EXPECT_LE(s.pool.in_use(), limits.write_bytes);
  const auto r2t = as<R2t>(s.take().bhs);
  s.data_out(first, r2t.ttt, 0, 0, 32768, true);
  s.take();
  EXPECT_EQ(s.take().opcode(), Opcode::scsi_response);
  s.run();
  EXPECT_EQ(s.take().opcode(), Opcode::r2t);
}

TEST(SessionMemory, AWriteLargerThanTheShareIsServedAlone) {
  Limits limits;
  limits.write_bytes = 4 * kKiB;
  SessionHarness s(limits);
  s.command(0x2a, 64, kWriteFlags, 32768);
  s.command(0x2a, 1, kWriteFlags, 512);
  EXPECT_EQ(s.out.size(), 1u);
}

TEST(SessionMemory, WriteMemoryComesBackHoweverAWriteEnds) {
  Limits limits;
  limits.write_bytes = 64 * kKiB;
  SessionHarness s(limits);
  s.port->at_once = false;
  for (int round = 0; round < 8; ++round) {
    const uint32_t itt = s.command(0x2a, 128, kWriteFlags, 65536);
    const auto r2t = as<R2t>(s.take().bhs);
    if (round % 2) s.data_out(itt, r2t.ttt, 0, 0, 65536, true);
    s.manage(1, itt, s.cmd_sn - 1);
    EXPECT_EQ(s.take().opcode(), Opcode::task_management_response);
    EXPECT_EQ(s.pool.in_use(), 0u);
  }
}

}  // namespace
}  // namespace tidemark::target
