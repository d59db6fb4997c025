// POPULATE TOKEN and WRITE USING TOKEN move what their ranges say (SBC-4 5.12, 5.59).
#include <nlohmann/json.hpp>

#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

using scsi::token_bytes::populate_list;
using scsi::token_bytes::write_list;
using scsi::token_bytes::zero_token;

class Token : public InBand {
 protected:
  Ended write(const RodToken& token, const std::vector<BlockRange>& ranges, uint64_t offset = 0,
              int lun = kCopy, uint8_t flags = 0) {
    return host_.write_using(write_list(token, ranges, offset, flags), 1, lun);
  }
  /// COPY OPERATION STATUS and TRANSFER COUNT of the last write.
  std::pair<uint8_t, uint64_t> outcome(int lun = kCopy) {
    const Bytes data = host_.receive(0x07, 1, lun).data;
    if (data.size() < 36) return {0xff, 0};
    return {data[5], load_be64(&data[16])};
  }
};

TEST_F(Token, CopiesWhatItStandsFor) {
  const RodToken token = host_.token_of({{16, 200}});
  ASSERT_TRUE(write(token, {{32, 200}}).good());
  EXPECT_EQ(host_.read(kCopy, 32 * 512, 200 * 512), first(16 * 512, 200 * 512));
  EXPECT_EQ(outcome(), std::pair(uint8_t{0x01}, uint64_t{200}));
}

TEST_F(Token, RangesAreOneAfterTheOtherOnBothSides) {
  const RodToken token = host_.token_of({{100, 3}, {10, 5}});
  ASSERT_TRUE(write(token, {{7, 2}, {50, 6}}).good());
  EXPECT_EQ(host_.read(kCopy, 7 * 512, 1024), first(100 * 512, 1024));
  EXPECT_EQ(host_.read(kCopy, 50 * 512, 512), first(102 * 512, 512));
  EXPECT_EQ(host_.read(kCopy, 51 * 512, 5 * 512), first(10 * 512, 5 * 512));
}

TEST_F(Token, ShowsUpAmongTheCopies) {
  const RodToken token = host_.token_of({{16, 8}, {100, 8}});
  EXPECT_TRUE(mgmt::cli::read_copies(daemon_.api().copies().body).value().empty())
      << "a token is no copy";
  ASSERT_TRUE(write(token, {{32, 16}}).good());
  ASSERT_TRUE(write(zero_token(), {{0, 8}}).good());
  const auto body = nlohmann::json::parse(daemon_.api().copies().body)["copies"];
  ASSERT_EQ(body.size(), 2u);
  const auto& zeroes = body[0];
  EXPECT_EQ(zeroes["origin"], "token");
  EXPECT_EQ(zeroes["source"], "");
  const auto& copy = body[1];
  EXPECT_EQ(copy["origin"], "token");
  EXPECT_EQ(copy["source"], "source");
  EXPECT_EQ(copy["destination"], "copy");
  EXPECT_EQ(copy["state"], "completed");
  EXPECT_EQ(copy["bytes"]["total"], 8192);
  EXPECT_EQ(copy["bytes"]["done"], 8192);
  EXPECT_EQ(copy["ranges"].size(), 2u);
  EXPECT_EQ(copy["ranges"][1]["source_offset"], 100 * 512);
  EXPECT_EQ(copy["ranges"][1]["destination_offset"], 40 * 512);
  EXPECT_NE(copy["initiator"].get<std::string>().find("host"), std::string::npos);
}

TEST_F(Token, ACopyOfOneThatFailedSaysSo) {
  const RodToken token = host_.token_of({{0, 8}});
  EXPECT_FALSE(write(token, {{0, 8}}, 0, kReadOnly).good());
  for (const auto& copy : nlohmann::json::parse(daemon_.api().copies().body)["copies"])
    EXPECT_EQ(copy["state"], "failed");
}

