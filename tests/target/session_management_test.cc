#include <gtest/gtest.h>

#include "tests/target/session_answers.h"

namespace tidemark::target {
namespace {

// Task management.

TEST(TaskManagement, AbortedWriteThatIsHeldGetsNoStatus) {
  SessionHarness s;
  s.port->at_once = false;
  const uint32_t itt = s.command(0x2a, 1, kWriteFlags, 512, std::string(512, 'x'));
  s.manage(1, itt, 1);
  const auto answer = s.take();
  EXPECT_EQ(answer.opcode(), Opcode::task_management_response);
  EXPECT_EQ(answer.bhs[2], 0);
  EXPECT_TRUE(s.out.empty());
  EXPECT_EQ(s.pool.in_use(), 0u);
  EXPECT_EQ(s.full->flow()->in_use(), 0u);
}

TEST(TaskManagement, AbortedWhileItsDataIsComing) {
  SessionHarness s;
  const uint32_t itt = s.command(0x2a, 2, kWriteFlags, 1024);
  const auto r2t = as<R2t>(s.take().bhs);
  s.data_out(itt, r2t.ttt, 0, 0, 512, false);
  s.manage(1, itt, 1);
  EXPECT_EQ(s.take().bhs[2], 0);
  s.data_out(itt, r2t.ttt, 1, 512, 512, true);
  EXPECT_TRUE(s.out.empty());
  EXPECT_TRUE(s.port->written.empty());
}

TEST(TaskManagement, AbortedInTheMiddleOfAPdu) {
  SessionHarness s;
  const uint32_t itt = s.command(0x2a, 2, kWriteFlags, 1024);
  DataOut pdu;
  pdu.start.flags = kFinal;
  pdu.start.segment_length = 1024;
  pdu.itt = itt;
  pdu.ttt = as<R2t>(s.take().bhs).ttt;
  const Bhs bhs = bhs_of(pdu);
  s.feed(std::string(bhs.begin(), bhs.end()) + std::string(100, 'x'));
  s.port->abort(*s.port->begun.at(0));  // by another session's LOGICAL UNIT RESET
  EXPECT_EQ(s.pool.in_use(), 0u);
  s.feed(std::string(924, 'x'));
  EXPECT_TRUE(s.port->written.empty());
  s.command(0x00, 0, kFinal | 1, 0);
  EXPECT_EQ(status_of(s.take()), 0);
}

TEST(TaskManagement, UnknownTaskDoesNotExist) {
  SessionHarness s;
  s.command(0x00, 0, kFinal | 1, 0);
  s.take();
  s.manage(1, 0x77, 1);
  EXPECT_EQ(s.take().bhs[2], 1);
}

TEST(TaskManagement, TaskNotYetReceivedCountsAsAborted) {
  SessionHarness s;
  s.cmd_sn = 2;
  s.manage(1, 0x77, 1);
  EXPECT_EQ(s.take().bhs[2], 0);
  s.cmd_sn = 1;
  s.command(0x00, 0, kPlainFlags, 0);
  EXPECT_TRUE(s.out.empty());
  s.command(0x00, 0, kPlainFlags, 0);
  EXPECT_EQ(status_of(s.take()), 0);
}

TEST(TaskManagement, TaskThatWouldComeLaterThanTheRequestDoesNotExist) {
  SessionHarness s;
  s.manage(1, 0x77, 3);
  EXPECT_EQ(s.take().bhs[2], 1);
}

TEST(TaskManagement, ImmediateTaskIsNamedWithTheRequestsCmdSn) {
  SessionHarness s;
  s.port->at_once = false;
  ScsiCommand pdu;
  pdu.start.opcode |= kImmediate;
  pdu.start.flags = kPlainFlags;
  pdu.itt = 0x77;
  pdu.cmd_sn = s.cmd_sn;
  s.send(pdu);
  s.command(0x00, 0, kPlainFlags, 0);
  s.manage(1, 0x77, s.cmd_sn);
  EXPECT_EQ(s.take().bhs[2], 0);
  EXPECT_EQ(s.port->begun.size(), 1u);
}

TEST(TaskManagement, QueryOfATaskThatIsNotThereIsComplete) {
  SessionHarness s;
  s.manage(9, 0x77, 1);
  EXPECT_EQ(s.take().bhs[2], 0);
}

TEST(TaskManagement, QueryOfPendingAttentionTellsIt) {
  SessionHarness s;
  s.manage(12);
  const auto answer = as<TaskManagementResponse>(s.take().bhs);
  EXPECT_EQ(answer.start.byte2, 7);
  EXPECT_EQ(answer.additional, 0x162903u);
}

class RefusedTask : public testing::TestWithParam<uint8_t> {};
TEST_P(RefusedTask, GetsNoStatusAfterItIsAborted) {
  SessionHarness s;
  const uint32_t itt = s.command(0xff, 1, kOpenWriteFlags, 512);  // its data is still to come
  EXPECT_TRUE(s.out.empty());
  s.manage(GetParam(), GetParam() == 1 ? itt : kNoTag, 1);
  const auto answer = s.take();
  EXPECT_EQ(answer.opcode(), Opcode::task_management_response);
  EXPECT_EQ(answer.bhs[2], 0);
  s.data_out(itt, kNoTag, 0, 0, 512, true);
  EXPECT_TRUE(s.out.empty());
  EXPECT_EQ(s.full->flow()->in_use(), 0u);
  EXPECT_EQ(s.full->window().under_way(), 0u);
}
INSTANTIATE_TEST_SUITE_P(Functions, RefusedTask,
                         testing::Values(uint8_t{1}, uint8_t{2}, uint8_t{5}, uint8_t{6}));

TEST(TaskManagement, ResponseWaitsForTheDeviceServer) {
  SessionHarness s;
  s.port->hold_answers = true;
  s.manage(2);
  EXPECT_TRUE(s.out.empty());
  s.port->held_answer(scsi::TaskManagementResponse::complete);
  s.run();
  EXPECT_EQ(s.take().opcode(), Opcode::task_management_response);
}

TEST(TaskManagement, FunctionsUnderWayAreBounded) {
  Limits limits;
  limits.management_functions = 1;
  SessionHarness s(limits);
  s.port->hold_answers = true;
  s.manage(2);
  s.manage(2);  // immediate: may be sent again
  EXPECT_EQ(s.take().bhs[2], static_cast<uint8_t>(RejectReason::too_many_immediate));
  TaskManagementRequest queued;
  queued.start.flags = kFinal | 2;
  queued.itt = 0x88;
  queued.cmd_sn = s.cmd_sn++;
  s.send(queued);  // its CmdSN is used up: it gets its response
  const auto refused = s.take();
  EXPECT_EQ(refused.opcode(), Opcode::task_management_response);
  EXPECT_EQ(refused.bhs[2], 255);
  EXPECT_EQ(s.port->functions.size(), 1u);
  s.port->held_answer(scsi::TaskManagementResponse::complete);
  s.run();
  s.take();
  s.manage(2);
  EXPECT_EQ(s.port->functions.size(), 2u);
}

TEST(TaskManagement, WrongCmdSnIsRejected) {
  SessionHarness s;
  s.port->at_once = false;
  const uint32_t itt = s.command(0x00, 0, kFinal | 1, 0);
  s.manage(1, itt, 99);
  EXPECT_EQ(s.take().bhs[2], 255);
  EXPECT_TRUE(s.port->functions.empty());
}

TEST(TaskManagement, ReassignIsNotSupported) {
  SessionHarness s;
  s.manage(8, 0x77, 1);
  EXPECT_EQ(s.take().bhs[2], 4);
}

struct FunctionCase {
  uint8_t code;
  scsi::TaskManagementFunction function;
};
class FunctionCode : public testing::TestWithParam<FunctionCase> {};
TEST_P(FunctionCode, ReachesTheDeviceServer) {
  SessionHarness s;
  s.manage(GetParam().code);
  ASSERT_EQ(s.port->functions.size(), 1u);
  EXPECT_EQ(s.port->functions[0], GetParam().function);
  EXPECT_EQ(s.take().bhs[2], 0);
  EXPECT_EQ(s.all_ended, GetParam().code == 7);
}
using Function = scsi::TaskManagementFunction;
INSTANTIATE_TEST_SUITE_P(Codes, FunctionCode,
                         testing::Values(FunctionCase{2, Function::abort_task_set},
                                         FunctionCase{3, Function::clear_aca},
                                         FunctionCase{4, Function::clear_task_set},
                                         FunctionCase{5, Function::logical_unit_reset},
                                         FunctionCase{6, Function::target_reset},
                                         FunctionCase{7, Function::target_reset},
                                         FunctionCase{10, Function::query_task_set},
                                         FunctionCase{11, Function::i_t_nexus_reset}));

class UnsupportedFunction : public testing::TestWithParam<uint8_t> {};
TEST_P(UnsupportedFunction, IsAnsweredSo) {
  Parameters parameters = SessionHarness::defaults();
  parameters.set(Key::iscsi_protocol_level, 1);
  SessionHarness s({}, parameters);
  s.manage(GetParam());
  EXPECT_EQ(s.take().bhs[2], 5);
}
INSTANTIATE_TEST_SUITE_P(Codes, UnsupportedFunction,
                         testing::Values(uint8_t{0}, uint8_t{9}, uint8_t{10}, uint8_t{11},
                                         uint8_t{12}, uint8_t{13}, uint8_t{127}));

TEST(TaskManagement, AClosedWindowIsReportedOpenAfterAborts) {
  Limits limits;
  limits.window_depth = 1;
  SessionHarness s(limits);
  s.port->at_once = false;
  s.command(0x00, 0, kFinal | 1, 0);
  s.port->abort(*s.port->begun.at(0));  // by another session
  s.run();
  const auto update = s.take();
  EXPECT_EQ(update.opcode(), Opcode::nop_in);
  EXPECT_EQ(as<NopIn>(update.bhs).itt, kNoTag);
  EXPECT_EQ(as<NopIn>(update.bhs).ttt, kNoTag);
  EXPECT_EQ(as<NopIn>(update.bhs).max_cmd_sn, 2u);
}

}  // namespace
}  // namespace tidemark::target
