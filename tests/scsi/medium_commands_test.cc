// Commands that touch the medium: what they read, write, compare, give back, and how they fail.
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

using storage::Errc;
using storage::Verb;

struct Forms {
  uint8_t write;
  uint8_t read;
  uint32_t block_size;
};

class ReadWrite : public ::testing::TestWithParam<Forms> {
 protected:
  TestTarget target_{UnitOptions{.block_size = GetParam().block_size}};
};
INSTANTIATE_TEST_SUITE_P(Medium, ReadWrite,
                         ::testing::Values(Forms{0x0a, 0x08, 512}, Forms{0x2a, 0x28, 512},
                                           Forms{0xaa, 0xa8, 512}, Forms{0x8a, 0x88, 512},
                                           Forms{0x2e, 0x28, 512}, Forms{0xae, 0xa8, 512},
                                           Forms{0x8e, 0x88, 512}, Forms{0x0a, 0x08, 4096},
                                           Forms{0x8a, 0x88, 4096}, Forms{0x8e, 0xa8, 4096}),
                         [](const auto& one) {
                           char name[32];
                           std::snprintf(name, sizeof name, "%02x_%02x_%u", one.param.write,
                                         one.param.read, one.param.block_size);
                           return std::string(name);
                         });

TEST_P(ReadWrite, WhatIsWrittenIsRead) {
  const size_t block_size = GetParam().block_size;
  const Data data = pattern(7 * block_size);
  ASSERT_TRUE(target_.send(CdbBuilder(GetParam().write).range(13, 7), data).good());
  const Sent& sent = target_.send(CdbBuilder(GetParam().read).range(12, 9));
  ASSERT_TRUE(sent.good());
  EXPECT_EQ(sent.data_in_length, 9 * block_size);
  Data expected(9 * block_size);
  std::copy(data.begin(), data.end(), expected.begin() + static_cast<ptrdiff_t>(block_size));
  EXPECT_EQ(sent.data, expected);
}

TEST_P(ReadWrite, LastBlockIsWithinReach) {
  const Data data = pattern(GetParam().block_size);
  ASSERT_TRUE(target_.send(CdbBuilder(GetParam().write).range(4095, 1), data).good());
  EXPECT_EQ(target_.send(CdbBuilder(GetParam().read).range(4095, 1)).data, data);
}

TEST(SixByteForms, ZeroIsTwoHundredFiftySixBlocks) {
  TestTarget target;
  const Data data = pattern(256 * 512);
  ASSERT_TRUE(target.send(CdbBuilder(0x0a).range(1, 0), data).good());
  EXPECT_EQ(target.send(CdbBuilder(0x08).range(1, 0)).data, data);
}

