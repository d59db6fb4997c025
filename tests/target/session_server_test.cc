// Sessions over real sockets: several connections, reinstatement, and what a lost one takes along.
#include <gtest/gtest.h>

#include "tests/target/served_host.h"

namespace tidemark::target {
namespace {

std::string several_connections(const std::string& number = "4") {
  std::string keys;
  append_pair(keys, "MaxConnections", number);
  return keys;
}

/// A session with one connection of CID 0.
class ServedSession : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(first.login(kTargetName, kHost, several_connections()), 0);
    clear_attention(first);
  }
  bool reads(RawInitiator& host) {
    host.command(RawInitiator::cdb10(0x28, 0, 1), kReadFlags, 512);
    const auto answer = host.receive(Opcode::data_in);
    return answer && answer->data.size() == 512;
  }

  ServedTarget served;
  RawInitiator first{served.port()};
};

TEST_F(ServedSession, ConnectionsShareItWhicheverCoreTookThem) {
  std::vector<std::unique_ptr<RawInitiator>> more;
  for (uint16_t cid = 1; cid <= 3; ++cid) {
    more.push_back(std::make_unique<RawInitiator>(served.port(), first, cid));
    ASSERT_EQ(more.back()->login(kTargetName, kHost), 0);
  }
  for (auto& host : more) EXPECT_TRUE(reads(*host));
  EXPECT_TRUE(reads(first));
  const auto sessions = served.sessions();
  ASSERT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions[0].connections, 4u);
  EXPECT_EQ(sessions[0].commands, 5u);
}

TEST_F(ServedSession, NoMoreConnectionsThanAgreed) {
  std::vector<std::unique_ptr<RawInitiator>> more;
  for (uint16_t cid = 1; cid <= 3; ++cid) {
    more.push_back(std::make_unique<RawInitiator>(served.port(), first, cid));
    ASSERT_EQ(more.back()->login(kTargetName, kHost), 0);
  }
  RawInitiator fifth(served.port(), first, 9);
  EXPECT_EQ(fifth.login(kTargetName, kHost), 0x0206);
  EXPECT_TRUE(fifth.is_hung_up());
  EXPECT_TRUE(reads(first));
}

TEST_F(ServedSession, EarlyCommandsWaitForThoseOnAnotherConnection) {
  RawInitiator second(served.port(), first, 1);
  ASSERT_EQ(second.login(kTargetName, kHost), 0);
  const uint32_t one = first.next_cmd_sn();
  const uint32_t two = first.next_cmd_sn();
  const std::string block(512, 'n');
  second.command_at(two, RawInitiator::cdb10(0x28, 3, 1), kReadFlags, 512);
  EXPECT_TRUE(second.is_quiet(50));
  first.command_at(one, RawInitiator::cdb10(0x2a, 3, 1), kWriteFlags, 512, block);
  EXPECT_EQ(first.receive(Opcode::scsi_response)->bhs[3], 0);
  // Not before it has been received, so it may well read what was there before: only that it comes.
  EXPECT_TRUE(second.receive(Opcode::data_in));
}

TEST_F(ServedSession, CommandsBehindTheLoginRequestSurviveTheMove) {
  for (uint16_t cid = 1; cid <= 2; ++cid) {  // one of them starts on the other core
    RawInitiator host(served.port(), first, cid);
    LoginRequest login = host.login_request(0x87);
    host.send(login, RawInitiator::names(kTargetName, kHost));
    host.command(RawInitiator::cdb10(0x28, 0, 1), kReadFlags, 512);
    const auto answer = host.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(as<LoginResponse>(answer->bhs).status, 0);
    EXPECT_EQ(as<LoginResponse>(answer->bhs).tsih, first.tsih());
    EXPECT_TRUE(host.receive(Opcode::data_in));
  }
}

TEST_F(ServedSession, ALostConnectionLeavesTheOthers) {
  RawInitiator second(served.port(), first, 1);
  ASSERT_EQ(second.login(kTargetName, kHost), 0);
  second.command(RawInitiator::cdb10(0x2a, 0, 8), kWriteFlags, 4096);
  ASSERT_TRUE(second.receive(Opcode::r2t));
  second.reset();
  EXPECT_TRUE(comes_true([&] { return served.sessions().at(0).connections == 1; }));
  EXPECT_TRUE(reads(first));
}

TEST_F(ServedSession, ConnectionReinstatementClosesTheOldOne) {
  RawInitiator second(served.port(), first, 1);
  ASSERT_EQ(second.login(kTargetName, kHost), 0);
  second.command(RawInitiator::cdb10(0x2a, 0, 8), kWriteFlags, 4096);
  ASSERT_TRUE(second.receive(Opcode::r2t));
  RawInitiator again(served.port(), first, 1);
  ASSERT_EQ(again.login(kTargetName, kHost), 0);
  EXPECT_TRUE(second.is_hung_up());
  EXPECT_TRUE(reads(again));
  EXPECT_TRUE(reads(first));
}

