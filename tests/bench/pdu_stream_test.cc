// The two directions of bytes: what SendQueue makes, PduStream reads.
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "mgmt/bench/pdu_stream.h"
#include "mgmt/bench/send_queue.h"

namespace tidemark::mgmt::bench {
namespace {

using target::Bhs;

struct Heard final : PduSink {
  void header(const Bhs& bhs) override {
    tags.push_back(target::itt_of(bhs));
    data.emplace_back();
  }
  void payload(ConstBytes bytes, uint32_t position) override {
    EXPECT_EQ(position, data.back().size());
    data.back().insert(data.back().end(), bytes.begin(), bytes.end());
  }
  void complete() override { ++completed; }

  std::vector<uint32_t> tags;
  std::vector<std::vector<uint8_t>> data;
  size_t completed = 0;
};

Bhs pdu(uint32_t tag) {
  target::DataIn bhs;
  bhs.itt = tag;
  return target::bhs_of(bhs);
}

/// All that is to be sent, taken `step` bytes at a time.
std::vector<uint8_t> drain(SendQueue& queue, size_t step) {
  std::vector<uint8_t> bytes;
  while (!queue.empty()) {
    size_t left = step;
    for (const iovec& piece : queue.pending()) {
      const size_t take = std::min(left, piece.iov_len);
      const auto* from = static_cast<const uint8_t*>(piece.iov_base);
      bytes.insert(bytes.end(), from, from + take);
      left -= take;
    }
    queue.sent(step - left);
  }
  return bytes;
}

bool feed(PduStream& stream, ConstBytes bytes, size_t step) {
  while (!bytes.empty()) {
    const Bytes space = stream.space();
    const size_t take = std::min({step, space.size(), bytes.size()});
    std::memcpy(space.data(), bytes.data(), take);
    if (!stream.received(take)) return false;
    bytes = bytes.subspan(take);
  }
  return true;
}

class Digests : public testing::TestWithParam<bool> {
 protected:
  Digests() : payload_(5001) {
    std::iota(payload_.begin(), payload_.end(), uint8_t{1});
    queue_.set_digests(GetParam());
  }
  void add_three() {
    queue_.add(pdu(1), payload_);
    queue_.add(pdu(2));
    queue_.add(pdu(3), ConstBytes(payload_).first(3));
  }

  std::vector<uint8_t> payload_;
  SendQueue queue_;
  Heard heard_;
};

TEST_P(Digests, PdusArriveWholeHoweverTheyAreCut) {
  for (const size_t step : {1, 3, 47, 48, 49, 1000, 100000}) {
    add_three();
    Heard heard;
    PduStream stream(heard, 2048);
    stream.set_digests(GetParam());
    EXPECT_TRUE(feed(stream, drain(queue_, step), step)) << step;
    EXPECT_EQ(heard.tags, (std::vector<uint32_t>{1, 2, 3})) << step;
    EXPECT_EQ(heard.completed, 3u);
    EXPECT_EQ(heard.data[0], payload_);
    EXPECT_TRUE(heard.data[1].empty());
    EXPECT_EQ(heard.data[2], (std::vector<uint8_t>{1, 2, 3}));
  }
}

INSTANTIATE_TEST_SUITE_P(PduStream, Digests, testing::Bool());

TEST(PduStream, AWrongBitIsNoticedByItsDigest) {
  SendQueue queue;
  queue.set_digests(true);
  const std::vector<uint8_t> payload(100, 1);
  for (const auto& [place, fault] : {std::pair{17, PduStream::Fault::header_digest},
                                     std::pair{60, PduStream::Fault::data_digest}}) {
    queue.add(pdu(1), payload);
    std::vector<uint8_t> bytes = drain(queue, 1000);
    bytes[static_cast<size_t>(place)] ^= 4;
    Heard heard;
    PduStream stream(heard);
    stream.set_digests(true);
    EXPECT_FALSE(feed(stream, bytes, 1000));
    EXPECT_EQ(stream.fault(), fault);
    EXPECT_EQ(heard.completed, 0u);
  }
}

TEST(SendQueue, SendsDataFromWhereItLies) {
  SendQueue queue;
  const std::vector<uint8_t> payload(4096, 9);
  queue.add(pdu(1), payload);
  queue.add(pdu(2), payload);
  const auto pieces = queue.pending();
  ASSERT_EQ(pieces.size(), 4u);
  EXPECT_EQ(pieces[1].iov_base, payload.data());
  EXPECT_EQ(pieces[3].iov_base, payload.data());
}

TEST(SendQueue, HeadersWithoutDataLeaveAsOnePiece) {
  SendQueue queue;
  for (uint32_t tag = 0; tag < 32; ++tag) queue.add(pdu(tag));
  EXPECT_EQ(queue.pending().size(), 1u);
  EXPECT_EQ(queue.pending()[0].iov_len, 32u * 48);
}

}  // namespace
}  // namespace tidemark::mgmt::bench
