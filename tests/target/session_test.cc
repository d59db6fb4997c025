#include <gtest/gtest.h>

#include "tests/target/session_answers.h"

namespace tidemark::target {
namespace {

TEST(Session, DuplicateTagIsRejectedAndHarmsNothing) {
  SessionHarness s;
  s.port->at_once = false;
  s.command(0x28, 1, kReadFlags, 512);
  --s.itt;
  s.command(0x28, 1, kReadFlags, 512);
  const auto reject = s.take();
  EXPECT_EQ(reject.opcode(), Opcode::reject);
  EXPECT_EQ(reject.bhs[2], static_cast<uint8_t>(RejectReason::task_in_progress));
  EXPECT_EQ(reject.data.size(), kBhsSize);
  s.port->finish(*s.port->executed.at(0));
  s.run();
  EXPECT_EQ(s.take().opcode(), Opcode::data_in);
}

TEST(Session, ReservedTagIsRejected) {
  SessionHarness s;
  s.itt = kNoTag - 1;
  s.command(0x00, 0, kFinal | 1, 0);
  EXPECT_EQ(s.take().opcode(), Opcode::reject);
}

TEST(Session, CommandsOutsideTheWindowAreIgnored) {
  SessionHarness s;
  s.cmd_sn = 0;
  s.command(0x00, 0, kFinal | 1, 0);
  s.cmd_sn = 129;
  s.command(0x2a, 1, kWriteFlags, 512, std::string(512, 'x'));
  EXPECT_TRUE(s.out.empty());
  EXPECT_FALSE(s.hung_up);
  s.cmd_sn = 1;
  s.command(0x00, 0, kFinal | 1, 0);
  EXPECT_EQ(s.out.size(), 1u);
}

TEST(Session, AHoleInCmdSnHangsUp) {
  SessionHarness s;
  s.cmd_sn = 2;
  s.command(0x00, 0, kFinal | 1, 0);
  EXPECT_TRUE(s.hung_up);
}

TEST(Session, WindowClosesAndOpensAgain) {
  Limits limits;
  limits.window_depth = 2;
  SessionHarness s(limits);
  s.port->at_once = false;
  s.command(0x00, 0, kFinal | 1, 0);
  s.command(0x00, 0, kFinal | 1, 0);
  s.command(0x00, 0, kFinal | 1, 0);  // beyond: ignored
  EXPECT_EQ(s.port->executed.size(), 2u);
  s.port->finish(*s.port->executed[0]);
  s.run();
  const auto response = as<ScsiResponse>(s.take().bhs);
  EXPECT_EQ(response.exp_cmd_sn, 3u);
  EXPECT_EQ(response.max_cmd_sn, 3u);
}

TEST(Session, ImmediateCommandsDoNotAdvanceAndAreCounted) {
  Limits limits;
  limits.immediate_commands = 2;
  SessionHarness s(limits);
  s.port->at_once = false;
  for (int i = 0; i < 3; ++i) {
    ScsiCommand pdu;
    pdu.start.opcode |= kImmediate;
    pdu.start.flags = kFinal | 1;
    pdu.itt = ++s.itt;
    pdu.cmd_sn = s.cmd_sn;
    s.send(pdu);
  }
  EXPECT_EQ(s.full->window().exp_cmd_sn(), 1u);
  EXPECT_EQ(s.port->executed.size(), 2u);
  EXPECT_EQ(s.take().bhs[2], static_cast<uint8_t>(RejectReason::too_many_immediate));
}

TEST(Session, PingIsEchoedWithItsData) {
  SessionHarness s;
  NopOut ping;
  ping.itt = 7;
  ping.lun = 5;
  ping.cmd_sn = s.cmd_sn++;
  s.send(ping, "hello");
  const auto pdu = s.take();
  const auto in = as<NopIn>(pdu.bhs);
  EXPECT_EQ(in.itt, 7u);
  EXPECT_EQ(in.ttt, kNoTag);
  EXPECT_EQ(in.exp_cmd_sn, 2u);
  EXPECT_EQ(std::string(pdu.data.begin(), pdu.data.end()), "hello");
}

TEST(Session, PingAnswerIsNotAnswered) {
  SessionHarness s;
  NopOut answer;
  answer.start.opcode |= kImmediate;
  answer.itt = kNoTag;
  answer.ttt = 1;
  s.send(answer);
  EXPECT_TRUE(s.out.empty());
}

TEST(Session, OurPingShowsStatSnWithoutUsingIt) {
  SessionHarness s;
  s.full->ping();
  s.run();
  const auto ping = as<NopIn>(s.take().bhs);
  EXPECT_EQ(ping.itt, kNoTag);
  EXPECT_NE(ping.ttt, kNoTag);
  EXPECT_EQ(ping.stat_sn, 100u);
  s.command(0x00, 0, kFinal | 1, 0);
  EXPECT_EQ(as<ScsiResponse>(s.take().bhs).stat_sn, 100u);
}

TEST(Session, UnknownOpcodeIsRejectedAndLifeGoesOn) {
  SessionHarness s;
  NopOut pdu;
  pdu.start.opcode = 0x1d;
  s.send(pdu, "data");
  const auto reject = s.take();
  EXPECT_EQ(reject.opcode(), Opcode::reject);
  EXPECT_EQ(reject.bhs[2], static_cast<uint8_t>(RejectReason::command_not_supported));
  EXPECT_EQ(as<Reject>(reject.bhs).itt, kNoTag);
  EXPECT_FALSE(s.hung_up);
}

class TargetOpcode : public testing::TestWithParam<Opcode> {};
TEST_P(TargetOpcode, IsRejectedThenHungUpOn) {
  SessionHarness s;
  NopOut pdu;
  pdu.start.opcode = static_cast<uint8_t>(GetParam());
  s.send(pdu);
  EXPECT_EQ(s.take().opcode(), Opcode::reject);
  EXPECT_TRUE(s.hung_up);
}
INSTANTIATE_TEST_SUITE_P(Opcodes, TargetOpcode,
                         testing::Values(Opcode::nop_in, Opcode::scsi_response, Opcode::data_in,
                                         Opcode::r2t, Opcode::async_message, Opcode::reject,
                                         Opcode::login_response, Opcode::text_response));

TEST(Session, LoginRequestInFullFeaturePhaseIsRejectedThenHungUpOn) {
  SessionHarness s;
  LoginRequest pdu;
  pdu.start.opcode |= kImmediate;
  s.send(pdu);
  EXPECT_EQ(s.take().bhs[2], static_cast<uint8_t>(RejectReason::protocol_error));
  EXPECT_TRUE(s.hung_up);
}

TEST(Session, SnackIsRejected) {
  SessionHarness s;
  s.send(Snack{});
  EXPECT_EQ(s.take().bhs[2], static_cast<uint8_t>(RejectReason::snack_reject));
  EXPECT_FALSE(s.hung_up);
}

TEST(Session, DiscoveryTakesNoCommands) {
  SessionHarness s({}, SessionHarness::defaults(), true);
  s.command(0x28, 1, kReadFlags, 512);
  EXPECT_EQ(s.take().opcode(), Opcode::reject);
}

// Logout and loss.

LogoutRequest logout(uint8_t reason, uint16_t cid = 3) {
  LogoutRequest pdu;
  pdu.start.opcode |= kImmediate;
  pdu.start.flags = static_cast<uint8_t>(kFinal | reason);
  pdu.itt = 0x55;
  pdu.cid = cid;
  pdu.cmd_sn = 1;
  return pdu;
}

TEST(Logout, IsAnsweredOnceCommandsHaveEnded) {
  SessionHarness s;
  s.port->at_once = false;
  s.port->detach_at_once = false;
  s.command(0x2a, 1, kWriteFlags, 512, std::string(512, 'x'));
  s.send(logout(0));
  EXPECT_TRUE(s.out.empty());
  s.port->let_go();
  s.run();
  const auto answer = s.take();
  EXPECT_EQ(answer.opcode(), Opcode::logout_response);
  EXPECT_EQ(answer.bhs[2], 0);
  EXPECT_TRUE(s.closed);
}

TEST(Logout, OfAnotherConnectionIsNotFound) {
  SessionHarness s;
  s.send(logout(1, 4));
  EXPECT_EQ(s.take().bhs[2], 1);
  EXPECT_FALSE(s.closed);
}

TEST(Logout, ForRecoveryIsNotSupported) {
  SessionHarness s;
  s.send(logout(2));
  EXPECT_EQ(s.take().bhs[2], 2);
  EXPECT_FALSE(s.closed);
}

TEST(Logout, NothingAfterItCounts) {
  SessionHarness s;
  s.port->detach_at_once = false;
  s.send(logout(1));
  s.command(0x2a, 1, kWriteFlags, 512, std::string(512, 'x'));
  EXPECT_TRUE(s.port->begun.empty());
  s.port->let_go();
}

TEST(SessionLoss, EndsOnlyWhenTheDeviceServerIsDone) {
  SessionHarness s;
  s.port->at_once = false;
  s.port->detach_at_once = false;
  s.command(0x2a, 1, kWriteFlags, 512, std::string(512, 'x'));
  bool ended = false;
  s.full->leave([&] { ended = true; });
  EXPECT_FALSE(ended);
  s.port->let_go();
  EXPECT_TRUE(ended);
  EXPECT_EQ(s.pool.in_use(), 0u);
}

TEST(SessionLoss, OverdueDataOutIsNoticed) {
  SessionHarness s;
  s.command(0x2a, 1, kWriteFlags, 512);
  EXPECT_FALSE(s.full->overdue(s.now));
  EXPECT_TRUE(s.full->overdue(s.now + std::chrono::seconds(1)));
}

}  // namespace
}  // namespace tidemark::target