TEST_F(Token, CanBeUsedInParts) {
  const RodToken token = host_.token_of({{0, 64}});
  for (uint64_t at = 0; at < 64; at += 16) {
    ASSERT_TRUE(write(token, {{at, 16}}, at).good());
    EXPECT_EQ(outcome().first, at + 16 == 64 ? 0x01 : 0x03);
  }
  EXPECT_EQ(host_.read(kCopy, 0, 64 * 512), first(0, 64 * 512));
}

TEST_F(Token, CanBeUsedOverAndOver) {
  const RodToken token = host_.token_of({{0, 8}});
  for (uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(write(token, {{i * 8, 8}}).good());
  EXPECT_EQ(host_.read(kCopy, 4 * 4096, 4096), first(0, 4096));
}

TEST_F(Token, GoesToTheUnitItWasMadeOf) {
  const RodToken token = host_.token_of({{0, 16}});
  ASSERT_TRUE(write(token, {{8, 16}}, 0, kSource).good());  // over half of its own source
  EXPECT_EQ(host_.read(kSource, 4096, 8192), first(0, 8192));
  ASSERT_TRUE(write(token, {{100, 16}}).good());
  EXPECT_EQ(host_.read(kCopy, 100 * 512, 8192), first(0, 8192));
}

TEST_F(Token, GoesToBlocksOfAnotherSize) {
  const RodToken token = host_.token_of({{0, 64}});
  ASSERT_TRUE(write(token, {{3, 7}}, 1, kLarge).good());
  EXPECT_EQ(host_.read(kLarge, 3 * 4096, 7 * 4096), first(4096, 7 * 4096));
  host_.write(kLarge, 0, pattern(64 << 10, 9));
  const RodToken large = host_.token_of({{2, 2}}, kLarge);
  ASSERT_TRUE(write(large, {{0, 16}}).good());
  EXPECT_EQ(host_.read(kCopy, 0, 8192), pattern(8192, 9, 8192));
}

TEST_F(Token, TheRestOfTheLastBlockIsZeroes) {
  host_.write(kLarge, 0, Bytes(8192, 0xee));
  const RodToken token = host_.token_of({{0, 9}});
  const Ended ended = write(token, {{0, 2}}, 0, kLarge);
  expect_error(ended, 0x0a, 0x0d04);
  EXPECT_EQ(Sense(ended).information, 2u);
  Bytes expected = first(0, 9 * 512);
  expected.resize(8192);
  EXPECT_EQ(host_.read(kLarge, 0, 8192), expected);
}

TEST_F(Token, MoreThanItStandsForIsAnUnderrun) {
  const RodToken token = host_.token_of({{0, 8}});
  const Ended ended = write(token, {{0, 16}});
  expect_error(ended, 0x0a, 0x0d04);
  EXPECT_EQ(Sense(ended).information, 8u);
  EXPECT_EQ(host_.read(kCopy, 0, 4096), first(0, 4096));
  EXPECT_EQ(host_.read(kCopy, 4096, 4096), Bytes(4096));
}

TEST_F(Token, TheZeroTokenWritesZeroes) {
  host_.write(kCopy, 0, Bytes(1 << 20, 0xee));
  ASSERT_TRUE(write(zero_token(), {{8, 100}, {1000, 24}}).good());
  EXPECT_EQ(host_.read(kCopy, 0, 4096), Bytes(4096, 0xee));
  EXPECT_EQ(host_.read(kCopy, 4096, 100 * 512), Bytes(100 * 512));
  EXPECT_EQ(host_.read(kCopy, 108 * 512, 512), Bytes(512, 0xee));
  EXPECT_EQ(host_.read(kCopy, 1000 * 512, 24 * 512), Bytes(24 * 512));
  EXPECT_EQ(outcome(), std::pair(uint8_t{0x01}, uint64_t{124}));
}

TEST_F(Token, InTheBackgroundToo) {
  ASSERT_TRUE(host_.populate(populate_list({{0, 4096}}, 0x01), 5).good());
  Bytes data;
  do {
    data = host_.receive(0x05, 5).data;
    ASSERT_GE(data.size(), 32u);
  } while (data[5] == 0x12);
  data = host_.receive(0x07, 5).data;
  ASSERT_EQ(data.size(), 550u);
  RodToken token{};
  std::copy_n(data.begin() + 38, token.size(), token.begin());
  ASSERT_TRUE(write(token, {{0, 4096}}, 0, kCopy, 0x01).good());
  do data = host_.receive(0x05, 1, kCopy).data;
  while (data.size() >= 32 && data[5] == 0x12);
  ASSERT_GE(data.size(), 32u);
  EXPECT_EQ(data[5], 0x01);
  EXPECT_EQ(host_.read(kCopy, 1 << 20, 1 << 20), first(1 << 20, 1 << 20));
}

TEST_F(Token, SixtyFourRangesOfOneBlock) {
  std::vector<BlockRange> from;
  std::vector<BlockRange> to;
  for (uint64_t i = 0; i < 64; ++i) {
    from.push_back({i * 3, 1});
    to.push_back({(63 - i) * 2, 1});
  }
  const RodToken token = host_.token_of(from);
  ASSERT_TRUE(write(token, to).good());
  for (uint64_t i = 0; i < 64; ++i)
    ASSERT_EQ(host_.read(kCopy, (63 - i) * 1024, 512), first(i * 3 * 512, 512)) << i;
}

struct WrongList {
  const char* name;
  bool writing;
  void (*make)(Bytes&);
  uint16_t asc;
  int field;
};
const WrongList kWrongLists[] = {
    {"PopulateShort", false, [](Bytes& list) { list.resize(15); }, 0x1a00, -1},
    {"PopulateDataLength", false, [](Bytes& list) { store_be16(&list[0], 0x1d); }, 0x2600, 0},
    {"PopulateTimeOut", false, [](Bytes& list) { store_be32(&list[4], 601); }, 0x2600, 4},
    {"PopulateType", false, [](Bytes& list) { list[2] = 0x02, store_be32(&list[8], 0x00010000); },
     0x2600, 8},
    {"PopulateNoRanges", false, [](Bytes& list) { store_be16(&list[14], 0); }, 0x2600, 14},
    {"PopulateBeyondTheEnd", false, [](Bytes& list) { store_be64(&list[16], kUnitBytes / 512); },
     0x2100, -1},
    {"PopulateTwice", false, [](Bytes& list) { store_be64(&list[32], 1); }, 0x2600, 16},
    {"WriteDataLength", true, [](Bytes& list) { store_be16(&list[0], 0x225); }, 0x2600, 0},
    {"WriteShort", true, [](Bytes& list) { list.resize(535); }, 0x1a00, -1},
    {"WriteTokenLength", true, [](Bytes& list) { store_be16(&list[16 + 6], 0x1f7); }, 0x230a, 22},
    {"WriteOffset", true, [](Bytes& list) { store_be64(&list[8], 16); }, 0x2600, 8},
    {"WriteNoRanges", true, [](Bytes& list) { store_be16(&list[534], 15); }, 0x2600, 534},
    {"WriteBeyondTheEnd", true, [](Bytes& list) { store_be64(&list[536], kUnitBytes / 512 - 7); },
     0x2100, -1},
    {"WriteTwice", true, [](Bytes& list) { store_be64(&list[552], 1); }, 0x2600, 536},
};

class TokenListError : public InBand, public testing::WithParamInterface<size_t> {};

TEST_P(TokenListError, PointsAtWhatIsWrong) {
  const WrongList& wrong = kWrongLists[GetParam()];
  Bytes list = wrong.writing ? write_list(host_.token_of({{0, 16}}), {{0, 8}, {8, 8}})
                             : populate_list({{0, 8}, {8, 8}});
  wrong.make(list);
  expect_error(wrong.writing ? host_.write_using(list, 1) : host_.populate(list, 1), 0x05,
               wrong.asc, wrong.field);
  EXPECT_EQ(host_.read(kCopy, 0, 4096), Bytes(4096)) << "something was written";
}

INSTANTIATE_TEST_SUITE_P(Each, TokenListError, testing::Range<size_t>(0, std::size(kWrongLists)),
                         [](const auto& which) { return kWrongLists[which.param].name; });

}  // namespace
}  // namespace tidemark::in_band
