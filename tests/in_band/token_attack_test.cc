// What somebody else can do with a token, or with what looks like one: nothing.
#include <random>

#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

using scsi::token_bytes::write_list;
using scsi::token_bytes::zero_token;

constexpr uint16_t kUnknown = 0x2304;

class TokenAttack : public InBand {
 protected:
  void refused(const RodToken& token, InBandHost& who, uint16_t asc = kUnknown) {
    expect_error(who.write_using(write_list(token, {{0, 8}}), 1), 0x05, asc);
    EXPECT_EQ(host_.read(kCopy, 0, 4096), Bytes(4096));
  }
};

TEST_F(TokenAttack, AStolenTokenIsUnknown) {
  const RodToken token = host_.token_of({{0, 8}});
  InBandHost thief(daemon_, "thief");
  refused(token, thief);
  EXPECT_TRUE(host_.write_using(write_list(token, {{0, 8}}), 1).good());
}

TEST_F(TokenAttack, AnAlteredTokenIsUnknown) {
  const RodToken token = host_.token_of({{0, 8}});
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    RodToken changed = token;
    size_t byte = random() % changed.size();
    if (byte == 6 || byte == 7) byte = 8;  // its length has an answer of its own
    changed[byte] = static_cast<uint8_t>(changed[byte] ^ (1 << random() % 8));
    refused(changed, host_);
  }
}

TEST_F(TokenAttack, ALongerRangeCannotBeWrittenIntoAToken) {
  RodToken token = host_.token_of({{0, 8}});
  store_be64(&token[56], 1 << 20);
  refused(token, host_);
}

TEST_F(TokenAttack, WhatIsReportedOfATokenIsNotEnough) {
  host_.token_of({{0, 8}});
  const Bytes all = host_.receive(0x08, 0).data;
  ASSERT_EQ(all.size(), 104u);
  RodToken token{};
  std::copy(all.begin() + 8, all.end(), token.begin());
  refused(token, host_);
}

TEST_F(TokenAttack, OthersTokensAreNotReported) {
  host_.token_of({{0, 8}});
  InBandHost thief(daemon_, "thief");
  EXPECT_EQ(thief.receive(0x08, 0).data.size(), 8u);
}

TEST_F(TokenAttack, OthersTokensAreNotFetched) {
  ASSERT_TRUE(host_.populate(scsi::token_bytes::populate_list({{0, 8}}), 5).good());
  InBandHost thief(daemon_, "thief");
  expect_error(thief.receive(0x07, 5), 0x05, 0x2400, 2);
}

TEST_F(TokenAttack, TheNextIdentifierIsNoToken) {
  RodToken token = host_.token_of({{0, 8}});
  store_be64(&token[8], load_be64(&token[8]) + 1);
  refused(token, host_);
}

TEST_F(TokenAttack, AReadOnlyUnitTakesNoToken) {
  const RodToken token = host_.token_of({{0, 8}});
  expect_error(host_.write_using(write_list(token, {{0, 8}}), 1, kReadOnly), 0x07, 0x2700);
  expect_error(host_.write_using(write_list(zero_token(), {{0, 8}}), 1, kReadOnly), 0x07, 0x2700);
}

TEST_F(TokenAttack, AReservedDestinationTakesNoToken) {
  const RodToken token = host_.token_of({{0, 8}});
  system_test::ScsiHost other(daemon_, "other", kCopy);
  ASSERT_TRUE(other.reserve_out(0x00, 0, 0xabc).good());
  ASSERT_TRUE(other.reserve_out(0x01, 0xabc, 0, 1).good());
  EXPECT_TRUE(host_.write_using(write_list(token, {{0, 8}}), 1).conflict());
}

TEST_F(TokenAttack, AReservedSourceGivesNone) {
  const RodToken before = host_.token_of({{0, 8}});
  system_test::ScsiHost other(daemon_, "other", kSource);
  ASSERT_TRUE(other.reserve_out(0x00, 0, 0xabc).good());
  ASSERT_TRUE(other.reserve_out(0x01, 0xabc, 0, 3).good());  // exclusive access
  EXPECT_TRUE(host_.populate(scsi::token_bytes::populate_list({{0, 8}}), 9).conflict());
  refused(before, host_);
}

TEST_F(TokenAttack, RandomTokensAreUnknown) {
  std::mt19937 random(11);
  for (int i = 0; i < 50; ++i) {
    RodToken token{};
    for (uint8_t& byte : token) byte = static_cast<uint8_t>(random());
    store_be16(&token[6], 0x01f8);
    refused(token, host_);
  }
}

}  // namespace
}  // namespace tidemark::in_band
