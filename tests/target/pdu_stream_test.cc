// PduReader against PduWriter: what the one gathers the other takes apart, however it is cut.
#include <gtest/gtest.h>

#include <random>

#include "base/buffer_pool.h"
#include "target/pdu_reader.h"
#include "target/pdu_writer.h"

namespace tidemark::target {
namespace {

struct Sent {
  Bhs bhs;
  std::vector<uint8_t> data;
  friend bool operator==(const Sent&, const Sent&) = default;
};

Sent make(uint32_t tag, size_t length) {
  NopOut pdu;
  pdu.itt = tag;
  pdu.start.segment_length = static_cast<uint32_t>(length);
  Sent sent{bhs_of(pdu), std::vector<uint8_t>(length)};
  for (size_t i = 0; i < length; ++i) sent.data[i] = static_cast<uint8_t>(tag * 31 + i);
  return sent;
}

std::vector<uint8_t> bytes_of(const std::vector<Sent>& pdus, bool header, bool data) {
  std::vector<uint8_t> bytes;
  PduWriter writer;
  writer.set_digests(header, data);
  for (const Sent& pdu : pdus) {
    writer.add(pdu.bhs, pdu.data);
    for (const iovec& piece : writer.pending()) {
      const auto* from = static_cast<const uint8_t*>(piece.iov_base);
      bytes.insert(bytes.end(), from, from + piece.iov_len);
    }
    size_t all = 0;
    for (const iovec& piece : writer.pending()) all += piece.iov_len;
    writer.sent(all);
    EXPECT_TRUE(writer.drained());
  }
  return bytes;
}

/// Feeds `bytes` in pieces of the sizes `cut` gives; data goes to a pool buffer or stays here.
template <class Cut>
std::vector<Sent> read_all(const std::vector<uint8_t>& bytes, bool header, bool data, Cut cut,
                           bool to_buffer) {
  BufferPool pool(64 * kMiB);
  PduReader reader(kMiB);
  reader.set_digests(header, data);
  std::vector<Sent> out;
  DataBuffer buffer;
  size_t at = 0;
  while (true) {
    switch (reader.next()) {
      case PduReader::Step::need_bytes: {
        if (at == bytes.size()) return out;
        size_t budget = std::min(std::max<size_t>(cut(), 1), bytes.size() - at);
        size_t given = 0;
        for (const iovec& piece : reader.space()) {
          const size_t part = std::min(budget - given, piece.iov_len);
          std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at + given), part,
                      static_cast<uint8_t*>(piece.iov_base));
          given += part;
        }
        at += given;
        reader.received(given);
        break;
      }
      case PduReader::Step::header:
        if (to_buffer && reader.segment_length() > 0) {
          buffer = pool.acquire(reader.segment_length());
          reader.data_to(buffer, 0, buffer.size());
        } else {
          reader.data_here();
        }
        break;
      case PduReader::Step::pdu: {
        EXPECT_TRUE(reader.data_digest_ok());
        Sent pdu{reader.bhs(), std::vector<uint8_t>(reader.segment_length())};
        if (to_buffer && !pdu.data.empty())
          buffer.copy_out(0, pdu.data);
        else
          pdu.data.assign(reader.data().begin(), reader.data().end());
        out.push_back(std::move(pdu));
        break;
      }
      case PduReader::Step::fault:
        ADD_FAILURE() << "fault";
        return out;
    }
  }
}

std::vector<Sent> some_pdus() {
  std::vector<Sent> pdus;
  for (const size_t length : {0, 1, 2, 3, 4, 5, 511, 8192, 40000, 7})
    pdus.push_back(make(static_cast<uint32_t>(pdus.size() + 1), length));
  return pdus;
}

struct Digests {
  bool header;
  bool data;
};
class PduStream : public testing::TestWithParam<Digests> {};

TEST_P(PduStream, ByteByByteGivesTheSamePdus) {
  const auto pdus = some_pdus();
  const auto bytes = bytes_of(pdus, GetParam().header, GetParam().data);
  EXPECT_EQ(read_all(
                bytes, GetParam().header, GetParam().data, [] { return 1u; }, true),
            pdus);
  EXPECT_EQ(read_all(
                bytes, GetParam().header, GetParam().data, [] { return 1u; }, false),
            pdus);
}

