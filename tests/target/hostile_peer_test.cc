// Hostile peers: each loses its own connection, others do not notice.
#include <gtest/gtest.h>

#include "tests/target/served_host.h"

namespace tidemark::target {
namespace {

TEST(HostilePeer, GarbageOnThePort) {
  ServedTarget served;
  RawInitiator host(served.port());
  const std::string garbage(10000, 'G');
  host.send_bytes(garbage.data(), garbage.size());
  EXPECT_TRUE(host.is_hung_up());
  EXPECT_TRUE(is_served(served, 9));
}

TEST(HostilePeer, CommandBeforeLogin) {
  ServedTarget served;
  RawInitiator host(served.port());
  host.command({0}, kPlainFlags, 0);
  EXPECT_TRUE(host.is_hung_up());
}

TEST(HostilePeer, OversizePdu) {
  ServedTarget served;
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  NopOut ping;
  ping.itt = 4;
  ping.start.segment_length = kSegmentMax;
  const Bhs bhs = bhs_of(ping);
  host.send_bytes(bhs.data(), bhs.size());
  EXPECT_TRUE(host.is_hung_up());
  EXPECT_TRUE(is_served(served, 9));
}

TEST(HostilePeer, HalfALoginThenSilence) {
  ServedOptions options;
  options.limits.login_time = 100ms;
  options.limits.tick = 20ms;
  ServedTarget served(options);
  RawInitiator host(served.port());
  const Bhs bhs = bhs_of(host.login_request(0x87));
  host.send_bytes(bhs.data(), 20);
  EXPECT_TRUE(host.is_hung_up());
  EXPECT_TRUE(is_served(served, 9));
}

TEST(HostilePeer, PduThatDoesNotEnd) {
  ServedOptions options;
  options.limits.pdu_time = 100ms;
  options.limits.tick = 20ms;
  ServedTarget served(options);
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  host.send_bytes("\0\0\0", 3);
  EXPECT_TRUE(host.is_hung_up());
}

TEST(HostilePeer, DataOutThatDoesNotCome) {
  ServedOptions options;
  options.limits.data_out_wait = 100ms;
  options.limits.tick = 20ms;
  ServedTarget served(options);
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  clear_attention(host);
  host.command(RawInitiator::cdb10(0x2a, 0, 2), kWriteFlags, 1024);
  EXPECT_TRUE(host.is_hung_up());
  EXPECT_TRUE(is_served(served, 9));
}

TEST(HostilePeer, SilenceIsPingedThenHungUpOn) {
  ServedOptions options;
  options.limits.idle_ping = 100ms;
  options.limits.ping_answer = 100ms;
  options.limits.tick = 20ms;
  ServedTarget served(options);
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  const auto ping = host.receive();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->opcode(), Opcode::nop_in);
  EXPECT_EQ(as<NopIn>(ping->bhs).itt, kNoTag);
  EXPECT_NE(as<NopIn>(ping->bhs).ttt, kNoTag);
  EXPECT_TRUE(host.is_hung_up());
}

TEST(HostilePeer, DisconnectInTheMiddleOfAWrite) {
  ServedTarget served;
  {
    RawInitiator host(served.port());
    ASSERT_EQ(host.login(kTargetName, kHost), 0);
    clear_attention(host);
    const uint32_t itt = host.command(RawInitiator::cdb10(0x2a, 0, 128), kWriteFlags, 65536);
    const auto ask = host.receive();
    ASSERT_TRUE(ask);
    DataOut data;
    data.itt = itt;
    data.ttt = as<R2t>(ask->bhs).ttt;
    host.send(data, std::string(4096, 'x'));
    data.data_sn = 1;
    data.buffer_offset = 4096;
    data.start.segment_length = 4096;
    const Bhs bhs = bhs_of(data);
    host.send_bytes(bhs.data(), bhs.size());
    host.send_bytes("half", 4);
  }
  EXPECT_TRUE(comes_true([&] { return served.sessions().empty(); }));
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  clear_attention(host);
  host.command(RawInitiator::cdb10(0x28, 0, 1), kReadFlags, 512);
  EXPECT_EQ(host.receive()->data, std::vector<uint8_t>(512, 0));  // nothing was written
}

TEST(HostilePeer, WhoStopsReadingHoldsABoundedAmount) {
  ServedOptions options;
  options.limits.output_bytes = 4 * kMiB;
  options.limits.memory_per_core = 16 * kMiB;
  options.limits.idle_ping = 10min;  // however long a busy machine takes for what follows
  ServedTarget served(options);
  RawInitiator slow(served.port(), 1, 4096);
  ASSERT_EQ(slow.login(kTargetName, kHost), 0);
  clear_attention(slow);
  for (int i = 0; i < 100; ++i) slow.command(RawInitiator::cdb10(0x28, 0, 2048), kReadFlags, kMiB);
  EXPECT_TRUE(comes_true([&] {
    for (const auto& session : served.sessions())
      if (session.commands == 101) return true;
    return false;
  }));
  // Two more, so that each core has one: both are served, so there is memory left on the slow
  // one's core.
  EXPECT_TRUE(is_served(served, 2));
  EXPECT_TRUE(is_served(served, 3));
  // Once it reads again, everything arrives.
  for (int i = 0; i < 100; ++i) {
    size_t got = 0;
    while (got < kMiB) {
      const auto part = slow.receive();
      ASSERT_TRUE(part);
      ASSERT_EQ(part->opcode(), Opcode::data_in);
      got += part->data.size();
    }
  }
}

TEST(HostilePeer, WritesBeyondMemoryAreServedInTurn) {
  ServedOptions options;
  options.limits.memory_per_core = 4 * kMiB;
  ServedTarget served(options);
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  clear_attention(host);
  for (int i = 0; i < 16; ++i) host.command(RawInitiator::cdb10(0x2a, 0, 2048), kWriteFlags, kMiB);
  int answered = 0;
  while (answered < 16) {
    const auto pdu = host.receive();
    ASSERT_TRUE(pdu);
    if (pdu->opcode() == Opcode::scsi_response) {
      EXPECT_EQ(pdu->bhs[3], 0);
      ++answered;
      continue;
    }
    const auto ask = as<R2t>(pdu->bhs);
    DataOut data;
    data.start.flags = kFinal;
    data.itt = ask.itt;
    data.ttt = ask.ttt;
    data.buffer_offset = ask.buffer_offset;
    host.send(data, std::string(ask.desired_length, 'd'));
  }
}

TEST(HostilePeer, ThoseThatNeverSendTheirDataLeaveRoomForOthers) {
  ServedOptions options;
  options.limits.memory_per_core = 16 * kMiB;
  options.limits.connections = 64;  // for each of them 32 KiB are set aside on each core
  ServedTarget served(options);
  std::vector<std::unique_ptr<RawInitiator>> hogs;
  for (uint64_t isid = 1; isid <= 24; ++isid) {
    hogs.push_back(std::make_unique<RawInitiator>(served.port(), isid));
    ASSERT_EQ(hogs.back()->login(kTargetName, kHost), 0);
    clear_attention(*hogs.back());
    for (int i = 0; i < 16; ++i)
      hogs.back()->command(RawInitiator::cdb10(0x2a, 0, 1024), kWriteFlags, 512 * kKiB);
  }
  // Whoever comes late is asked for nothing: what is for all is gone, on both cores.
  EXPECT_TRUE(hogs[22]->is_quiet(100));
  EXPECT_TRUE(hogs[23]->is_quiet(100));
  for (const uint64_t isid : {101, 102}) {
    RawInitiator host(served.port(), isid);
    ASSERT_EQ(host.login(kTargetName, kHost), 0);
    clear_attention(host);
    const uint32_t itt = host.command(RawInitiator::cdb10(0x2a, 0, 32), kWriteFlags, 16 * kKiB);
    const auto ask = host.receive(Opcode::r2t);
    ASSERT_TRUE(ask);
    host.data_out(itt, as<R2t>(ask->bhs).ttt, 0, 0, std::string(16 * kKiB, 'd'), true);
    ASSERT_TRUE(host.receive(Opcode::scsi_response));
    host.command(RawInitiator::cdb10(0x28, 16, 16), kReadFlags, 8 * kKiB);
    const auto data = host.receive(Opcode::data_in);
    ASSERT_TRUE(data);
    EXPECT_EQ(data->data, std::vector<uint8_t>(8 * kKiB, 'd'));
  }
}

TEST(HostilePeer, ConnectionsAreCounted) {
  ServedOptions options;
  options.limits.connections_per_address = 2;
  ServedTarget served(options);
  RawInitiator one(served.port(), 1);
  RawInitiator two(served.port(), 2);
  ASSERT_EQ(one.login(kTargetName, kHost), 0);
  ASSERT_EQ(two.login(kTargetName, kHost), 0);
  RawInitiator three(served.port(), 3);
  EXPECT_TRUE(three.is_hung_up());
  one.hang_up();
  EXPECT_TRUE(comes_true([&] { return is_served(served, 4); }));
}

TEST(HostilePeer, HalfOpenLoginsAreBounded) {
  ServedOptions options;
  options.limits.half_open_logins = 3;
  ServedTarget served(options);
  RawInitiator friendly(served.port(), 1);
  ASSERT_EQ(friendly.login(kTargetName, kHost), 0);  // is half open no more
  std::vector<std::unique_ptr<RawInitiator>> lazy;
  for (int i = 0; i < 3; ++i) lazy.push_back(std::make_unique<RawInitiator>(served.port()));
  EXPECT_TRUE(comes_true([&] { return RawInitiator(served.port()).is_hung_up(1); }));
  clear_attention(friendly);
  lazy.clear();
  EXPECT_TRUE(comes_true([&] { return is_served(served, 9); }));
}

TEST(HostilePeer, SessionsAreBounded) {
  ServedOptions options;
  options.limits.sessions = 2;
  ServedTarget served(options);
  RawInitiator one(served.port(), 1);
  RawInitiator two(served.port(), 2);
  RawInitiator three(served.port(), 3);
  ASSERT_EQ(one.login(kTargetName, kHost), 0);
  ASSERT_EQ(two.login(kTargetName, kHost), 0);
  EXPECT_EQ(three.login(kTargetName, kHost), 0x0302);
  EXPECT_TRUE(three.is_hung_up());
  RawInitiator again(served.port(), 2);
  EXPECT_EQ(again.login(kTargetName, kHost), 0);  // takes the place of the old one
}

TEST(HostilePeer, BytesOfALoginOneByOne) {
  ServedOptions options;
  options.limits.login_time = 200ms;
  options.limits.tick = 20ms;
  ServedTarget served(options);
  RawInitiator host(served.port());
  const Bhs bhs = bhs_of(host.login_request(0x87));
  const auto end = std::chrono::steady_clock::now() + 10s;
  for (size_t i = 0; std::chrono::steady_clock::now() < end; ++i) {
    host.send_bytes(&bhs[i % 20], 1);
    if (!host.is_quiet(10)) break;
  }
  EXPECT_TRUE(host.is_hung_up());
}

TEST(HostilePeer, LoginsThatNeverContinueTheirText) {
  ServedTarget served;
  RawInitiator host(served.port());
  for (int i = 0; i < 1000; ++i) host.send(host.login_request(kContinue | 0x04));
  EXPECT_TRUE(host.is_hung_up());
  EXPECT_TRUE(is_served(served, 9));
}

TEST(HostilePeer, TextThatNeverEnds) {
  ServedTarget served;
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  TextRequest request;
  request.start.opcode |= kImmediate;
  request.start.flags = kContinue;
  request.itt = 77;
  request.cmd_sn = host.cmd_sn();
  host.send(request, "X");
  auto answer = host.receive();
  for (int i = 0; answer && answer->opcode() == Opcode::text_response; ++i) {
    ASSERT_LT(i, 1000);
    request.ttt = as<TextResponse>(answer->bhs).ttt;
    host.send(request, "X");
    answer = host.receive();
  }
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->bhs[2], static_cast<uint8_t>(RejectReason::out_of_resources));
  clear_attention(host);
}