TEST(Read, NoBlocksAreGoodAlsoJustBeyondTheEnd) {
  TestTarget target;
  const Sent& sent = target.send(CdbBuilder(0x88).range(4096, 0));
  EXPECT_TRUE(sent.good());
  EXPECT_EQ(sent.data_in_length, 0u);
  EXPECT_TRUE(target.volume_.seen().empty());
}
TEST(Read, ReadsNoMoreThanTheInitiatorTakes) {
  TestTarget target;
  Sent& sent = target.begin(target.host(), CdbBuilder(0x28).range(0, 8));
  sent.task.data_in_limit = 700;
  target.execute(sent);
  EXPECT_TRUE(sent.good());
  EXPECT_EQ(sent.data_in_length, 8u * 512);
  EXPECT_EQ(sent.data.size(), 1024u);
}
TEST(Read, ErrorTellsTheBlockAndSendsNoData) {
  TestTarget target;
  target.volume_.fail_if([](const storage::VolumeIo&) { return Errc::medium_read; });
  const Sent& sent = target.send(CdbBuilder(0x28).range(5, 2));
  EXPECT_TRUE(sent.failed(SenseKey::medium_error, 0x1100));
  EXPECT_EQ(sent.sense.information, 5u);
  EXPECT_TRUE(sent.data.empty());
}
TEST(Read, WithoutResourcesIsBusy) {
  TestTarget target;
  target.volume_.fail_if([](const storage::VolumeIo&) { return Errc::no_resources; });
  EXPECT_EQ(target.send(CdbBuilder(0x28).range(5, 2)).status, Status::busy);
}
TEST(Read, WaitsForMemoryAndThenGoesOn) {
  TestTarget target{UnitOptions{.memory = 64 * kKiB}};
  DataBuffer hog = target.pool_.acquire(64 * kKiB);
  Sent& sent = target.begin(target.host(), CdbBuilder(0x28).range(0, 8));
  target.execute(sent);
  target.settle();
  EXPECT_FALSE(sent.done);
  hog.reset();
  target.settle();
  EXPECT_TRUE(sent.good());
}
TEST(Read, WaitsAgainWhenMemoryWasTooLittle) {
  TestTarget target{UnitOptions{.memory = 64 * kKiB}};
  DataBuffer large = target.pool_.acquire(32 * kKiB);
  DataBuffer small = target.pool_.acquire(32 * kKiB);
  Sent& sent = target.begin(target.host(), CdbBuilder(0x28).range(0, 128));
  target.execute(sent);
  small.reset();
  target.settle();
  EXPECT_FALSE(sent.done);
  large.reset();
  target.settle();
  EXPECT_TRUE(sent.good());
}
TEST(Read, AbortedWhileWaitingForMemoryEndsAtOnce) {
  TestTarget target{UnitOptions{.memory = 64 * kKiB}};
  DataBuffer hog = target.pool_.acquire(64 * kKiB);
  Sent& sent = target.begin(target.host(), CdbBuilder(0x28).range(0, 8));
  target.execute(sent);
  EXPECT_EQ(target.manage(target.host(), TaskManagementFunction::abort_task_set),
            TaskManagementResponse::complete);
  EXPECT_TRUE(sent.aborted);
  hog.reset();
  target.settle();
}
TEST(Read, MoreThanThereCanEverBeIsBusy) {
  TestTarget target{UnitOptions{.memory = 64 * kKiB}};
  EXPECT_EQ(target.send(CdbBuilder(0x28).range(0, 256)).status, Status::busy);
}

TEST(Write, OnlyWholeBlocksReceivedAreWritten) {
  TestTarget target;
  Sent& sent = target.send(CdbBuilder(0x2a).range(0, 4), Data(1300, 0xaa));
  EXPECT_TRUE(sent.good());
  EXPECT_EQ(target.volume_.bytes()[1023], 0xaa);
  EXPECT_EQ(target.volume_.bytes()[1024], 0x00);
}
TEST(Write, NothingReceivedWritesNothing) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x2a).range(0, 4)).good());
  EXPECT_TRUE(target.volume_.seen().empty());
}
TEST(Write, FuaReachesTheVolume) {
  TestTarget target;
  target.send(CdbBuilder(0x2a).range(0, 1).set(FieldRole::fua, 1), blocks_of(1, 1));
  EXPECT_TRUE(target.volume_.seen().back().fua);
  target.send(CdbBuilder(0x2a).range(0, 1), blocks_of(1, 1));
  EXPECT_FALSE(target.volume_.seen().back().fua);
}
TEST(Write, DpoIsIgnored) {
  TestTarget target;
  EXPECT_TRUE(
      target.send(CdbBuilder(0x2a).range(0, 1).set(FieldRole::dpo, 1), blocks_of(1, 1)).good());
}
TEST(Write, FullVolumeIsSpaceAllocationFailed) {
  TestTarget target;
  target.volume_.fail_if([](const storage::VolumeIo&) { return Errc::no_space; });
  EXPECT_TRUE(target.send(CdbBuilder(0x2a).range(0, 1), blocks_of(1, 1))
                  .failed(SenseKey::data_protect, 0x2707));
}
TEST(Write, DataLengthIsWhatTheCdbAnnounces) {
  TestTarget target;
  Sent& sent = target.begin(target.host(), CdbBuilder(0x8a).range(0, 9));
  EXPECT_EQ(sent.task.data_out_length, 9u * 512);
  EXPECT_EQ(sent.task.direction, DataDirection::out);
  target.execute(sent, Data(9 * 512));
}
TEST(SynchronizeCache, Flushes) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x35)).good());
  EXPECT_TRUE(target.send(CdbBuilder(0x91).set(FieldRole::immed, 1)).good());
  EXPECT_EQ(target.volume_.count(Verb::flush), 2u);
}
TEST(SynchronizeCache, FailureIsTold) {
  TestTarget target;
  target.volume_.fail_if([](const storage::VolumeIo&) { return Errc::medium_write; });
  EXPECT_TRUE(target.send(CdbBuilder(0x35)).failed(SenseKey::medium_error, 0x0c00));
}
TEST(Prefetch, IsGood) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x34).range(0, 4)).good());
  EXPECT_TRUE(target.send(CdbBuilder(0x90).range(0, 4)).good());
}

