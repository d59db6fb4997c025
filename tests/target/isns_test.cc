#include "target/isns.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "base/big_endian.h"
#include "tests/target/isns_model.h"

namespace tidemark::target {
namespace {

constexpr auto kRegister = IsnsFunction::register_attributes;

std::vector<uint8_t> header(uint16_t length = 4) {
  std::vector<uint8_t> bytes(kIsnsHeaderSize);
  store_be16(&bytes[0], 1);
  store_be16(&bytes[2], 0x8001);
  store_be16(&bytes[4], length);
  store_be16(&bytes[6], 0x4c00);
  store_be16(&bytes[8], 7);
  return bytes;
}

TEST(IsnsRequests, AreLaidOutByteByByte) {
  IsnsRequest request(kRegister, kIsnsReplace);
  request.put(IsnsTag::iscsi_name, "iqn").put(IsnsTag::delimiter);
  request.put(IsnsTag::registration_period, 0x01020304u);
  const std::vector<uint8_t> expected = {
      0, 1, 0, 1,    0, 36, 0x9c, 0, 0x12, 0x34, 0,   0,  // header
      0, 0, 0, 0x20, 0, 0,  0,    4, 'i',  'q',  'n', 0,  // ends with a NUL that counts
      0, 0, 0, 0,    0, 0,  0,    0,                      // delimiter
      0, 0, 0, 6,    0, 0,  0,    4, 1,    2,    3,   4,
  };
  const auto pdu = request.finish(0x1234);
  ASSERT_TRUE(pdu);
  std::vector<uint8_t> made = pdu.value();
  EXPECT_EQ(load_be16(&made[4]), made.size() - kIsnsHeaderSize);
  store_be16(&made[4], 36);
  EXPECT_EQ(made, expected);
}

TEST(IsnsRequests, TextIsPaddedToWordsAndAlwaysEndsWithNul) {
  for (const auto& [length, padded] :
       {std::pair<size_t, size_t>{1, 4}, {3, 4}, {4, 8}, {223, 224}}) {
    const std::string name(length, 'x');
    const auto pdu = IsnsRequest(kRegister).put(IsnsTag::iscsi_name, name).finish(1);
    ASSERT_TRUE(pdu);
    EXPECT_EQ(load_be32(&pdu.value()[kIsnsHeaderSize + 4]), padded) << length;
    EXPECT_EQ(pdu.value().back(), 0);
  }
}

TEST(IsnsRequests, AreNeverLongerThanAPdu) {
  IsnsRequest request(kRegister);
  for (int i = 0; i < 2730; ++i) request.put(IsnsTag::portal_address, IsnsAddress{});
  ASSERT_TRUE(request.finish(1)) << "65520 bytes";
  request.put(IsnsTag::delimiter);
  ASSERT_TRUE(request.finish(1));
  request.put(IsnsTag::delimiter);
  EXPECT_FALSE(request.finish(1));
}

TEST(IsnsResponses, HaveTheHeaderThatBelongsToTheRequest) {
  EXPECT_EQ(isns_payload_length(header(), kRegister, 7).value(), 4u);
  EXPECT_EQ(isns_payload_length(header(65532), kRegister, 7).value(), 65532u);
  struct Wrong {
    const char* what;
    size_t at;
    uint16_t value;
  };
  for (const Wrong& wrong :
       {Wrong{"version", 0, 2}, Wrong{"function", 2, 0x8002}, Wrong{"no response", 2, 0x0001},
        Wrong{"no status", 4, 0}, Wrong{"no words", 4, 6}, Wrong{"not the last PDU", 6, 0x4400},
        Wrong{"not the first PDU", 6, 0x4800}, Wrong{"transaction", 8, 8},
        Wrong{"sequence", 10, 1}}) {
    std::vector<uint8_t> bytes = header();
    store_be16(&bytes[wrong.at], wrong.value);
    EXPECT_FALSE(isns_payload_length(bytes, kRegister, 7)) << wrong.what;
  }
  EXPECT_FALSE(isns_payload_length(ConstBytes(header()).first(11), kRegister, 7));
}

TEST(IsnsPayloads, AreAStatusAndAttributes) {
  std::vector<uint8_t> bytes(4);
  IsnsModel::put(bytes, IsnsTag::delimiter, {});
  const std::vector<uint8_t> name = {'a', 'b', 0, 0};
  IsnsModel::put(bytes, IsnsTag::entity_identifier, name);
  const std::vector<uint8_t> number = {0, 0, 1, 2};
  IsnsModel::put(bytes, IsnsTag::registration_period, number);
  IsnsModel::put(bytes, static_cast<IsnsTag>(4711), std::vector<uint8_t>(12));
  IsnsPayload payload(bytes);
  EXPECT_EQ(payload.status(), 0u);
  EXPECT_TRUE(payload.next()->is(IsnsTag::delimiter));
  EXPECT_EQ(payload.next()->text(), "ab");
  EXPECT_EQ(payload.next()->number(), 0x102u);
  EXPECT_EQ(payload.next()->tag, 4711u) << "of no row, and handed out";
  EXPECT_FALSE(payload.next());
  EXPECT_FALSE(payload.malformed());
}

/// Every row of the table with every length there may be at the edges of its own.
TEST(IsnsPayloads, LengthsAreThoseOfTheTable) {
  struct Row {
    uint32_t tag;
    std::vector<size_t> good, bad;
  };
  const std::vector<size_t> kOddNumber = {8, 12, 2, 3, 5};
  const Row rows[] = {
      {0, {0}, {4}},
      {1, {0, 4, 256}, {260, 3}},
      {2, {0, 4}, kOddNumber},
      {6, {0, 4}, kOddNumber},
      {16, {0, 16}, {4, 12, 20}},
      {17, {0, 4}, kOddNumber},
      {32, {0, 4, 224}, {228, 1}},
      {33, {0, 4}, kOddNumber},
      {49, {0, 16}, {4, 12, 20}},
      {50, {0, 4}, kOddNumber},
      {51, {0, 4}, kOddNumber},
      {9999, {0, 4, 400}, {1}},
  };
  const auto reads = [](uint32_t tag, size_t length) {
    std::vector<uint8_t> bytes(4);
    IsnsModel::put(bytes, static_cast<IsnsTag>(tag), std::vector<uint8_t>(length));
    IsnsPayload payload(bytes);
    payload.status();
    return payload.next().has_value() && !payload.malformed();
  };
  for (const Row& row : rows) {
    for (const size_t length : row.good) EXPECT_TRUE(reads(row.tag, length)) << row.tag;
    for (const size_t length : row.bad) EXPECT_FALSE(reads(row.tag, length)) << row.tag;
  }
}

TEST(IsnsPayloads, CutAnywhereAreMalformedOrEndAtAnAttribute) {
  std::vector<uint8_t> bytes(4);
  IsnsModel::put(bytes, IsnsTag::entity_protocol, std::vector<uint8_t>(4));
  IsnsModel::put(bytes, IsnsTag::portal_address, std::vector<uint8_t>(16));
  for (size_t length = 0; length < bytes.size(); ++length) {
    IsnsPayload payload(ConstBytes(bytes).first(length));
    if (!payload.status()) {
      EXPECT_LT(length, 4u);
      continue;
    }
    while (payload.next()) {
    }
    EXPECT_EQ(payload.malformed(), length != 4 && length != 16) << length;
  }
}

TEST(IsnsPayloads, LengthsBeyondThePayloadAreNotFollowed) {
  std::vector<uint8_t> bytes(4);
  IsnsModel::put(bytes, static_cast<IsnsTag>(9999), std::vector<uint8_t>(8));
  for (const uint32_t length : {12u, 0x7ffffffcu, 0xfffffff8u, 0xfffffffcu}) {
    store_be32(&bytes[8], length);
    IsnsPayload payload(bytes);
    payload.status();
    EXPECT_FALSE(payload.next());
    EXPECT_TRUE(payload.malformed());
    EXPECT_FALSE(payload.next()) << "and that is the end of it";
  }
}

TEST(IsnsPayloads, AnyBytesAtAllAreReadToAnEnd) {
  std::mt19937 random(4171);
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint8_t> bytes(random() % 64 * 4);
    for (uint8_t& byte : bytes) byte = random() % 4 == 0 ? static_cast<uint8_t>(random()) : 0;
    IsnsPayload payload(bytes);
    payload.status();
    size_t used = 0;
    while (const auto one = payload.next()) used += 8 + one->value.size();
    EXPECT_LE(used, bytes.size());
  }
}

TEST(IsnsStatus, HasAWordForEveryCode) {
  EXPECT_EQ(isns_status_name(0), "successful");
  EXPECT_EQ(isns_status_name(6), "source unknown");
  EXPECT_EQ(isns_status_name(23), "registration feature not supported");
  EXPECT_EQ(isns_status_name(24), "a reserved status");
  EXPECT_EQ(isns_status_name(UINT32_MAX), "a reserved status");
}

}  // namespace
}  // namespace tidemark::target