TEST(HostilePeer, DigestThatIsWrong) {
  ServedTarget served;
  RawInitiator host(served.port());
  std::string keys;
  append_pair(keys, "HeaderDigest", "CRC32C");
  append_pair(keys, "DataDigest", "CRC32C");
  ASSERT_EQ(host.login(kTargetName, kHost, keys), 0);
  host.use_digests(true, true);
  clear_attention(host);
  // Write data that was damaged on the way: rejected, and the write fails.
  ScsiCommand pdu;
  pdu.start.flags = kWriteFlags;
  pdu.start.segment_length = 512;
  pdu.itt = 99;
  pdu.expected_length = 512;
  pdu.cmd_sn = host.next_cmd_sn();
  const auto cdb = RawInitiator::cdb10(0x2a, 0, 1);
  std::copy(cdb.begin(), cdb.end(), pdu.cdb.begin());
  host.use_digests(true, false);
  host.send(pdu, std::string(512, 'd'));
  host.send_bytes("\1\2\3\4", 4);
  host.use_digests(true, true);
  const auto reject = host.receive();
  ASSERT_TRUE(reject);
  EXPECT_EQ(reject->bhs[2], static_cast<uint8_t>(RejectReason::data_digest_error));
  const auto failed = host.receive();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->bhs[3], 0x02);
  host.command(RawInitiator::cdb10(0x28, 0, 1), kReadFlags, 512);
  EXPECT_EQ(host.receive()->data, std::vector<uint8_t>(512, 0));
  // A header that was damaged: nothing can be trusted any more.
  host.use_digests(false, false);
  host.send(NopOut{}, "");
  host.send_bytes("\1\2\3\4", 4);
  EXPECT_TRUE(host.is_hung_up());
}

