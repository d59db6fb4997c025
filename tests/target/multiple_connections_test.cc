// Sessions of several connections (RFC 7143 clause 4.2.2.1: one CmdSN for all of them).
#include <gtest/gtest.h>

#include "tests/target/session_answers.h"

namespace tidemark::target {
namespace {

class TwoConnections : public testing::Test {
 protected:
  static Parameters parameters() {
    Parameters parameters = SessionHarness::defaults();
    parameters.set(Key::max_connections, 2);
    return parameters;
  }
  LogoutRequest logout(uint8_t reason, uint16_t cid) {
    LogoutRequest pdu;
    pdu.start.opcode |= kImmediate;
    pdu.start.flags = static_cast<uint8_t>(kFinal | reason);
    pdu.itt = 0x55;
    pdu.cid = cid;
    pdu.cmd_sn = first.cmd_sn;
    return pdu;
  }
  /// The header that waited is offered again, as its connection would.
  static void offer_again(ConnectionHarness& connection) {
    EXPECT_EQ(std::exchange(connection.headers_wanted, 0), 1);
    connection.run();
  }

  SessionHarness first{{}, parameters()};
  ConnectionHarness second{first.made, 4, first.limits, first.pool};
};

TEST_F(TwoConnections, CommandsAreAnsweredWhereTheyCame) {
  first.command(0x00, 0, kPlainFlags, 0);
  first.command_on(second, 0x28, 1, kReadFlags, 512);
  EXPECT_EQ(first.take().opcode(), Opcode::scsi_response);
  const auto data = second.take();
  EXPECT_EQ(data.opcode(), Opcode::data_in);
  EXPECT_EQ(as<DataIn>(data.bhs).exp_cmd_sn, 3u);
  EXPECT_EQ(as<DataIn>(data.bhs).stat_sn, 100u);
}

TEST_F(TwoConnections, DataOutBelongsToTheConnectionOfItsCommand) {
  const uint32_t itt = first.command(0x2a, 1, kWriteFlags, 512);
  const auto ask = as<R2t>(first.take().bhs);
  DataOut stray;
  stray.start.flags = kFinal;
  stray.itt = itt;
  stray.ttt = ask.ttt;
  second.send(stray, std::string(512, 's'));
  EXPECT_TRUE(first.out.empty() && second.out.empty());
  EXPECT_TRUE(first.port->executed.empty());
  first.data_out(itt, ask.ttt, 0, 0, 512, true);
  EXPECT_EQ(status_of(first.take()), 0);
}

TEST_F(TwoConnections, AnEarlyCommandWaitsForTheOneBefore) {
  first.cmd_sn = 2;
  first.command_on(second, 0x2a, 1, kWriteFlags, 512, std::string(512, 'x'));
  EXPECT_TRUE(second.stalled());
  EXPECT_TRUE(first.port->begun.empty());
  first.cmd_sn = 1;
  first.command(0x00, 0, kPlainFlags, 0);
  offer_again(second);
  EXPECT_EQ(status_of(second.take()), 0);
  EXPECT_EQ(first.port->written, std::vector<uint8_t>(512, 'x'));
  EXPECT_FALSE(first.hung_up || second.hung_up);
}

TEST_F(TwoConnections, DeliverInOrderOfCmdSn) {
  first.port->at_once = false;
  first.cmd_sn = 3;
  const uint32_t third = first.command_on(second, 0x00, 0, kPlainFlags, 0);
  first.cmd_sn = 1;
  const uint32_t one = first.command(0x00, 0, kPlainFlags, 0);
  offer_again(second);
  EXPECT_TRUE(second.stalled());
  const uint32_t two = first.command(0x00, 0, kPlainFlags, 0);
  offer_again(second);
  ASSERT_EQ(first.port->begun.size(), 3u);
  EXPECT_EQ(first.port->begun[0]->tag, one);
  EXPECT_EQ(first.port->begun[1]->tag, two);
  EXPECT_EQ(first.port->begun[2]->tag, third);
}

TEST_F(TwoConnections, WhatIsMissingTooLongEndsTheSession) {
  first.cmd_sn = 2;
  first.command_on(second, 0x00, 0, kPlainFlags, 0);
  first.session->tick(first.now + first.limits.command_gap / 2);
  EXPECT_FALSE(first.hung_up);
  first.session->tick(first.now + first.limits.command_gap);
  EXPECT_TRUE(first.hung_up);
  EXPECT_TRUE(second.hung_up);
}

TEST_F(TwoConnections, WhatIsMissingWithTheLastConnectionThatCouldBringItHangsUp) {
  first.cmd_sn = 2;
  first.command_on(second, 0x00, 0, kPlainFlags, 0);
  first.full->leave([] {});
  offer_again(second);
  EXPECT_TRUE(second.hung_up);
}

TEST_F(TwoConnections, ANumberTwiceCountsOnce) {
  NopOut ping;
  ping.itt = 7;
  ping.cmd_sn = 1;
  ping.start.segment_length = 4;
  const Bhs bhs = bhs_of(ping);
  first.feed({reinterpret_cast<const char*>(bhs.data()), bhs.size()});  // its data is to come
  second.send(ping, "abcd");
  EXPECT_EQ(second.take().opcode(), Opcode::nop_in);
  first.feed("abcd");
  EXPECT_TRUE(first.out.empty());
  EXPECT_EQ(first.full->window().exp_cmd_sn(), 2u);
}

TEST_F(TwoConnections, TagsAreUniqueInTheSession) {
  first.port->at_once = false;
  first.command(0x00, 0, kPlainFlags, 0);
  --first.itt;
  first.command_on(second, 0x00, 0, kPlainFlags, 0);
  EXPECT_EQ(second.take().bhs[2], static_cast<uint8_t>(RejectReason::task_in_progress));
}

TEST_F(TwoConnections, ALostConnectionTakesItsTasksAlone) {
  first.port->at_once = false;
  first.command(0x00, 0, kPlainFlags, 0);
  const uint32_t kept = first.command_on(second, 0x00, 0, kPlainFlags, 0);
  bool left = false;
  first.full->leave([&] { left = true; });
  EXPECT_TRUE(left);
  EXPECT_FALSE(first.over);
  ASSERT_EQ(first.port->begun.size(), 1u);
  EXPECT_EQ(first.port->begun[0]->tag, kept);
  EXPECT_EQ(second.full->window().under_way(), 1u);
  second.run();
  EXPECT_EQ(second.take().opcode(), Opcode::nop_in);  // the window is wider than it has heard
}

TEST_F(TwoConnections, TheLastThatLeavesEndsTheSession) {
  first.full->leave([] {});
  EXPECT_FALSE(first.over);
  second.full->leave([] {});
  EXPECT_TRUE(first.over);
}

TEST_F(TwoConnections, LogoutOfOneLeavesTheOther) {
  first.port->at_once = false;
  first.command(0x00, 0, kPlainFlags, 0);
  first.send(logout(LogoutRequest::kCloseConnection, 3));
  EXPECT_EQ(first.take().opcode(), Opcode::logout_response);
  EXPECT_TRUE(first.closed);
  EXPECT_TRUE(first.port->begun.empty());
  EXPECT_FALSE(second.hung_up);
  EXPECT_FALSE(first.over);
}

TEST_F(TwoConnections, LogoutOfAnotherClosesThat) {
  first.send(logout(LogoutRequest::kCloseConnection, 4));
  EXPECT_EQ(first.take().bhs[2], LogoutResponse::kClosed);
  EXPECT_FALSE(first.closed);
  EXPECT_TRUE(second.hung_up);
}

TEST_F(TwoConnections, LogoutOfTheSessionClosesAll) {
  first.send(logout(LogoutRequest::kCloseSession, 0));
  EXPECT_EQ(first.take().bhs[2], LogoutResponse::kClosed);
  EXPECT_TRUE(first.closed);
  EXPECT_TRUE(second.hung_up);
  EXPECT_TRUE(first.over);
}

TEST_F(TwoConnections, NoMoreThanWereAgreed) {
  LoginStatus third = LoginStatus::success;
  first.session->admit(5, [&](LoginStatus status) { third = status; });
  EXPECT_EQ(third, LoginStatus::too_many_connections);
}

TEST_F(TwoConnections, ConnectionReinstatementWaitsForTheOld) {
  std::optional<LoginStatus> status;
  first.session->admit(4, [&](LoginStatus given) { status = given; });
  EXPECT_TRUE(second.hung_up);
  EXPECT_FALSE(status);
  second.full->leave([] {});
  EXPECT_EQ(status, LoginStatus::success);
  first.session->give_up(4);
  EXPECT_FALSE(first.over);
}

TEST_F(TwoConnections, ReinstatementOfTheOnlyConnectionKeepsTheSession) {
  second.full->leave([] {});
  std::optional<LoginStatus> status;
  first.session->admit(3, [&](LoginStatus given) { status = given; });
  first.full->leave([] {});
  EXPECT_EQ(status, LoginStatus::success);
  EXPECT_FALSE(first.over);
  first.session->give_up(3);
  EXPECT_TRUE(first.over);
}

TEST_F(TwoConnections, AnEndingSessionTakesNobody) {
  first.port->detach_at_once = false;
  first.session->detach([] {});
  LoginStatus status = LoginStatus::success;
  first.session->admit(5, [&](LoginStatus given) { status = given; });
  EXPECT_EQ(status, LoginStatus::session_does_not_exist);
  first.port->let_go();
}

// Task management.

TEST_F(TwoConnections, AFunctionWaitsForTheCommandsBeforeIt) {
  first.port->at_once = false;
  first.cmd_sn = 3;
  first.manage_on(second, 2);
  EXPECT_TRUE(first.port->functions.empty());
  first.cmd_sn = 1;
  first.command(0x00, 0, kPlainFlags, 0);
  EXPECT_TRUE(first.port->functions.empty());
  first.command(0x00, 0, kPlainFlags, 0);
  EXPECT_EQ(first.port->functions.size(), 1u);
  EXPECT_TRUE(first.port->begun.empty());
  second.run();
  EXPECT_EQ(second.take().opcode(), Opcode::task_management_response);
}

TEST_F(TwoConnections, ATargetResetPlugsWhatIsMissing) {
  first.cmd_sn = 3;
  first.manage_on(second, 6);
  EXPECT_EQ(first.port->functions.size(), 1u);
  EXPECT_EQ(second.take().opcode(), Opcode::task_management_response);
  EXPECT_EQ(first.full->window().exp_cmd_sn(), 3u);
  first.cmd_sn = 1;
  first.command(0x00, 0, kPlainFlags, 0);
  EXPECT_TRUE(first.port->begun.empty());
  EXPECT_TRUE(first.out.empty());
}

TEST_F(TwoConnections, AbortOfACommandStillToComePlugsIt) {
  first.cmd_sn = 2;
  first.manage_on(second, 1, 0x77, 1);
  EXPECT_EQ(second.take().bhs[2], 0);
  first.cmd_sn = 1;
  first.command(0x2a, 1, kWriteFlags, 512, std::string(512, 'x'));
  EXPECT_TRUE(first.out.empty());
  EXPECT_TRUE(first.port->written.empty());
  first.command(0x00, 0, kPlainFlags, 0);
  EXPECT_EQ(status_of(first.take()), 0);
}

TEST_F(TwoConnections, AbortOfACommandThatWaitsForItsTurnDropsIt) {
  first.cmd_sn = 2;
  const uint32_t itt = first.command_on(second, 0x2a, 1, kWriteFlags, 512, std::string(512, 'x'));
  first.manage(1, itt, 2);
  EXPECT_EQ(first.take().bhs[2], 0);
  first.cmd_sn = 1;
  first.command(0x00, 0, kPlainFlags, 0);
  offer_again(second);
  EXPECT_TRUE(second.out.empty());
  EXPECT_FALSE(second.stalled());
  EXPECT_TRUE(first.port->written.empty());
  EXPECT_EQ(first.full->window().exp_cmd_sn(), 3u);
}

TEST_F(TwoConnections, AResponseDoesNotOvertakeStatusesElsewhere) {
  first.command_on(second, 0x00, 0, kPlainFlags, 0);  // its status is not acknowledged
  second.out.clear();
  first.manage(5);
  first.run();
  EXPECT_TRUE(first.out.empty());
  second.run();
  const auto ping = second.take();  // asks for the acknowledgement
  ASSERT_EQ(ping.opcode(), Opcode::nop_in);
  NopOut answer;
  answer.start.opcode |= kImmediate;
  answer.itt = kNoTag;
  answer.ttt = as<NopIn>(ping.bhs).ttt;
  answer.cmd_sn = first.cmd_sn;
  answer.exp_stat_sn = 101;
  second.send(answer);
  first.run();
  EXPECT_EQ(first.take().opcode(), Opcode::task_management_response);
}

TEST_F(TwoConnections, AResponseDoesNotWaitForWhoIsGone) {
  first.command_on(second, 0x00, 0, kPlainFlags, 0);
  first.manage(5);
  EXPECT_TRUE(first.out.empty());
  second.full->leave([] {});
  first.run();
  bool answered = false;
  for (const auto& pdu : first.out)
    if (pdu.opcode() == Opcode::task_management_response) answered = true;
  EXPECT_TRUE(answered);
}

}  // namespace
}  // namespace tidemark::target