TEST_F(ServedSession, ReinstatementOfItsOnlyConnectionKeepsIt) {
  RawInitiator again(served.port(), first, 0);
  ASSERT_EQ(again.login(kTargetName, kHost), 0);
  EXPECT_TRUE(first.is_hung_up());
  EXPECT_TRUE(reads(again));  // without a unit attention: the nexus is the same
  EXPECT_EQ(served.sessions().at(0).tsih, first.tsih());
}

TEST_F(ServedSession, SessionReinstatementEndsAllItsConnections) {
  RawInitiator second(served.port(), first, 1);
  ASSERT_EQ(second.login(kTargetName, kHost), 0);
  RawInitiator fresh(served.port());
  ASSERT_EQ(fresh.login(kTargetName, kHost), 0);
  EXPECT_TRUE(first.is_hung_up());
  EXPECT_TRUE(second.is_hung_up());
  EXPECT_NE(fresh.tsih(), first.tsih());
  clear_attention(fresh);
  EXPECT_TRUE(reads(fresh));
}

TEST_F(ServedSession, ItsHandleIsNoGoodOnceItIsOver) {
  first.logout(LogoutRequest::kCloseSession, 0);
  ASSERT_TRUE(first.receive(Opcode::logout_response));
  EXPECT_TRUE(first.is_hung_up());
  EXPECT_TRUE(comes_true([&] { return served.sessions().empty(); }));
  RawInitiator late(served.port(), first, 1);
  EXPECT_EQ(late.login(kTargetName, kHost), 0x020a);
}

TEST_F(ServedSession, LogoutOfTheSessionClosesAllConnections) {
  RawInitiator second(served.port(), first, 1);
  ASSERT_EQ(second.login(kTargetName, kHost), 0);
  second.logout(LogoutRequest::kCloseSession, 0);
  ASSERT_TRUE(second.receive(Opcode::logout_response));
  EXPECT_TRUE(first.is_hung_up());
  EXPECT_TRUE(second.is_hung_up());
}

TEST_F(ServedSession, LogoutForRecoveryIsRefusedAndHarmsNothing) {
  first.logout(LogoutRequest::kRemoveForRecovery, 0);
  const auto answer = first.receive(Opcode::logout_response);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->bhs[2], LogoutResponse::kRecoveryNotSupported);
  EXPECT_TRUE(reads(first));
}

TEST_F(ServedSession, EveryConnectionIsAskedToLogOutWhenTheTargetStops) {
  RawInitiator second(served.port(), first, 1);
  ASSERT_EQ(second.login(kTargetName, kHost), 0);
  std::thread stop([&] { served.stop(); });
  for (RawInitiator* host : {&first, &second}) {
    const auto asked = host->receive(Opcode::async_message);
    ASSERT_TRUE(asked);
    EXPECT_EQ(as<AsyncMessage>(asked->bhs).event, AsyncMessage::kLogoutRequested);
    const auto dropped = host->receive(Opcode::async_message);
    ASSERT_TRUE(dropped);
    const auto notice = as<AsyncMessage>(dropped->bhs);
    EXPECT_EQ(notice.event, AsyncMessage::kConnectionDropped);
    EXPECT_EQ(notice.parameter1, host->cid());
    EXPECT_EQ(notice.parameter3, 0);
    EXPECT_TRUE(host->is_hung_up());
  }
  stop.join();
}

TEST_F(ServedSession, CommandsSpreadOverConnectionsAreAllServed) {
  constexpr int kCommands = 400;
  RawInitiator second(served.port(), first, 1);
  RawInitiator third(served.port(), first, 2);
  ASSERT_EQ(second.login(kTargetName, kHost), 0);
  ASSERT_EQ(third.login(kTargetName, kHost), 0);
  RawInitiator* const hosts[] = {&first, &second, &third};
  for (int round = 0; round < kCommands / 100; ++round) {
    for (int i = 0; i < 100; ++i) {
      RawInitiator& host = *hosts[(i * 7 + round) % 3];
      host.command(RawInitiator::cdb10(0x28, static_cast<uint32_t>(i), 1), kReadFlags, 512);
    }
    for (int i = 0; i < 100; ++i)
      ASSERT_TRUE(hosts[(i * 7 + round) % 3]->receive(Opcode::data_in)) << i;
  }
  EXPECT_EQ(served.sessions().at(0).commands, 1u + kCommands);
}

}  // namespace
}  // namespace tidemark::target