TEST(HostilePeer, AdditionalSegmentsThatMakeNoSense) {
  ServedTarget served;
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  clear_attention(host);
  ScsiCommand pdu;
  pdu.start.flags = kPlainFlags;
  for (const char* ahs : {"\xff\xff\1\0", "\0\0\1\0", "\0\1\x3f\0", "\0\x40\1\0"}) {
    pdu.itt = pdu.itt + 1;
    pdu.cmd_sn = host.cmd_sn();
    host.send_pdu(bhs_of(pdu), {}, {ahs, 4});
    const auto reject = host.receive();
    ASSERT_TRUE(reject);
    EXPECT_EQ(reject->opcode(), Opcode::reject);
    EXPECT_EQ(reject->bhs[2], static_cast<uint8_t>(RejectReason::invalid_field));
  }
  EXPECT_TRUE(is_served(served, 9));
}

TEST(HostilePeer, ResetsInTheMiddleOfEverything) {
  ServedTarget served;
  for (uint32_t round = 0; round < 60; ++round) {
    RawInitiator host(served.port(), 100 + round % 3);
    if (round % 6 > 0 && host.login(kTargetName, kHost) == 0) clear_attention(host);
    if (round % 6 > 1) host.command(RawInitiator::cdb10(0x28, 0, 2048), kReadFlags, kMiB);
    if (round % 6 > 2) host.command(RawInitiator::cdb10(0x2a, 0, 128), kWriteFlags, 65536);
    if (round % 6 > 3) host.manage(2);
    if (round % 6 > 4) host.logout(LogoutRequest::kCloseSession, 0);
    host.reset();
  }
  EXPECT_TRUE(comes_true([&] { return served.sessions().empty(); }));
  EXPECT_TRUE(is_served(served, 9));
}

