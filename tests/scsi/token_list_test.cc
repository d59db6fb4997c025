// The parameter lists of POPULATE TOKEN and WRITE USING TOKEN: what is accepted, what is refused
// (SBC-4 clauses 5.12.2, 5.59.2).
#include "scsi/token_list.h"

#include <random>

#include "tests/scsi/token_fixture.h"

namespace tidemark::scsi {
namespace {

class TokenLists : public TokenFixture {
 protected:
  static constexpr UnitBlocks kUnit{100000, 512};

  static std::optional<PopulateTokenList> populated(const std::vector<uint8_t>& list) {
    const auto parsed = parse_populate_token(list, kUnit, {});
    const auto* good = std::get_if<PopulateTokenList>(&parsed);
    return good ? std::optional(*good) : std::nullopt;
  }
  static void refused(const std::vector<uint8_t>& list, Asc asc, int byte = -1) {
    const auto parsed = parse_populate_token(list, kUnit, {});
    check(std::get_if<SenseData>(&parsed), asc, byte);
  }
  static void write_refused(const std::vector<uint8_t>& list, Asc asc, int byte = -1) {
    const auto parsed = parse_write_using_token(list, kUnit);
    check(std::get_if<SenseData>(&parsed), asc, byte);
  }
  static void check(const SenseData* sense, Asc asc, int byte) {
    ASSERT_NE(sense, nullptr);
    EXPECT_EQ(sense->key, SenseKey::illegal_request);
    EXPECT_EQ(sense->asc, asc);
    EXPECT_EQ(sense->field ? sense->field->byte : -1, byte);
  }
};

TEST_F(TokenLists, PopulateReadsItsFields) {
  const auto list =
      populated(populate_list({{1, 2}, {5, 0}, {10, 3}}, 0x03, 30, kPointInTimeDefault));
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->immediate);
  EXPECT_EQ(list->inactivity_seconds, 30u);
  EXPECT_EQ(list->type, kPointInTimeDefault);
  ASSERT_EQ(list->ranges.size(), 2u) << "empty ones are left out";
  EXPECT_EQ(list->ranges[1].lba, 10u);
  EXPECT_EQ(list->ranges[1].blocks, 3u);
}

TEST_F(TokenLists, WithoutRtvTheTypeMeansNothing) {
  const auto list = populated(populate_list({{1, 2}}, 0, 0, 0x12345678));
  ASSERT_TRUE(list);
  EXPECT_EQ(list->type, kPointInTimePersistent);
  EXPECT_EQ(list->inactivity_seconds, TokenLimits{}.inactivity);
}

TEST_F(TokenLists, ATypeThatIsAskedForIsTheOneThatIsMade) {
  for (const uint32_t type : {kPointInTimeDefault, kPointInTimeVulnerable, kPointInTimePersistent})
    EXPECT_EQ(populated(populate_list({{1, 2}}, 0x02, 0, type))->type, type);
}

TEST_F(TokenLists, AnyPointInTimeTypeIsThePersistentOne) {
  EXPECT_EQ(populated(populate_list({{1, 2}}, 0x02, 0, kPointInTimeAny))->type,
            kPointInTimePersistent);
}

TEST_F(TokenLists, TypesThatAreNotPointInTimeAreRefused) {
  for (const uint32_t type : {0u, kAccessUponReference, 0x00800003u, kBlockDeviceZero, 0xfffffff0u})
    refused(populate_list({{1, 2}}, 0x02, 0, type), 0x2600, 8);
}

TEST_F(TokenLists, ShortListsAreLengthErrors) {
  const auto list = populate_list({{1, 2}});
  for (size_t length = 0; length < 16; ++length)
    refused({list.begin(), list.begin() + static_cast<ptrdiff_t>(length)}, 0x1a00);
}

TEST_F(TokenLists, TheDataLengthHasAMinimum) {
  auto list = populate_list({{1, 2}});
  store_be16(&list[0], 0x1d);
  refused(list, 0x2600, 0);
  auto writing = write_list(zero_token(), {{1, 2}});
  store_be16(&writing[0], 0x225);
  write_refused(writing, 0x2600, 0);
}

TEST_F(TokenLists, InactivityHasAMaximum) {
  const uint32_t most = TokenLimits{}.inactivity_most;
  EXPECT_EQ(populated(populate_list({{1, 2}}, 0, most))->inactivity_seconds, most);
  refused(populate_list({{1, 2}}, 0, most + 1), 0x2600, 4);
  const TokenLimits narrow{.lifetime = 9, .inactivity = 2, .inactivity_most = 3};
  EXPECT_EQ(parse_populate_token(populate_list({{1, 2}}, 0, 3), kUnit, narrow).index(), 0u);
  EXPECT_EQ(parse_populate_token(populate_list({{1, 2}}, 0, 4), kUnit, narrow).index(), 1u);
}

TEST_F(TokenLists, RangesMustBeThere) {
  auto list = populate_list({{1, 2}});
  store_be16(&list[14], 15);
  refused(list, 0x2600, 14);
  auto writing = write_list(zero_token(), {{1, 2}});
  store_be16(&writing[534], 0);
  write_refused(writing, 0x2600, 534);
}

TEST_F(TokenLists, AnIncompleteLastRangeIsIgnored) {
  auto list = populate_list({{1, 2}, {10, 20}});
  store_be16(&list[14], 31);
  EXPECT_EQ(populated(list)->ranges.size(), 1u);
  list = populate_list({{1, 2}, {10, 20}});
  list.resize(list.size() - 1);  // cut by the CDB
  EXPECT_EQ(populated(list)->ranges.size(), 1u);
}

TEST_F(TokenLists, RangesAreCounted) {
  Ranges ranges;
  for (uint32_t i = 0; i < kMaxTokenRanges; ++i) ranges.push_back({i * 2, 1});
  EXPECT_TRUE(populated(populate_list(ranges)));
  ranges.push_back({99999, 1});
  refused(populate_list(ranges), 0x2608, 14);
  write_refused(write_list(zero_token(), ranges), 0x2608, 534);
}

TEST_F(TokenLists, NoBlockMayBeNamedTwice) {
  refused(populate_list({{10, 5}, {100, 1}, {14, 1}}), 0x2600, 16);
  EXPECT_TRUE(populated(populate_list({{10, 5}, {15, 1}, {9, 1}})));
  write_refused(write_list(zero_token(), {{0, 2}, {1, 1}}), 0x2600, 536);
}

TEST_F(TokenLists, BlocksBeyondTheEndAreOutOfRange) {
  EXPECT_TRUE(populated(populate_list({{99999, 1}})));
  refused(populate_list({{99999, 2}}), 0x2100);
  refused(populate_list({{UINT64_MAX, 1}}), 0x2100);
  write_refused(write_list(zero_token(), {{100000, 1}}), 0x2100);
}

TEST_F(TokenLists, TheSumHasAMaximum) {
  const UnitBlocks large{uint64_t{1} << 40, 512};
  const auto most = static_cast<uint32_t>(kMaxTokenBytes / 512);
  EXPECT_EQ(parse_populate_token(populate_list({{0, most}}), large, {}).index(), 0u);
  EXPECT_EQ(parse_populate_token(populate_list({{0, most}, {most, 1}}), large, {}).index(), 1u);
  EXPECT_EQ(parse_populate_token(populate_list({{0, 0xffffffff}}), large, {}).index(), 1u);
}

TEST_F(TokenLists, WriteReadsItsFields) {
  RodToken token = zero_token();
  token[511] = 0x77;
  const auto parsed =
      parse_write_using_token(write_list(token, {{4, 5}}, 0x0102030405060708, 0x03), kUnit);
  const auto* list = std::get_if<WriteUsingTokenList>(&parsed);
  ASSERT_NE(list, nullptr);
  EXPECT_TRUE(list->immediate);
  EXPECT_TRUE(list->delete_token);
  EXPECT_EQ(list->offset, 0x0102030405060708u);
  EXPECT_EQ(list->token, token);
  EXPECT_EQ(list->ranges.size(), 1u);
}

TEST_F(TokenLists, ATokenOfAnotherLengthIsInvalid) {
  RodToken token = zero_token();
  store_be16(&token[6], 0x01f7);
  write_refused(write_list(token, {{4, 5}}), 0x230a, 16 + 6);
}

TEST_F(TokenLists, SurviveDamage) {
  std::mt19937 random(20261127);
  const auto populate_sound = populate_list({{1, 2}, {10, 20}, {50, 1}}, 0x03, 30, kPointInTimeAny);
  const auto write_sound = write_list(zero_token(), {{1, 2}, {10, 20}});
  for (int round = 0; round < 20000; ++round) {
    for (const auto* sound : {&populate_sound, &write_sound}) {
      auto list = *sound;
      for (size_t flips = random() % 4 + 1; flips > 0; --flips)
        list[random() % list.size()] = static_cast<uint8_t>(random());
      list.resize(list.size() - random() % 3 * (random() % list.size()) / 2);
      const auto parsed = parse_populate_token(list, kUnit, {});
      if (const auto* good = std::get_if<PopulateTokenList>(&parsed)) {
        EXPECT_LE(good->ranges.size(), kMaxTokenRanges);
        for (const BlockRange& range : good->ranges)
          EXPECT_LE(range.lba + range.blocks, kUnit.blocks);
      }
      (void)parse_write_using_token(list, kUnit);
    }
  }
}

}  // namespace
}  // namespace tidemark::scsi
