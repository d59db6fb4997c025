// The lean initiator against a target that the test plays, PDU by PDU.
#include <gtest/gtest.h>

#include <cstring>
#include <deque>

#include "mgmt/bench/initiator.h"
#include "mgmt/bench/test_data.h"
#include "target/text.h"

namespace tidemark::mgmt::bench {
namespace {

using namespace tidemark::target;

constexpr uint32_t kBlocks = 1024;  // of 512 bytes

struct Sent {
  Bhs bhs;
  std::vector<uint8_t> data;
};

/// Reads what the initiator sends, with the stream that it uses itself.
struct Target final : PduSink {
  explicit Target(const Load& load, uint16_t lun = 3)
      : stream(*this, kMiB), initiator({"iqn.x:i", "iqn.x:t", 7, false}, lun, load) {}

  void header(const Bhs& bhs) override { sent.push_back({bhs, {}}); }
  void payload(ConstBytes bytes, uint32_t) override {
    sent.back().data.insert(sent.back().data.end(), bytes.begin(), bytes.end());
  }
  void complete() override {}

  void take() {
    SendQueue& output = initiator.output();
    while (!output.empty()) {
      size_t bytes = 0;
      for (const iovec& piece : output.pending()) {
        const Bytes space = stream.space();
        ASSERT_GE(space.size(), piece.iov_len);
        std::memcpy(space.data(), piece.iov_base, piece.iov_len);
        stream.received(piece.iov_len);
        bytes += piece.iov_len;
      }
      output.sent(bytes);
    }
  }
  Sent next() {
    take();
    EXPECT_FALSE(sent.empty());
    if (sent.empty()) return {};
    Sent first = std::move(sent.front());
    sent.pop_front();
    return first;
  }

  void answer(const Bhs& bhs, ConstBytes data = {}) {
    SendQueue queue;
    queue.add(bhs, data);
    size_t bytes = 0;
    for (const iovec& piece : queue.pending()) {
      std::memcpy(initiator.stream().space().data() + bytes, piece.iov_base, piece.iov_len);
      bytes += piece.iov_len;
    }
    initiator.received(bytes, ++now);
  }
  void status(uint32_t tag, uint8_t status, ConstBytes sense = {}) {
    ScsiResponse pdu;
    pdu.start.byte3 = status;
    pdu.itt = tag;
    pdu.stat_sn = stat_sn++;
    pdu.max_cmd_sn = max_cmd_sn;
    answer(bhs_of(pdu), sense);
  }
  void data(uint32_t tag, ConstBytes bytes, uint32_t offset = 0) {
    DataIn pdu;
    pdu.start.flags = kFinal | DataIn::kStatus;
    pdu.itt = tag;
    pdu.buffer_offset = offset;
    pdu.stat_sn = stat_sn++;
    pdu.max_cmd_sn = max_cmd_sn;
    answer(bhs_of(pdu), bytes);
  }