CdbBuilder verify10(uint64_t lba, uint64_t blocks, uint8_t bytchk) {
  return CdbBuilder(0x2f).range(lba, blocks).set(FieldRole::bytchk, bytchk);
}

TEST(Verify, WithoutComparisonTakesNoData) {
  TestTarget target;
  Sent& sent = target.begin(target.host(), verify10(0, 8, 0));
  EXPECT_EQ(sent.task.data_out_length, 0u);
  EXPECT_EQ(sent.task.direction, DataDirection::none);
  target.execute(sent);
  EXPECT_TRUE(sent.good());
  EXPECT_EQ(target.volume_.count(Verb::read), 1u);
}
TEST(Verify, UnreadableBlockFails) {
  TestTarget target;
  target.volume_.fail_if([](const storage::VolumeIo&) { return Errc::medium_read; });
  EXPECT_TRUE(target.send(verify10(0, 8, 0)).failed(SenseKey::medium_error, 0x1100));
}
TEST(Verify, ComparesAll) {
  TestTarget target;
  Data data = pattern(4 * 512);
  std::copy(data.begin(), data.end(), target.volume_.bytes().begin());
  EXPECT_TRUE(target.send(verify10(0, 4, 1), data).good());
  data[1500] ^= 1;
  const Sent& sent = target.send(verify10(0, 4, 1), data);
  EXPECT_TRUE(sent.failed(SenseKey::miscompare, 0x1d00));
  EXPECT_EQ(sent.sense.information, 1500u);
}
TEST(Verify, ComparesOneBlockWithEach) {
  TestTarget target;
  const Data one = pattern(512);
  for (size_t block = 0; block < 4; ++block)
    std::copy(one.begin(), one.end(),
              target.volume_.bytes().begin() + static_cast<ptrdiff_t>(block * 512));
  EXPECT_TRUE(target.send(verify10(0, 4, 3), one).good());
  target.volume_.bytes()[3 * 512 + 9] ^= 1;
  const Sent& sent = target.send(verify10(0, 4, 3), one);
  EXPECT_TRUE(sent.failed(SenseKey::miscompare, 0x1d00));
  EXPECT_EQ(sent.sense.information, 3u * 512 + 9);
}
TEST(Verify, ReservedBytchkIsInvalid) {
  TestTarget target;
  EXPECT_TRUE(target.send(verify10(0, 1, 2)).invalid_field(1, 2));
}
TEST(Verify, LongRangesAreReadInPieces) {
  TestTarget target{UnitOptions{.blocks = 8192, .memory = 16 * kMiB}};
  Data data = pattern(6144 * 512);
  std::copy(data.begin(), data.end(), target.volume_.bytes().begin());
  data[2 * kMiB + 77] ^= 1;
  const Sent& sent = target.send(verify10(0, 6144, 1), data);
  EXPECT_TRUE(sent.failed(SenseKey::miscompare, 0x1d00));
  EXPECT_EQ(sent.sense.information, 2 * kMiB + 77);
  EXPECT_EQ(target.volume_.count(Verb::read), 3u);
}
TEST(Verify, DataNotAllReceivedIsNotTakenForEqual) {
  TestTarget target;
  EXPECT_TRUE(target.send(verify10(0, 4, 1), Data(512)).invalid_field(7));
}
TEST(WriteAndVerify, IsDurableAndReadBack) {
  TestTarget target;
  ASSERT_TRUE(
      target.send(CdbBuilder(0x2e).range(0, 2).set(FieldRole::bytchk, 1), pattern(1024)).good());
  ASSERT_EQ(target.volume_.seen().size(), 2u);
  EXPECT_TRUE(target.volume_.seen()[0].fua);
  EXPECT_EQ(target.volume_.seen()[1].verb, Verb::read);
}
TEST(WriteAndVerify, WritesAndVerifiesWhatWasReceived) {
  TestTarget target;
  EXPECT_TRUE(
      target.send(CdbBuilder(0x2e).range(0, 2).set(FieldRole::bytchk, 1), pattern(512)).good());
  EXPECT_EQ(target.volume_.seen()[0].extent.length, 512u);
}
TEST(WriteAndVerify, ComparingOneBlockIsInvalid) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x2e).range(0, 2).set(FieldRole::bytchk, 3), pattern(1024))
                  .invalid_field(1, 2));
}
TEST(WriteAndVerify, WithoutMemoryIsBusyAndWritesNothing) {
  TestTarget target{UnitOptions{.memory = 64 * kKiB}};
  DataBuffer hog = target.pool_.acquire(32 * kKiB);
  EXPECT_EQ(target.send(CdbBuilder(0x2e).range(0, 64), pattern(32 * kKiB)).status, Status::busy);
  EXPECT_TRUE(target.volume_.seen().empty());
}

