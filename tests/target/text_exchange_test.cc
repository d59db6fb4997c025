#include <gtest/gtest.h>

#include "tests/target/session_answers.h"

namespace tidemark::target {
namespace {

// Text.

TextRequest text_request(SessionHarness& s, uint8_t flags, uint32_t ttt = kNoTag) {
  TextRequest pdu;
  pdu.start.flags = flags;
  pdu.itt = 0x66;
  pdu.ttt = ttt;
  pdu.cmd_sn = s.cmd_sn++;
  return pdu;
}

std::string text_of(const SessionHarness::Out& pdu) {
  return {pdu.data.begin(), pdu.data.end()};
}

TEST(TextExchange, SendTargetsAllInDiscovery) {
  SessionHarness s({}, SessionHarness::defaults(), true);
  s.send(text_request(s, kFinal), std::string_view("SendTargets=All\0", 16));
  const auto answer = s.take();
  EXPECT_EQ(answer.bhs[1], kFinal);
  EXPECT_EQ(as<TextResponse>(answer.bhs).ttt, kNoTag);
  EXPECT_EQ(text_of(answer), std::string("TargetName=iqn.open\0TargetAddress=10.0.0.1:3260,1\0"
                                         "TargetName=iqn.closed\0TargetAddress=10.0.0.1:3260,1\0",
                                         102));
}

TEST(TextExchange, SendTargetsAllIsRejectedInANormalSession) {
  SessionHarness s;
  s.send(text_request(s, kFinal), std::string_view("SendTargets=All\0", 16));
  EXPECT_EQ(text_of(s.take()), std::string("SendTargets=Reject\0", 19));
}

TEST(TextExchange, EmptySendTargetsMeansTheOneLoggedInTo) {
  SessionHarness s;
  s.send(text_request(s, kFinal), std::string_view("SendTargets=\0", 13));
  EXPECT_EQ(text_of(s.take()),
            std::string("TargetName=iqn.open\0TargetAddress=10.0.0.1:3260,1\0", 50));
}

TEST(TextExchange, LongAnswersComeInPieces) {
  Parameters parameters = SessionHarness::defaults();
  parameters.set(Key::max_recv_data_segment_length, 512);
  SessionHarness s({}, parameters);
  std::string offer;
  for (int i = 0; i < 40; ++i) append_pair(offer, "X-key-" + std::to_string(i), "1");
  s.send(text_request(s, kFinal), offer);
  std::string all;
  auto part = s.take();
  while (true) {
    all += text_of(part);
    if (part.bhs[1] & kFinal) break;
    EXPECT_EQ(part.bhs[1], kContinue);
    EXPECT_EQ(part.data.size(), 512u);
    s.send(text_request(s, kFinal, as<TextResponse>(part.bhs).ttt));
    part = s.take();
  }
  std::vector<KeyValue> pairs;
  EXPECT_EQ(parse_text(all, 100, pairs), TextFault::none);
  EXPECT_EQ(pairs.size(), 40u);
}

TEST(TextExchange, RequestsMaySpanPdus) {
  SessionHarness s({}, SessionHarness::defaults(), true);
  s.send(text_request(s, kContinue), "SendTar");
  const auto more = as<TextResponse>(s.take().bhs);
  EXPECT_NE(more.ttt, kNoTag);
  s.send(text_request(s, kFinal, more.ttt), std::string_view("gets=iqn.open\0", 14));
  EXPECT_EQ(s.take().data.size(), 50u);
}

TEST(TextExchange, SegmentLengthMayBeDeclaredAnew) {
  SessionHarness s;
  s.send(text_request(s, kFinal), std::string_view("MaxRecvDataSegmentLength=512\0", 29));
  EXPECT_TRUE(s.take().data.empty());
  s.command(0x28, 2, kReadFlags, 1024);
  EXPECT_EQ(s.take().data.size(), 512u);
  EXPECT_EQ(s.take().data.size(), 512u);
}

TEST(TextExchange, UnknownTransferTagIsRejected) {
  SessionHarness s;
  s.send(text_request(s, kFinal, 0x1234));
  EXPECT_EQ(s.take().bhs[2], static_cast<uint8_t>(RejectReason::invalid_field));
}

TEST(TextExchange, TooMuchTextIsRejected) {
  SessionHarness s;
  s.send(text_request(s, kFinal), std::string(20000, 'x'));
  EXPECT_EQ(s.take().bhs[2], static_cast<uint8_t>(RejectReason::out_of_resources));
}

TEST(TextExchange, MalformedTextIsRejected) {
  SessionHarness s;
  s.send(text_request(s, kFinal), "no pair");
  EXPECT_EQ(s.take().bhs[2], static_cast<uint8_t>(RejectReason::protocol_error));
}

}  // namespace
}  // namespace tidemark::target
