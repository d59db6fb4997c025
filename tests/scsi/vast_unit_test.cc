// A unit as large as units can be, 2^63 bytes less a block: nothing on the way of an address or a
// length is narrower than that.
#include <map>

#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

constexpr uint64_t kBytes = (uint64_t{1} << 63) - 512;
constexpr uint64_t kBlocks = kBytes / 512;
constexpr uint64_t kLast = kBlocks - 1;
constexpr uint64_t kBeyond32 = (uint64_t{1} << 32) + 7;

/// Keeps the blocks that were written; all others are zeroes.
class VastVolume final : public storage::Volume {
 public:
  VastVolume() {
    traits_.name = "vast";
    traits_.bytes = kBytes;
  }
  const storage::VolumeTraits& traits() const override { return traits_; }
  void submit(storage::VolumeIo& io) override {
    using storage::Verb;
    const uint64_t first = io.extent.offset / 512;
    const uint64_t count = io.extent.length / 512;
    if (io.verb == Verb::read || io.verb == Verb::write) {
      uint64_t done = 0;
      for (const iovec& piece : io.memory)
        for (size_t at = 0; at + 512 <= piece.iov_len && done < count; at += 512, ++done)
          move(io.verb, first + done, static_cast<uint8_t*>(piece.iov_base) + at);
    } else if (io.verb != Verb::flush) {
      blocks_.erase(blocks_.lower_bound(first), blocks_.lower_bound(first + count));
    }
    io.done(io);
  }
  std::optional<storage::Extent> hole_at(uint64_t offset, uint64_t limit) override {
    const uint64_t first = offset / 512;
    if (blocks_.contains(first)) return std::nullopt;
    const auto next = blocks_.lower_bound(first);
    const uint64_t end = next == blocks_.end() ? kBytes : next->first * 512;
    return storage::Extent{offset, std::min(end - offset, limit)};
  }

 private:
  void move(storage::Verb verb, uint64_t block, uint8_t* memory) {
    if (verb == storage::Verb::write) {
      blocks_[block].assign(memory, memory + 512);
      return;
    }
    const auto found = blocks_.find(block);
    if (found == blocks_.end())
      std::fill_n(memory, 512, uint8_t{0});
    else
      std::ranges::copy(found->second, memory);
  }

  storage::VolumeTraits traits_;
  std::map<uint64_t, Data> blocks_;
};

struct VastUnit : ::testing::Test {
  static UnitOptions options(storage::Volume* volume) {
    UnitOptions options;
    options.volume = volume;
    return options;
  }
  Data read(uint64_t lba) { return target.send(CdbBuilder(0x88).range(lba, 1)).data; }

  VastVolume volume;
  TestTarget target{options(&volume)};
};

TEST_F(VastUnit, CapacityIsTold) {
  const Data ten = target.send(CdbBuilder(0x25)).data;
  EXPECT_EQ(load_be32(&ten[0]), UINT32_MAX) << "more than READ CAPACITY(10) can tell";
  const Data sixteen =
      target.send(CdbBuilder(0x9e, 0x10).set(FieldRole::allocation_length, 32)).data;
  EXPECT_EQ(load_be64(&sixteen[0]), kLast);
  EXPECT_EQ(load_be32(&sixteen[8]), 512u);
  const Data six = target.send({0x1a, 0, 0x08, 0, 255, 0}).data;
  EXPECT_EQ(load_be32(&six[4]), UINT32_MAX);
  const Data ten_long = target.send({0x5a, 0x10, 0x08, 0, 0, 0, 0, 0, 255, 0}).data;
  EXPECT_EQ(load_be64(&ten_long[8]), kBlocks);
}

TEST_F(VastUnit, BlocksAreWhereTheyWereWrittenAndNowhereElse) {
  for (const uint64_t lba : {uint64_t{7}, kBeyond32, uint64_t{1} << 48, kLast})
    ASSERT_TRUE(
        target
            .send(CdbBuilder(0x8a).range(lba, 1), blocks_of(static_cast<uint8_t>(lba >> 30 | 1), 1))
            .good());
  for (const uint64_t lba : {uint64_t{7}, kBeyond32, uint64_t{1} << 48, kLast})
    EXPECT_EQ(read(lba), blocks_of(static_cast<uint8_t>(lba >> 30 | 1), 1)) << lba;
  for (const uint64_t lba : {uint64_t{6}, kBeyond32 + 1, (uint64_t{1} << 48) - 1, kLast - 1})
    EXPECT_EQ(read(lba), Data(512)) << lba;
}

TEST_F(VastUnit, EveryKindOfCommandReachesTheLastBlock) {
  const Data ones = blocks_of(1, 1);
  Data pair(512);
  pair.insert(pair.end(), ones.begin(), ones.end());
  EXPECT_TRUE(target.send(CdbBuilder(0x89).range(kLast, 1), pair).good()) << "COMPARE AND WRITE";
  EXPECT_EQ(read(kLast), ones);
  EXPECT_TRUE(target.send(CdbBuilder(0x8b).range(kLast, 1), blocks_of(2, 1)).good()) << "ORWRITE";
  EXPECT_EQ(read(kLast), blocks_of(3, 1));
  EXPECT_TRUE(target.send(CdbBuilder(0x93).range(kLast, 1), ones).good()) << "WRITE SAME";
  EXPECT_TRUE(target.send(CdbBuilder(0x7f, 0x0b).range(kLast, 1), blocks_of(9, 1)).good());
  EXPECT_EQ(target.send(CdbBuilder(0x7f, 0x09).range(kLast, 1)).data, blocks_of(9, 1));
  EXPECT_TRUE(target.send(CdbBuilder(0x8f).range(kLast, 1)).good()) << "VERIFY";
  EXPECT_TRUE(target.send(CdbBuilder(0x91).range(kLast, 1)).good()) << "SYNCHRONIZE CACHE";
  Data list(24);
  store_be16(&list[0], 22);
  store_be16(&list[2], 16);
  store_be64(&list[8], kLast);
  store_be32(&list[16], 1);
  EXPECT_TRUE(target.send(CdbBuilder(0x42).set(FieldRole::parameter_list_length, list.size()), list)
                  .good());
  EXPECT_EQ(read(kLast), Data(512));
}

TEST_F(VastUnit, LbaStatusCountsRunsThatTheirFieldCannotHold) {
  ASSERT_TRUE(target.send(CdbBuilder(0x8a).range(kBeyond32, 1), blocks_of(1, 1)).good());
  const Data status = target
                          .send(CdbBuilder(0x9e, 0x12)
                                    .set(FieldRole::lba, 0)
                                    .set(FieldRole::allocation_length, 8 + 16 * 4))
                          .data;
  ASSERT_GE(status.size(), 24u);
  uint64_t next = 0;
  for (size_t at = 8; at + 16 <= status.size(); at += 16) {
    EXPECT_EQ(load_be64(&status[at]), next) << "without a gap";
    next += load_be32(&status[at + 8]);
  }
  EXPECT_GT(next, 0u);
}

TEST_F(VastUnit, TheFirstBlockThatIsMissingIsTold) {
  const Sent& sent = target.send(CdbBuilder(0x88).range(kLast, 2));
  EXPECT_TRUE(sent.out_of_range());
  EXPECT_EQ(sent.sense.information, kBlocks);
  EXPECT_TRUE(target.send(CdbBuilder(0x88).range(UINT64_MAX, UINT32_MAX)).out_of_range());
}

}  // namespace
}  // namespace tidemark::scsi
