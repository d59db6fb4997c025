// UNMAP, WRITE SAME and GET LBA STATUS: space given back, and who has how much of it.
#include "scsi/limits.h"
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

using storage::Errc;
using storage::Verb;

struct UnmapRange {
  uint64_t lba;
  uint32_t blocks;
};
Data unmap_list(const std::vector<UnmapRange>& ranges) {
  Data list(8 + 16 * ranges.size());
  store_be16(&list[0], static_cast<uint16_t>(list.size() - 2));
  store_be16(&list[2], static_cast<uint16_t>(list.size() - 8));
  for (size_t i = 0; i < ranges.size(); ++i) {
    store_be64(&list[8 + 16 * i], ranges[i].lba);
    store_be32(&list[16 + 16 * i], ranges[i].blocks);
  }
  return list;
}
Sent& send_unmap(TestTarget& target, const Data& list) {
  return target.send(CdbBuilder(0x42).set(FieldRole::parameter_list_length, list.size()), list);
}

TEST(Unmap, GivesBackEachRangeAndReadsZero) {
  TestTarget target;
  target.send(CdbBuilder(0x2a).range(0, 32), blocks_of(0xaa, 32));
  ASSERT_TRUE(send_unmap(target, unmap_list({{2, 3}, {10, 0}, {20, 1}})).good());
  EXPECT_EQ(target.volume_.count(Verb::unmap), 2u);
  for (const uint64_t block : {2, 3, 4, 20}) EXPECT_FALSE(target.volume_.mapped(block));
  for (const uint64_t block : {1, 5, 10, 19, 21}) EXPECT_TRUE(target.volume_.mapped(block));
  EXPECT_EQ(target.send(CdbBuilder(0x28).range(2, 3)).data, blocks_of(0, 3));
}
TEST(Unmap, EmptyListsAreGood) {
  TestTarget target;
  EXPECT_TRUE(send_unmap(target, {}).good());
  EXPECT_TRUE(send_unmap(target, unmap_list({})).good());
}
TEST(Unmap, ListShorterThanItsHeader) {
  TestTarget target;
  EXPECT_TRUE(send_unmap(target, Data(7)).failed(SenseKey::illegal_request, 0x1a00));
}
TEST(Unmap, DescriptorsBeyondTheList) {
  TestTarget target;
  Data list = unmap_list({{0, 1}});
  store_be16(&list[2], 32);
  EXPECT_TRUE(send_unmap(target, list).failed(SenseKey::illegal_request, 0x1a00));
}
TEST(Unmap, OneBadRangeAndNothingIsDone) {
  TestTarget target;
  EXPECT_TRUE(send_unmap(target, unmap_list({{0, 1}, {4095, 2}})).out_of_range());
  EXPECT_TRUE(target.volume_.seen().empty());
}
TEST(Unmap, MoreDescriptorsThanAnnounced) {
  TestTarget target;
  const Data most = unmap_list(std::vector<UnmapRange>(kMaxUnmapDescriptors, {0, 1}));
  EXPECT_TRUE(send_unmap(target, most).good());
  const Data more = unmap_list(std::vector<UnmapRange>(kMaxUnmapDescriptors + 1, {0, 1}));
  EXPECT_TRUE(send_unmap(target, more).invalid_in_list(2));
}
TEST(Unmap, MoreBlocksThanAnnounced) {
  TestTarget target;
  EXPECT_TRUE(send_unmap(target, unmap_list({{0, kMaxUnmapBytes / 512 + 1}})).invalid_in_list(16));
}
TEST(Unmap, AnchorIsNotSupported) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x42).set(FieldRole::anchor, 1)).invalid_field(1, 0));
}