TEST(HostilePeer, FloodOfTaskManagementIsAnsweredAndBounded) {
  ServedOptions options;
  options.limits.management_functions = 4;
  ServedTarget served(options);
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  clear_attention(host);
  constexpr int kFlood = 500;
  std::thread flood([&] {
    for (int i = 0; i < kFlood; ++i) host.manage(i % 2 ? 2 : 5);
  });
  for (int answers = 0; answers < kFlood; ++answers) {
    const auto answer = host.receive();
    ASSERT_TRUE(answer) << answers;
    const bool rejected = answer->opcode() == Opcode::reject;
    EXPECT_TRUE(rejected || answer->opcode() == Opcode::task_management_response);
    if (rejected) {
      EXPECT_EQ(answer->bhs[2], static_cast<uint8_t>(RejectReason::too_many_immediate));
    }
  }
  flood.join();
  EXPECT_TRUE(is_served(served, 9));
}

TEST(HostilePeer, WhoAsksForWritesButSendsNothingLeavesMemoryForOthers) {
  ServedOptions options;
  options.limits.memory_per_core = 32 * kMiB;
  options.limits.write_bytes = 8 * kMiB;
  ServedTarget served(options);
  RawInitiator greedy(served.port(), 1);
  ASSERT_EQ(greedy.login(kTargetName, kHost), 0);
  clear_attention(greedy);
  for (int i = 0; i < 60; ++i)
    greedy.command(RawInitiator::cdb10(0x2a, 0, 2048), kWriteFlags, kMiB);
  for (int asks = 0; asks < 8; ++asks) ASSERT_TRUE(greedy.receive(Opcode::r2t));
  EXPECT_TRUE(greedy.is_quiet(50));
  EXPECT_TRUE(is_served(served, 2));
  EXPECT_TRUE(is_served(served, 3));  // one of them is on the greedy one's core
}

TEST(HostilePeer, FloodOfPingsWithoutReadingIsBounded) {
  ServedOptions options;
  options.limits.control_output_bytes = 64 * kKiB;
  ServedTarget served(options);
  RawInitiator host(served.port(), 1, 4096);
  std::string keys;
  append_pair(keys, "MaxRecvDataSegmentLength", "65536");
  ASSERT_EQ(host.login(kTargetName, kHost, keys), 0);
  std::thread flood([&] {
    NopOut ping;
    ping.start.opcode |= kImmediate;
    ping.cmd_sn = host.cmd_sn();
    for (uint32_t i = 0; i < 2000; ++i) {
      ping.itt = i;
      host.send(ping, std::string(8192, 'p'));
    }
  });
  EXPECT_TRUE(is_served(served, 2));
  EXPECT_TRUE(is_served(served, 3));
  for (uint32_t i = 0; i < 2000; ++i) {
    const auto answer = host.receive();
    ASSERT_TRUE(answer);
    ASSERT_EQ(as<NopIn>(answer->bhs).itt, i);
  }
  flood.join();
}

TEST(HostilePeer, CmdSnHoleEndsTheSession) {
  ServedTarget served;
  RawInitiator host(served.port());
  ASSERT_EQ(host.login(kTargetName, kHost), 0);
  host.next_cmd_sn();
  host.command({0}, kPlainFlags, 0);
  EXPECT_TRUE(host.is_hung_up());
}

}  // namespace
}  // namespace tidemark::target