TEST_P(PduStream, RandomSplitsGiveTheSamePdus) {
  const auto pdus = some_pdus();
  const auto bytes = bytes_of(pdus, GetParam().header, GetParam().data);
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto cut = [&] { return random() % 2 ? random() % 64 : random() % 50000; };
    ASSERT_EQ(read_all(bytes, GetParam().header, GetParam().data, cut, seed % 2 == 0), pdus);
  }
}

TEST_P(PduStream, OneReceiveBringsManyPdus) {
  std::vector<Sent> pdus;
  for (uint32_t i = 1; i <= 100; ++i) pdus.push_back(make(i, i % 9));
  const auto bytes = bytes_of(pdus, GetParam().header, GetParam().data);
  EXPECT_EQ(read_all(
                bytes, GetParam().header, GetParam().data, [] { return 32768u; }, true),
            pdus);
}

INSTANTIATE_TEST_SUITE_P(Digests, PduStream,
                         testing::Values(Digests{false, false}, Digests{true, false},
                                         Digests{false, true}, Digests{true, true}));

void feed(PduReader& reader, std::span<const uint8_t> bytes) {
  size_t given = 0;
  for (const iovec& piece : reader.space()) {
    const size_t part = std::min(bytes.size() - given, piece.iov_len);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(given), part,
                static_cast<uint8_t*>(piece.iov_base));
    given += part;
  }
  ASSERT_EQ(given, bytes.size());
  reader.received(given);
}

TEST(PduReader, WrongHeaderDigestLosesFraming) {
  auto bytes = bytes_of({make(1, 8)}, true, false);
  bytes[20] ^= 1;
  PduReader reader(8192);
  reader.set_digests(true, false);
  feed(reader, bytes);
  EXPECT_EQ(reader.next(), PduReader::Step::fault);
  EXPECT_EQ(reader.fault(), PduReader::Fault::header_digest);
  EXPECT_EQ(reader.next(), PduReader::Step::fault);
}

TEST(PduReader, WrongDataDigestIsToldAndFramingGoesOn) {
  auto bytes = bytes_of({make(1, 9)}, false, true);
  bytes[50] ^= 1;
  const auto second = bytes_of({make(2, 3)}, false, true);
  bytes.insert(bytes.end(), second.begin(), second.end());
  PduReader reader(8192);
  reader.set_digests(false, true);
  feed(reader, bytes);
  ASSERT_EQ(reader.next(), PduReader::Step::header);
  reader.data_here();
  ASSERT_EQ(reader.next(), PduReader::Step::pdu);
  EXPECT_FALSE(reader.data_digest_ok());
  ASSERT_EQ(reader.next(), PduReader::Step::header);
  reader.data_nowhere();
  ASSERT_EQ(reader.next(), PduReader::Step::pdu);
  EXPECT_TRUE(reader.data_digest_ok());
  EXPECT_EQ(itt_of(reader.bhs()), 2u);
}

TEST(PduReader, DigestIsLeastSignificantByteFirst) {
  // RFC 7143 appendix A.4: 32 bytes of zero give aa 36 91 8a on the wire.
  Sent sent = make(1, 32);
  std::fill(sent.data.begin(), sent.data.end(), uint8_t{0});
  const auto bytes = bytes_of({sent}, false, true);
  EXPECT_EQ(std::vector<uint8_t>(bytes.end() - 4, bytes.end()),
            (std::vector<uint8_t>{0xaa, 0x36, 0x91, 0x8a}));
}

TEST(PduReader, SegmentBeyondTheLimitIsRefusedBeforeMemoryIsTaken) {
  const auto bytes = bytes_of({make(1, 8193)}, false, false);
  PduReader reader(8192);
  feed(reader, std::span(bytes).first(kBhsSize));
  EXPECT_EQ(reader.next(), PduReader::Step::fault);
  EXPECT_EQ(reader.fault(), PduReader::Fault::segment_too_long);
}

TEST(PduReader, AdditionalSegmentsBelongToScsiCommandsOnly) {
  NopOut pdu;
  pdu.start.ahs_words = 1;
  const Bhs bhs = bhs_of(pdu);
  std::vector<uint8_t> bytes(bhs.begin(), bhs.end());
  bytes.resize(52);
  PduReader reader(8192);
  feed(reader, bytes);
  EXPECT_EQ(reader.next(), PduReader::Step::fault);
  EXPECT_EQ(reader.fault(), PduReader::Fault::ahs_not_allowed);
}