TEST(WriteSame, RepeatsItsBlockInPieces) {
  TestTarget target{UnitOptions{.blocks = 8192}};
  const Data one = pattern(512);
  ASSERT_TRUE(target.send(CdbBuilder(0x93).range(1, 5000), one).good());
  EXPECT_EQ(target.volume_.count(Verb::write), 3u);
  for (const size_t block : {1, 256, 2048, 2049, 5000})
    EXPECT_TRUE(std::equal(one.begin(), one.end(),
                           target.volume_.bytes().begin() + static_cast<ptrdiff_t>(block * 512)))
        << block;
  EXPECT_EQ(target.volume_.bytes()[0], 0);
  EXPECT_EQ(target.volume_.bytes()[5001 * 512 + 1], 0);
}
TEST(WriteSame, ZeroesAreLeftToTheVolume) {
  TestTarget target;
  ASSERT_TRUE(target.send(CdbBuilder(0x41).range(0, 100), Data(512)).good());
  EXPECT_EQ(target.volume_.count(Verb::write_zeroes), 1u);
}
TEST(WriteSame, UnmapOfZeroesGivesSpaceBack) {
  TestTarget target;
  ASSERT_TRUE(
      target.send(CdbBuilder(0x41).range(0, 100).set(FieldRole::unmap, 1), Data(512)).good());
  EXPECT_EQ(target.volume_.count(Verb::unmap), 1u);
}
TEST(WriteSame, UnmapOfAnythingElseWrites) {
  TestTarget target;
  ASSERT_TRUE(
      target.send(CdbBuilder(0x41).range(0, 4).set(FieldRole::unmap, 1), blocks_of(7, 1)).good());
  EXPECT_EQ(target.volume_.count(Verb::unmap), 0u);
  EXPECT_EQ(target.volume_.bytes()[4 * 512 - 1], 7);
}
TEST(WriteSame, NdobTakesNoData) {
  TestTarget target;
  Sent& sent = target.begin(target.host(), CdbBuilder(0x93).range(0, 4).set(FieldRole::ndob, 1));
  EXPECT_EQ(sent.task.data_out_length, 0u);
  target.execute(sent);
  EXPECT_TRUE(sent.good());
  EXPECT_EQ(target.volume_.count(Verb::write_zeroes), 1u);
}
TEST(WriteSame, NoBlocksAreRefusedAsAnnounced) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x93).range(0, 0), Data(512)).invalid_field(10));
}
TEST(WriteSame, AnchorIsNotSupported) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x93).range(0, 1).set(FieldRole::anchor, 1), Data(512))
                  .invalid_field(1, 4));
}
TEST(WriteSame, UnmapNeedsAThinUnit) {
  TestTarget target{UnitOptions{.thin = false}};
  EXPECT_TRUE(target.send(CdbBuilder(0x93).range(0, 1).set(FieldRole::unmap, 1), Data(512))
                  .invalid_field(1, 3));
}
TEST(WriteSame, FailsInTheMiddle) {
  TestTarget target{UnitOptions{.blocks = 8192}};
  target.volume_.fail_if([](const storage::VolumeIo& io) {
    return io.extent.offset >= kMiB ? Errc::no_space : Errc::ok;
  });
  EXPECT_TRUE(target.send(CdbBuilder(0x93).range(0, 5000), blocks_of(1, 1))
                  .failed(SenseKey::data_protect, 0x2707));
}

TEST(LbaStatus, RunsOfHolesAndDataAlternate) {
  TestTarget target;
  target.send(CdbBuilder(0x2a).range(8, 376), blocks_of(1, 376));
  const Data data = target.send(CdbBuilder(0x9e, 0x12).set(FieldRole::allocation_length, 512)).data;
  ASSERT_EQ(data.size(), 8u + 3 * 16);
  EXPECT_EQ(load_be32(&data[0]), data.size() - 4);
  const auto run = [&](size_t i) {
    const uint8_t* at = &data[8 + 16 * i];
    return std::tuple(load_be64(at), load_be32(at + 8), int(at[12]));
  };
  EXPECT_EQ(run(0), std::tuple(0u, 8u, 1));
  EXPECT_EQ(run(1), std::tuple(8u, 376u, 0));
  EXPECT_EQ(run(2), std::tuple(384u, 4096u - 384, 1));
}
TEST(LbaStatus, BeginsWhereAsked) {
  TestTarget target;
  const Data data =
      target
          .send(
              CdbBuilder(0x9e, 0x12).set(FieldRole::lba, 100).set(FieldRole::allocation_length, 24))
          .data;
  EXPECT_EQ(load_be64(&data[8]), 100u);
}
TEST(LbaStatus, BeyondTheEnd) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x9e, 0x12).set(FieldRole::lba, 4096)).out_of_range());
}
TEST(LbaStatus, OtherReportTypesAreRefused) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x9e, 0x12).set(FieldRole::report_type, 5)).invalid_field(14));
}

}  // namespace
}  // namespace tidemark::scsi