Data compare_then_write(const Data& expected, const Data& fresh) {
  Data both = expected;
  both.insert(both.end(), fresh.begin(), fresh.end());
  return both;
}

TEST(CompareAndWrite, WritesIfEqual) {
  TestTarget target;
  const Data fresh = pattern(1024);
  ASSERT_TRUE(
      target.send(CdbBuilder(0x89).range(3, 2), compare_then_write(Data(1024), fresh)).good());
  EXPECT_EQ(target.send(CdbBuilder(0x28).range(3, 2)).data, fresh);
}
TEST(CompareAndWrite, WritesNothingIfNot) {
  TestTarget target;
  Data expected(1024);
  expected[600] = 1;
  const Sent& sent =
      target.send(CdbBuilder(0x89).range(3, 2), compare_then_write(expected, pattern(1024)));
  EXPECT_TRUE(sent.failed(SenseKey::miscompare, 0x1d00));
  EXPECT_EQ(sent.sense.information, 600u);
  EXPECT_EQ(target.volume_.count(Verb::write), 0u);
  EXPECT_TRUE(target.send(CdbBuilder(0x28).range(3, 2)).good()) << "the range is open again";
}
TEST(CompareAndWrite, NothingSlipsInBetween) {
  TestTarget target;
  target.volume_.hold();
  Sent& caw = target.begin(target.host(), CdbBuilder(0x89).range(0, 1));
  target.execute(caw, compare_then_write(Data(512), blocks_of(0xcc, 1)));
  target.settle();
  Sent& write = target.begin(target.host(), CdbBuilder(0x2a).range(0, 1));
  target.execute(write, blocks_of(0xdd, 1));
  Sent& read = target.begin(target.host(), CdbBuilder(0x28).range(0, 1));
  target.execute(read);
  Sent& elsewhere = target.begin(target.host(), CdbBuilder(0x28).range(1, 1));
  target.execute(elsewhere);
  EXPECT_EQ(target.volume_.held(), 2u) << "its own read, and the one elsewhere";
  target.volume_.let_go();
  target.settle();
  EXPECT_TRUE(caw.good());
  EXPECT_TRUE(write.good());
  EXPECT_TRUE(read.good());
  EXPECT_TRUE(elsewhere.good());
  EXPECT_EQ(target.volume_.bytes()[0], 0xdd) << "the write came after";
}
TEST(CompareAndWrite, TwoOfTheSameBlockAreOneAfterTheOther) {
  TestTarget target{UnitOptions{.cores = 2}};
  ItNexus& one = target.attach(0);
  ItNexus& two = target.attach(1);
  target.volume_.hold();
  Sent& first = target.begin(one, CdbBuilder(0x89).range(0, 1));
  Sent& second = target.begin(two, CdbBuilder(0x89).range(0, 1));
  target.execute(first, compare_then_write(Data(512), blocks_of(1, 1)));
  target.execute(second, compare_then_write(Data(512), blocks_of(2, 1)));
  target.settle();
  EXPECT_EQ(target.volume_.held(), 1u);
  target.volume_.let_go();
  target.settle();
  EXPECT_NE(first.good(), second.good()) << "one of them must find the other's data";
}
TEST(CompareAndWrite, ReadErrorWritesNothingAndOpensTheRange) {
  TestTarget target;
  target.volume_.fail_if([](const storage::VolumeIo& io) {
    return io.verb == Verb::read ? Errc::medium_read : Errc::ok;
  });
  EXPECT_TRUE(
      target.send(CdbBuilder(0x89).range(0, 1), Data(1024)).failed(SenseKey::medium_error, 0x1100));
  EXPECT_TRUE(target.send(CdbBuilder(0x2a).range(0, 1), Data(512)).good());
}
TEST(CompareAndWrite, NoBlocksAreGood) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x89).range(0, 0)).good());
}
TEST(CompareAndWrite, DataNotAllReceivedIsAnError) {
  TestTarget target;
  EXPECT_TRUE(target.send(CdbBuilder(0x89).range(0, 1), Data(512)).invalid_field(13));
  EXPECT_TRUE(target.volume_.seen().empty());
}
TEST(CompareAndWrite, AbortedBeforeItsWriteNeverWrites) {
  TestTarget target;
  target.volume_.hold();
  target.volume_.refuse_cancel();
  Sent& caw = target.begin(target.host(), CdbBuilder(0x89).range(0, 1));
  target.execute(caw, compare_then_write(Data(512), blocks_of(0xcc, 1)));
  target.settle();
  EXPECT_EQ(target.manage(target.host(), TaskManagementFunction::abort_task_set), std::nullopt);
  target.volume_.let_go();
  target.settle();
  EXPECT_TRUE(caw.aborted);
  EXPECT_EQ(target.last_answer(), TaskManagementResponse::complete);
  EXPECT_EQ(target.volume_.count(Verb::write), 0u);
  EXPECT_TRUE(target.send(CdbBuilder(0x2a).range(0, 1), Data(512)).good());
}

