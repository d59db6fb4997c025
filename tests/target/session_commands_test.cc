#include <gtest/gtest.h>

#include "tests/target/session_answers.h"

namespace tidemark::target {
namespace {

TEST(Session, ReadIsOneDataInWithStatus) {
  SessionHarness s;
  const uint32_t itt = s.command(0x28, 2, kReadFlags, 1024);
  const auto pdu = s.take();
  const auto in = as<DataIn>(pdu.bhs);
  EXPECT_EQ(pdu.opcode(), Opcode::data_in);
  EXPECT_EQ(in.itt, itt);
  EXPECT_EQ(in.start.flags, kFinal | DataIn::kStatus);
  EXPECT_EQ(in.stat_sn, 100u);
  EXPECT_EQ(in.exp_cmd_sn, 2u);
  EXPECT_EQ(in.max_cmd_sn, 129u);
  EXPECT_EQ(pdu.data, std::vector<uint8_t>(1024, 0x5a));
  EXPECT_TRUE(s.out.empty());
  EXPECT_EQ(s.pool.in_use(), 0u);
}

TEST(Session, ReadUnderflowIsCounted) {
  SessionHarness s;
  s.command(0x28, 1, kReadFlags, 1024);
  const auto in = as<DataIn>(s.take().bhs);
  EXPECT_TRUE(in.start.flags & kResidualUnderflow);
  EXPECT_EQ(in.residual, 512u);
}

TEST(Session, ReadOverflowIsCountedAndCut) {
  SessionHarness s;
  s.command(0x28, 2, kReadFlags, 700);
  const auto pdu = s.take();
  const auto in = as<DataIn>(pdu.bhs);
  EXPECT_EQ(pdu.data.size(), 700u);
  EXPECT_TRUE(in.start.flags & kResidualOverflow);
  EXPECT_EQ(in.residual, 324u);
}

TEST(Session, ReadWithoutTheReadFlagMovesNothing) {
  SessionHarness s;
  s.command(0x28, 1, kFinal | 1, 0);
  const auto pdu = s.take();
  EXPECT_EQ(pdu.opcode(), Opcode::scsi_response);
  EXPECT_TRUE(pdu.bhs[1] & kResidualOverflow);
  EXPECT_EQ(as<ScsiResponse>(pdu.bhs).residual, 512u);
}

TEST(Session, NoDataCommandWithReadFlagUnderflows) {
  SessionHarness s;
  s.command(0x00, 0, kReadFlags, 36);
  const auto pdu = s.take();
  EXPECT_EQ(status_of(pdu), 0);
  EXPECT_TRUE(pdu.bhs[1] & kResidualUnderflow);
  EXPECT_EQ(as<ScsiResponse>(pdu.bhs).residual, 36u);
}

TEST(Session, ReadFlagOnAWriteIsRefused) {
  SessionHarness s;
  s.command(0x2a, 1, kReadFlags, 512);
  const auto pdu = s.take();
  EXPECT_EQ(status_of(pdu), 2);
  EXPECT_EQ(asc_of(pdu), 0x0e03);
  EXPECT_TRUE(s.port->written.empty());
}

TEST(Session, WriteFlagOnAReadMovesNothing) {
  SessionHarness s;
  s.command(0x28, 1, kWriteFlags, 512, std::string(512, 'x'));
  const auto pdu = s.take();
  EXPECT_EQ(status_of(pdu), 0);
  EXPECT_TRUE(pdu.bhs[1] & kResidualUnderflow);
  EXPECT_EQ(as<ScsiResponse>(pdu.bhs).residual, 512u);
}

TEST(Session, BidirectionalIsRefused) {
  SessionHarness s;
  s.command(0x2a, 1, kFinal | ScsiCommand::kRead | ScsiCommand::kWrite | 1, 512,
            std::string(512, 'x'));
  EXPECT_EQ(asc_of(s.take()), 0x0e03);
  EXPECT_TRUE(s.port->written.empty());
}

TEST(Session, BidirectionalByItsAdditionalSegmentIsRefusedWithBothResiduals) {
  SessionHarness s;
  ScsiCommand pdu;
  pdu.start.flags = kFinal | ScsiCommand::kRead | ScsiCommand::kWrite | 1;
  pdu.start.ahs_words = 2;
  pdu.itt = 5;
  pdu.cmd_sn = s.cmd_sn++;
  pdu.cdb[0] = 0x28;
  pdu.cdb[8] = 1;
  const Bhs bhs = bhs_of(pdu);
  const uint8_t read_length[] = {0, 5, 2, 0, 0, 0, 4, 0};  // 1024
  s.feed(std::string(bhs.begin(), bhs.end()) +
         std::string(std::begin(read_length), std::end(read_length)));
  const auto answer = s.take();
  EXPECT_EQ(asc_of(answer), 0x0e03);
  const auto response = as<ScsiResponse>(answer.bhs);
  EXPECT_TRUE(response.start.flags & kBidirectionalReadUnderflow);
  EXPECT_EQ(response.bidi_read_residual, 1024u);
}

TEST(Session, ImmediateDataIsWritten) {
  SessionHarness s;
  s.command(0x2a, 1, kWriteFlags, 512, std::string(512, 'x'));
  EXPECT_EQ(status_of(s.take()), 0);
  EXPECT_EQ(s.port->written, std::vector<uint8_t>(512, 'x'));
}

TEST(Session, UnsolicitedAndSolicitedDataAreWritten) {
  Parameters parameters = SessionHarness::defaults();
  parameters.set(Key::first_burst_length, 1024);
  parameters.set(Key::max_burst_length, 1024);
  SessionHarness s({}, parameters);
  const uint32_t itt = s.command(0x2a, 5, kOpenWriteFlags, 2560, std::string(512, 'i'));
  EXPECT_TRUE(s.out.empty());
  s.data_out(itt, kNoTag, 0, 512, 512, true);
  auto r2t = as<R2t>(s.take().bhs);
  EXPECT_EQ(r2t.buffer_offset, 1024u);
  EXPECT_EQ(r2t.desired_length, 1024u);
  EXPECT_EQ(r2t.stat_sn, 100u);  // shown, not consumed
  s.data_out(itt, r2t.ttt, 0, 1024, 512, false);
  s.data_out(itt, r2t.ttt, 1, 1536, 512, true);
  r2t = as<R2t>(s.take().bhs);
  EXPECT_EQ(r2t.r2t_sn, 1u);
  EXPECT_EQ(r2t.buffer_offset, 2048u);
  s.data_out(itt, r2t.ttt, 0, 2048, 512, true);
  const auto answer = s.take();
  EXPECT_EQ(status_of(answer), 0);
  EXPECT_EQ(as<ScsiResponse>(answer.bhs).stat_sn, 100u);
  EXPECT_EQ(as<ScsiResponse>(answer.bhs).exp_data_sn, 2u);
  std::string expected = std::string(512, 'i') + std::string(1024, 'a') + std::string(512, 'b') +
                         std::string(512, 'a');
  EXPECT_EQ(std::string(s.port->written.begin(), s.port->written.end()), expected);
}

TEST(Session, BadDataSnFailsTheWriteOnly) {
  SessionHarness s;
  const uint32_t itt = s.command(0x2a, 2, kWriteFlags, 1024);
  const auto r2t = as<R2t>(s.take().bhs);
  s.data_out(itt, r2t.ttt, 27, 0, 512, false);
  EXPECT_TRUE(s.out.empty());
  s.data_out(itt, r2t.ttt, 28, 512, 512, true);
  const auto answer = s.take();
  EXPECT_EQ(status_of(answer), 2);
  EXPECT_EQ(asc_of(answer), 0x4705);
  EXPECT_TRUE(s.port->written.empty());
  s.command(0x00, 0, kFinal | 1, 0);
  EXPECT_EQ(status_of(s.take()), 0);
}

TEST(Session, CommandRefusedAtBeginSwallowsItsData) {
  SessionHarness s;
  const uint32_t itt = s.command(0xff, 4, kOpenWriteFlags, 2048, std::string(512, 'x'));
  EXPECT_TRUE(s.out.empty());  // waits for what was announced
  s.data_out(itt, kNoTag, 0, 512, 1536, true);
  EXPECT_EQ(status_of(s.take()), 2);
  EXPECT_EQ(s.pool.in_use(), 0u);
}

TEST(Session, DataForNoTaskIsSwallowed) {
  SessionHarness s;
  s.data_out(0x999, 5, 0, 0, 4096, true);
  EXPECT_TRUE(s.out.empty());
  EXPECT_FALSE(s.hung_up);
}

TEST(Session, WrongDataDigestFailsTheCommand) {
  SessionHarness s;
  s.set_digests(false, true);
  ScsiCommand pdu;
  pdu.start.flags = kWriteFlags;
  pdu.itt = 5;
  pdu.expected_length = 512;
  pdu.cmd_sn = s.cmd_sn++;
  pdu.cdb[0] = 0x2a;
  pdu.cdb[8] = 1;
  s.send(pdu, std::string(512, 'x'));
  s.feed(std::string(4, 'z'));
  EXPECT_EQ(s.take().bhs[2], static_cast<uint8_t>(RejectReason::data_digest_error));
  const auto answer = s.take();
  EXPECT_EQ(status_of(answer), 2);
  EXPECT_EQ(asc_of(answer), 0x4705);
  EXPECT_TRUE(s.port->written.empty());
}

TEST(Session, SenseTravelsInAResponse) {
  SessionHarness s;
  s.port->at_once = false;
  s.command(0x28, 1, kReadFlags, 512);
  s.port->fail(*s.port->executed.at(0));
  s.run();
  const auto pdu = s.take();
  EXPECT_EQ(pdu.opcode(), Opcode::scsi_response);
  EXPECT_EQ(status_of(pdu), 2);
  EXPECT_EQ(load_be16(pdu.data.data()) + 2u, pdu.data.size());
  EXPECT_EQ(asc_of(pdu), 0x4400);
}

TEST(Session, LongCdbComesInAnAdditionalSegment) {
  SessionHarness s;
  ScsiCommand pdu;
  pdu.start.flags = kFinal | 1;
  pdu.start.ahs_words = 5;
  pdu.itt = 5;
  pdu.cmd_sn = s.cmd_sn++;
  s.port->at_once = false;
  const Bhs bhs = bhs_of(pdu);
  std::string bytes(bhs.begin(), bhs.end());
  bytes += std::string("\x00\x11\x01\x00", 4) + std::string(16, 'c');
  s.feed(bytes);
  ASSERT_EQ(s.port->executed.size(), 1u);
  EXPECT_EQ(s.port->executed[0]->cdb_length, 32);
  EXPECT_EQ(s.port->executed[0]->cdb[31], 'c');
  s.port->finish(*s.port->executed[0]);
}

TEST(Session, MalformedAdditionalSegmentIsRejected) {
  SessionHarness s;
  ScsiCommand pdu;
  pdu.start.flags = kFinal | 1;
  pdu.start.ahs_words = 1;
  pdu.itt = 5;
  pdu.cmd_sn = s.cmd_sn++;
  const Bhs bhs = bhs_of(pdu);
  s.feed(std::string(bhs.begin(), bhs.end()) + std::string("\xff\xff\x01\x00", 4));
  EXPECT_EQ(s.take().bhs[2], static_cast<uint8_t>(RejectReason::invalid_field));
}

TEST(Session, WarmReadsAllocateNoNewExchanges) {
  SessionHarness s;
  for (int i = 0; i < 1000; ++i) {
    s.command(0x28, 1, kReadFlags, 512);
    s.take();
  }
  EXPECT_EQ(s.full->flow()->in_use(), 0u);
  EXPECT_EQ(s.full->commands(), 1000u);
  EXPECT_EQ(s.full->bytes_read(), 512000u);
}

}  // namespace
}  // namespace tidemark::target
