// The whole transport over real sockets, with sane initiators.
#include <gtest/gtest.h>

#include "tests/target/served_host.h"

namespace tidemark::target {
namespace {

TEST(IscsiServer, ServesReadsAndWrites) {
  ServedTarget served;
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  clear_attention(host);
  const std::string block(512, 'w');
  host.command(RawInitiator::cdb10(0x2a, 7, 1), kWriteFlags, 512, block);
  auto answer = host.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->opcode(), Opcode::scsi_response);
  EXPECT_EQ(answer->bhs[3], 0);
  host.command(RawInitiator::cdb10(0x28, 7, 1), kReadFlags, 512);
  answer = host.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->opcode(), Opcode::data_in);
  EXPECT_EQ(answer->bhs[1] & 0x81, 0x81);
  EXPECT_EQ(std::string(answer->data.begin(), answer->data.end()), block);
}

TEST(IscsiServer, InquiryTellsTheProtocolLevelAgreedOn) {
  ServedTarget served;
  uint64_t isid = 1;
  for (const uint16_t level : {uint16_t{0}, uint16_t{1}, uint16_t{2}, uint16_t{31}}) {
    RawInitiator host(served.port(), isid++);
    std::string keys;
    append_pair(keys, "iSCSIProtocolLevel", std::to_string(level));
    ASSERT_EQ(host.login(kTargetName, kHost, keys), 0);
    host.command({0x12, 0, 0, 0, 96, 0}, kReadFlags, 96);
    const auto answer = host.receive(Opcode::data_in);
    ASSERT_TRUE(answer && answer->data.size() == 96);
    EXPECT_EQ(load_be16(&answer->data[66]), 0x0960 + std::min<uint16_t>(level, 2));
  }
}

TEST(IscsiServer, AsksForWriteDataByR2t) {
  ServedTarget served;
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  clear_attention(host);
  const uint32_t itt = host.command(RawInitiator::cdb10(0x2a, 0, 2), kWriteFlags, 1024);
  const auto ask = host.receive();
  ASSERT_TRUE(ask);
  ASSERT_EQ(ask->opcode(), Opcode::r2t);
  const auto r2t = as<R2t>(ask->bhs);
  EXPECT_EQ(r2t.desired_length, 1024u);
  EXPECT_EQ(r2t.buffer_offset, 0u);
  DataOut data;
  data.itt = itt;
  data.ttt = r2t.ttt;
  host.send(data, std::string(512, 'a'));
  data.data_sn = 1;
  data.buffer_offset = 512;
  data.start.flags = kFinal;
  host.send(data, std::string(512, 'b'));
  const auto answer = host.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->opcode(), Opcode::scsi_response);
  EXPECT_EQ(answer->bhs[3], 0);
  host.command(RawInitiator::cdb10(0x28, 1, 1), kReadFlags, 512);
  EXPECT_EQ(host.receive()->data, std::vector<uint8_t>(512, 'b'));
}

TEST(IscsiServer, CutsDataInToTheInitiatorsSegments) {
  ServedTarget served;
  RawInitiator host(served.port());
  std::string keys;
  append_pair(keys, "MaxRecvDataSegmentLength", "1024");
  append_pair(keys, "MaxBurstLength", "2048");
  ASSERT_EQ(host.login(kTargetName, kHost, keys), 0);
  clear_attention(host);
  host.command(RawInitiator::cdb10(0x28, 0, 9), kReadFlags, 4608);
  uint32_t offset = 0;
  for (uint32_t sn = 0; sn < 5; ++sn) {
    const auto part = host.receive();
    ASSERT_TRUE(part);
    const auto pdu = as<DataIn>(part->bhs);
    EXPECT_EQ(pdu.data_sn, sn);
    EXPECT_EQ(pdu.buffer_offset, offset);
    offset += static_cast<uint32_t>(part->data.size());
    const bool end_of_burst = offset % 2048 == 0 || sn == 4;
    EXPECT_EQ((pdu.start.flags & kFinal) != 0, end_of_burst);
    EXPECT_EQ((pdu.start.flags & DataIn::kStatus) != 0, sn == 4);
  }
  EXPECT_EQ(offset, 4608u);
}

TEST(IscsiServer, SendTargetsNamesOnlyWhatTheAskerMaySee) {
  ServedOptions options;
  options.second_target_for_others = true;
  ServedTarget served(options);
  RawInitiator host(served.port());
  ASSERT_EQ(host.login("", kHost), 0);
  TextRequest request;
  request.start.flags = kFinal;
  request.itt = 5;
  request.cmd_sn = host.next_cmd_sn();
  std::string text;
  append_pair(text, "SendTargets", "All");
  host.send(request, text);
  const auto answer = host.receive();
  ASSERT_TRUE(answer);
  std::string expected;
  append_pair(expected, "TargetName", kTargetName);
  append_pair(expected, "TargetAddress", served.address() + ",1");
  EXPECT_EQ(std::string(answer->data.begin(), answer->data.end()), expected);
}

TEST(IscsiServer, RefusesWhoIsNotInTheAccessList) {
  ServedOptions options;
  options.access = {"iqn.someone.else"};
  ServedTarget served(options);
  RawInitiator host(served.port());
  EXPECT_EQ(host.login(kTargetName, kHost), 0x0202);
  EXPECT_TRUE(host.is_hung_up());
  const auto events = served.events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, SessionEvent::Kind::refused);
  EXPECT_EQ(events[0].session.initiator, kHost);
}