  void log_in(const std::string& more = "") {
    initiator.begin();
    const Sent request = next();
    EXPECT_EQ(opcode_of(request.bhs), Opcode::login_request);
    LoginResponse pdu;
    pdu.start.flags = kTransit | 1 << 2 | 3;
    pdu.stat_sn = stat_sn++;
    pdu.exp_cmd_sn = 1;
    pdu.max_cmd_sn = max_cmd_sn;
    std::string text = more;
    append_pair(text, "InitialR2T", "No");
    append_pair(text, "ImmediateData", "Yes");
    answer(bhs_of(pdu), {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  void tell_capacity() {
    const Sent ask = next();
    EXPECT_EQ(as<ScsiCommand>(ask.bhs).cdb[0], 0x9e);
    std::array<uint8_t, 32> capacity{};
    store_be64(capacity.data(), kBlocks - 1);
    store_be32(&capacity[8], 512);
    data(as<ScsiCommand>(ask.bhs).itt, capacity);
  }
  void make_ready(const std::string& more = "") {
    log_in(more);
    tell_capacity();
    ASSERT_EQ(initiator.phase(), Initiator::Phase::ready) << initiator.error();
  }

  PduStream stream;
  std::deque<Sent> sent;
  Initiator initiator;
  uint32_t stat_sn = 1;
  uint32_t max_cmd_sn = 1000;
  uint64_t now = 0;
};

Load load_of(Pattern pattern, uint32_t block_size, unsigned depth) {
  Load load;
  load.pattern = pattern;
  load.block_size = block_size;
  load.depth = depth;
  return load;
}

TEST(Initiator, LearnsTheCapacityPastAUnitAttention) {
  Target target(load_of(Pattern::random_read, 4096, 1));
  target.log_in();
  const Sent ask = target.next();
  const std::vector<uint8_t> attention = {0, 18, 0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0};
  target.status(as<ScsiCommand>(ask.bhs).itt, 2, attention);
  target.tell_capacity();
  EXPECT_EQ(target.initiator.phase(), Initiator::Phase::ready);
  EXPECT_EQ(target.initiator.capacity(), kBlocks * 512u);
}

TEST(Initiator, KeepsItsDepthInFlightAndAsksInOneBatch) {
  Target target(load_of(Pattern::sequential_read, 4096, 4));
  target.make_ready();
  target.initiator.start(0);
  EXPECT_EQ(target.initiator.output().pending().size(), 1u);
  target.take();
  ASSERT_EQ(target.sent.size(), 4u);
  for (uint32_t i = 0; i < 4; ++i) {
    const auto command = as<ScsiCommand>(target.next().bhs);
    EXPECT_EQ(command.cdb[0], 0x88);
    EXPECT_EQ(load_be64(&command.cdb[2]), i * 8);
    EXPECT_EQ(load_be32(&command.cdb[10]), 8u);
    EXPECT_EQ(command.cmd_sn, 2 + i);
    EXPECT_EQ(uint64_t{command.lun}, uint64_t{3} << 48);
  }
  target.data(2, std::vector<uint8_t>(4096));
  EXPECT_EQ(target.initiator.tally().reads, 1u);
  EXPECT_EQ(target.initiator.in_flight(), 4u);
  EXPECT_EQ(as<ScsiCommand>(target.next().bhs).itt, 2u);
}

TEST(Initiator, NeverLeavesTheCommandWindow) {
  Target target(load_of(Pattern::random_read, 4096, 8));
  target.max_cmd_sn = 3;  // the capacity has taken 1
  target.make_ready();
  target.initiator.start(0);
  target.take();
  EXPECT_EQ(target.sent.size(), 2u);
  target.max_cmd_sn = 4;
  target.data(0, std::vector<uint8_t>(4096));
  target.take();
  EXPECT_EQ(target.sent.size(), 3u);
}

TEST(Initiator, WritesImmediateThenUnsolicitedThenSolicitedData) {
  auto load = load_of(Pattern::sequential_write, 4096, 1);
  load.verify = true;
  std::string more;
  append_pair(more, "MaxRecvDataSegmentLength", "1024");
  append_pair(more, "FirstBurstLength", "2048");
  Target target(load);
  target.make_ready(more);
  target.initiator.start(0);
  const Sent command = target.next();
  EXPECT_FALSE(is_final(command.bhs));
  EXPECT_EQ(command.data.size(), 1024u);
  const Sent unsolicited = target.next();
  EXPECT_TRUE(is_final(unsolicited.bhs));
  EXPECT_EQ(as<DataOut>(unsolicited.bhs).ttt, kNoTag);
  EXPECT_EQ(as<DataOut>(unsolicited.bhs).buffer_offset, 1024u);
  R2t ask;
  ask.itt = 0;
  ask.ttt = 99;
  ask.max_cmd_sn = target.max_cmd_sn;
  ask.buffer_offset = 2048;
  ask.desired_length = 2048;
  target.answer(bhs_of(ask));
  const Sent third = target.next();
  const Sent fourth = target.next();
  EXPECT_FALSE(is_final(third.bhs));
  EXPECT_TRUE(is_final(fourth.bhs));
  EXPECT_EQ(as<DataOut>(fourth.bhs).ttt, 99u);
  EXPECT_EQ(as<DataOut>(fourth.bhs).data_sn, 1u);
  EXPECT_TRUE(is_test_data(fourth.data, 3072, 1));
  target.status(0, 0);
  EXPECT_EQ(target.initiator.tally().writes, 1u);
}

TEST(Initiator, FailsOnDataThatIsNotWhatWasWritten) {
  auto load = load_of(Pattern::sequential_read, 4096, 1);
  load.verify = true;
  Target target(load);
  target.make_ready();
  target.initiator.start(0);
  std::vector<uint8_t> data(4096);
  fill_test_data(data, 0, 1);
  target.data(0, data);
  ASSERT_EQ(target.initiator.phase(), Initiator::Phase::ready) << target.initiator.error();
  target.data(0, data);  // the second read is of the next block
  EXPECT_EQ(target.initiator.phase(), Initiator::Phase::failed);
}

TEST(Initiator, TriesAgainWhatWasBusy) {
  Target target(load_of(Pattern::sequential_read, 4096, 2));
  target.make_ready();
  target.initiator.start(0);
  const auto first = as<ScsiCommand>(target.next().bhs);
  target.next();
  target.status(first.itt, 0x28);
  const auto again = as<ScsiCommand>(target.next().bhs);
  EXPECT_EQ(again.cdb, first.cdb);
  EXPECT_EQ(target.initiator.tally().busy, 1u);
  EXPECT_EQ(target.initiator.in_flight(), 2u);
}

TEST(Initiator, LogsOutAfterItsCount) {
  auto load = load_of(Pattern::random_read, 4096, 4);
  load.count = 3;
  Target target(load);
  target.make_ready();
  target.initiator.start(0);
  for (int i = 0; i < 3; ++i)
    target.data(as<ScsiCommand>(target.next().bhs).itt, std::vector<uint8_t>(4096));
  EXPECT_EQ(opcode_of(target.next().bhs), Opcode::logout_request);
  LogoutResponse pdu;
  pdu.max_cmd_sn = target.max_cmd_sn;
  target.answer(bhs_of(pdu));
  EXPECT_EQ(target.initiator.phase(), Initiator::Phase::ended);
  EXPECT_EQ(target.initiator.tally().reads, 3u);
}

TEST(Initiator, AnswersAPingAndGoesOn) {
  Target target(load_of(Pattern::random_read, 4096, 1));
  target.make_ready();
  NopIn ping;
  ping.ttt = 5;
  ping.max_cmd_sn = target.max_cmd_sn;
  target.answer(bhs_of(ping));
  EXPECT_EQ(as<NopOut>(target.next().bhs).ttt, 5u);
}

TEST(Initiator, SaysWhyALoginWasRefused) {
  Target target(load_of(Pattern::random_read, 4096, 1));
  target.initiator.begin();
  target.next();
  LoginResponse pdu;
  pdu.status = 0x0203;
  target.answer(bhs_of(pdu));
  EXPECT_EQ(target.initiator.phase(), Initiator::Phase::failed);
  EXPECT_NE(target.initiator.error().find("0203h"), std::string::npos);
}

TEST(Initiator, AnAnswerToNothingIsAFault) {
  Target target(load_of(Pattern::random_read, 4096, 2));
  target.make_ready();
  target.status(1, 0);
  EXPECT_EQ(target.initiator.phase(), Initiator::Phase::failed);
}

}  // namespace
}  // namespace tidemark::mgmt::bench