TEST(Orwrite, SetsBits) {
  TestTarget target;
  std::fill_n(target.volume_.bytes().begin(), 1024, uint8_t{0x0f});
  ASSERT_TRUE(target.send(CdbBuilder(0x8b).range(0, 2), blocks_of(0xf0, 2)).good());
  EXPECT_EQ(target.send(CdbBuilder(0x28).range(0, 2)).data, blocks_of(0xff, 2));
}
TEST(Orwrite, LongOnesCrossChunks) {
  TestTarget target;
  const Data data = pattern(1500 * kKiB);
  const size_t blocks = data.size() / 512;
  ASSERT_TRUE(target.send(CdbBuilder(0x8b).range(1, blocks), data).good());
  EXPECT_EQ(target.send(CdbBuilder(0x28).range(1, blocks)).data, data);
}

TEST(Buffers, NothingIsLeftInUse) {
  TestTarget target;
  target.send(CdbBuilder(0x2a).range(0, 16), blocks_of(1, 16));
  target.send(CdbBuilder(0x28).range(0, 16));
  target.send(CdbBuilder(0x89).range(0, 1), Data(1024));
  target.send(CdbBuilder(0x93).range(0, 16), blocks_of(1, 1));
  target.send(CdbBuilder(0x2f).range(0, 16));
  EXPECT_EQ(target.pool_.in_use(), 0u);
}

}  // namespace
}  // namespace tidemark::scsi