TEST(IscsiServer, ListsItsSessions) {
  ServedTarget served;
  RawInitiator one(served.port(), 1);
  RawInitiator two(served.port(), 2);
  ASSERT_EQ(one.login(kTargetName, kHost), 0);
  ASSERT_EQ(two.login("", kHost), 0);
  clear_attention(one);
  const auto sessions = served.sessions();
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions[0].target, kTargetName);
  EXPECT_EQ(sessions[0].initiator, kHost);
  EXPECT_EQ(sessions[0].commands, 1u);
  EXPECT_EQ(sessions[1].type, SessionType::discovery);
  EXPECT_NE(sessions[0].core, sessions[1].core);
  EXPECT_NE(sessions[0].tsih, sessions[1].tsih);
}

TEST(IscsiServer, ReinstatementEndsTheOldSessionOnAnotherCore) {
  ServedTarget served;
  RawInitiator old(served.port(), 5);
  ASSERT_EQ(old.login(kTargetName, kHost), 0);
  RawInitiator fresh(served.port(), 5);
  ASSERT_EQ(fresh.login(kTargetName, kHost), 0);
  EXPECT_TRUE(old.is_hung_up());
  EXPECT_TRUE(comes_true([&] { return served.sessions().size() == 1; }));
  clear_attention(fresh);
}

TEST(IscsiServer, AnotherIsidIsAnotherSession) {
  ServedTarget served;
  RawInitiator one(served.port(), 5);
  RawInitiator two(served.port(), 6);
  ASSERT_EQ(one.login(kTargetName, kHost), 0);
  ASSERT_EQ(two.login(kTargetName, kHost), 0);
  EXPECT_EQ(served.sessions().size(), 2u);
}

TEST(IscsiServer, UnknownTsihIsRefused) {
  ServedTarget served;
  RawInitiator host(served.port());
  LoginRequest request = host.login_request(0x87);
  request.tsih = 77;
  host.send(request, RawInitiator::names(kTargetName, kHost));
  const auto answer = host.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(as<LoginResponse>(answer->bhs).status, 0x020a);
}

TEST(IscsiServer, SecondConnectionIsRefusedUnlessMoreThanOneWereAgreed) {
  ServedTarget served;
  RawInitiator first(served.port());
  ASSERT_EQ(first.login(kTargetName, kHost), 0);
  RawInitiator second(served.port());
  LoginRequest request = second.login_request(0x87);
  request.tsih = served.sessions().at(0).tsih;
  request.cid = 1;
  second.send(request, RawInitiator::names(kTargetName, kHost));
  const auto answer = second.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(as<LoginResponse>(answer->bhs).status, 0x0206);
  clear_attention(first);  // the session goes on
}

TEST(IscsiServer, LogoutIsAnsweredThenClosed) {
  ServedTarget served;
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  LogoutRequest request;
  request.start.opcode |= kImmediate;
  request.itt = 9;
  request.cmd_sn = host.cmd_sn();
  host.send(request);
  const auto answer = host.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->opcode(), Opcode::logout_response);
  EXPECT_EQ(answer->bhs[2], 0);
  EXPECT_TRUE(host.is_hung_up());
  EXPECT_TRUE(comes_true([&] { return served.sessions().empty(); }));
}

TEST(IscsiServer, DigestsAreAgreedAndChecked) {
  ServedTarget served;
  RawInitiator host(served.port());
  std::string keys;
  append_pair(keys, "HeaderDigest", "CRC32C");
  ASSERT_EQ(host.login(kTargetName, kHost, keys), 0);
  NopOut ping;
  ping.itt = 4;
  host.send(ping);
  host.send_bytes("\0\0\0\0", 4);  // not the digest
  EXPECT_TRUE(host.is_hung_up());
  EXPECT_TRUE(is_served(served, 9));
}

TEST(IscsiServer, StopEndsEverySession) {
  ServedOptions options;
  options.limits.stop_grace = 50ms;
  ServedTarget served(options);
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  RawInitiator half(served.port());
  const Bhs bhs = bhs_of(half.login_request(0x87));
  half.send_bytes(bhs.data(), 20);
  served.stop();
  const auto asked = host.receive();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->opcode(), Opcode::async_message);
  EXPECT_TRUE(host.is_hung_up());
  EXPECT_TRUE(half.is_hung_up());
}

TEST(IscsiServer, ColdResetEndsAllSessionsOfTheTarget) {
  ServedTarget served;
  RawInitiator one(served.port(), 1);
  RawInitiator two(served.port(), 2);
  ASSERT_EQ(one.login(kTargetName, kHost), 0);
  ASSERT_EQ(two.login(kTargetName, kHost), 0);
  TaskManagementRequest request;
  request.start.opcode |= kImmediate;
  request.start.flags = kFinal | 7;
  request.itt = 50;
  request.cmd_sn = one.cmd_sn();
  one.send(request);
  const auto answer = one.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->opcode(), Opcode::task_management_response);
  EXPECT_EQ(answer->bhs[2], 0);
  EXPECT_TRUE(one.is_hung_up());
  EXPECT_TRUE(two.is_hung_up());
}

TEST(Portal, TakenPortIsOneClearError) {
  ServedTarget served;
  const auto second = served.server().listen({served.address()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_NE(second.error().message.find(served.address()), std::string::npos);
}

TEST(Portal, ListensOnIpv6AsWell) {
  ServedTarget served;
  const auto bound = served.server().listen({"[::1]:0"});
  ASSERT_TRUE(bound);
  EXPECT_TRUE(bound.value().starts_with("[::1]:"));
}

TEST(Portal, NonsenseAddressesAreRefused) {
  ServedTarget served;
  for (const char* text : {"", "host:3260", "127.0.0.1:", "127.0.0.1:70000", "[::1", "[::1]x",
                           "127.0.0.1:x", "300.1.1.1:1"}) {
    const auto result = served.server().listen({text});
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().kind, ErrorKind::invalid) << text;
  }
}

}  // namespace
}  // namespace tidemark::target