TEST(PduReader, AdditionalSegmentsAreHandedOver) {
  ScsiCommand pdu;
  pdu.start.ahs_words = 2;
  const Bhs bhs = bhs_of(pdu);
  std::vector<uint8_t> bytes(bhs.begin(), bhs.end());
  for (uint8_t i = 0; i < 8; ++i) bytes.push_back(i);
  PduReader reader(8192);
  feed(reader, bytes);
  ASSERT_EQ(reader.next(), PduReader::Step::header);
  ASSERT_EQ(reader.ahs().size(), 8u);
  EXPECT_EQ(reader.ahs()[7], 7);
  EXPECT_EQ(reader.next(), PduReader::Step::pdu);
}

TEST(PduReader, WhatDoesNotFitItsPlaceIsDropped) {
  const auto pdus = std::vector<Sent>{make(1, 1000), make(2, 4)};
  const auto bytes = bytes_of(pdus, false, true);
  BufferPool pool(kMiB);
  DataBuffer buffer = pool.acquire(600);
  PduReader reader(8192);
  reader.set_digests(false, true);
  feed(reader, bytes);
  ASSERT_EQ(reader.next(), PduReader::Step::header);
  reader.data_to(buffer, 100, 500);
  ASSERT_EQ(reader.next(), PduReader::Step::pdu);
  EXPECT_TRUE(reader.data_digest_ok());
  std::vector<uint8_t> got(500);
  buffer.copy_out(100, got);
  EXPECT_TRUE(std::equal(got.begin(), got.end(), pdus[0].data.begin()));
  ASSERT_EQ(reader.next(), PduReader::Step::header);
}

TEST(PduReader, ForgottenBufferIsNotWrittenTo) {
  const auto pdus = std::vector<Sent>{make(1, 1000), make(2, 0)};
  const auto bytes = bytes_of(pdus, false, false);
  BufferPool pool(kMiB);
  DataBuffer buffer = pool.acquire(1000);
  buffer.fill(0);
  PduReader reader(8192);
  feed(reader, std::span(bytes).first(48 + 10));
  ASSERT_EQ(reader.next(), PduReader::Step::header);
  reader.data_to(buffer, 0, 1000);
  ASSERT_EQ(reader.next(), PduReader::Step::need_bytes);
  reader.forget_buffer();
  feed(reader, std::span(bytes).subspan(58));
  ASSERT_EQ(reader.next(), PduReader::Step::pdu);
  std::vector<uint8_t> got(1000);
  buffer.copy_out(0, got);
  EXPECT_EQ(std::count(got.begin() + 10, got.end(), 0), 990);
  ASSERT_EQ(reader.next(), PduReader::Step::header);
  EXPECT_EQ(itt_of(reader.bhs()), 2u);
}

TEST(PduReader, BulkDataIsReceivedStraightIntoItsPlace) {
  BufferPool pool(kMiB);
  DataBuffer buffer = pool.acquire(100000);
  PduReader reader(kMiB);
  const Sent sent = make(1, 100000);
  feed(reader, sent.bhs);
  ASSERT_EQ(reader.next(), PduReader::Step::header);
  reader.data_to(buffer, 0, 100000);
  EXPECT_EQ(reader.space()[0].iov_base, buffer.vectors()[0].iov_base);
}

TEST(PduWriter, CutsNothingAndCopiesNothing) {
  BufferPool pool(kMiB);
  DataBuffer buffer = pool.acquire(8192);
  PduWriter writer;
  writer.add(bhs_of(DataIn{}), buffer, 4096, 4096);
  ASSERT_EQ(writer.pending().size(), 2u);
  EXPECT_EQ(writer.pending()[1].iov_base,
            static_cast<uint8_t*>(buffer.vectors()[0].iov_base) + 4096);
}

TEST(PduWriter, PartialSendsGoOnWhereTheyStopped) {
  const Sent sent = make(1, 10);
  PduWriter writer;
  writer.add(sent.bhs, sent.data);
  writer.sent(50);
  ASSERT_EQ(writer.pending().size(), 2u);
  EXPECT_EQ(writer.pending()[0].iov_len, 8u);
  EXPECT_EQ(writer.pending()[0].iov_base, sent.data.data() + 2);
  writer.sent(10);
  EXPECT_TRUE(writer.drained());
}

TEST(PduWriter, ABatchIsBounded) {
  PduWriter writer;
  size_t added = 0;
  for (; !writer.full(); ++added) writer.add(bhs_of(NopIn{}));
  EXPECT_EQ(added, PduWriter::kFramesMax);
}

}  // namespace
}  // namespace tidemark::target
