// FORMAT UNIT and SANITIZE: what they leave on the medium, and what a unit does meanwhile.
#include "tests/scsi/device_fixture.h"
#include "tests/scsi/memory_unit_store.h"

namespace tidemark::scsi {
namespace {

using storage::Errc;
using storage::Verb;

Data overwrite_list(const Data& pattern, uint8_t first = 0x01) {
  Data list{first, 0, static_cast<uint8_t>(pattern.size() >> 8),
            static_cast<uint8_t>(pattern.size())};
  list.insert(list.end(), pattern.begin(), pattern.end());
  return list;
}

class OnMedium : public ::testing::Test {
 protected:
  explicit OnMedium(const UnitOptions& options = {}) : target_(options) {
    std::ranges::fill(target_.volume_.bytes(), 0xaa);
  }
  Sent& overwrite(const Data& list, bool immediately = false) {
    return target_.send(CdbBuilder(0x48, 0x01)
                            .set(FieldRole::immed, immediately)
                            .set(FieldRole::parameter_list_length, list.size()),
                        list);
  }
  Sent& erase() { return target_.send({0x48, 0x02}); }
  bool all(uint8_t value) {
    return std::ranges::all_of(target_.volume_.bytes(), [&](uint8_t b) { return b == value; });
  }
  Sent& ready() { return target_.send({0x00}); }

  TestTarget target_;
};

TEST_F(OnMedium, OverwriteRepeatsThePatternFromTheStartOfEachBlock) {
  const Data pattern{1, 2, 3};
  ASSERT_TRUE(overwrite(overwrite_list(pattern)).good());
  for (size_t i = 0; i < target_.volume_.bytes().size(); ++i)
    ASSERT_EQ(target_.volume_.bytes()[i], pattern[i % 512 % 3]) << i;
  EXPECT_EQ(target_.volume_.seen().back().verb, Verb::flush);
  EXPECT_TRUE(ready().good());
}
TEST_F(OnMedium, OverwriteInvertsFromPassToPass) {
  ASSERT_TRUE(overwrite(overwrite_list({0x0f}, 0x80 | 3)).good());
  EXPECT_TRUE(all(0x0f));
  ASSERT_TRUE(overwrite(overwrite_list({0x0f}, 0x80 | 2)).good());
  EXPECT_TRUE(all(0xf0));
}
TEST_F(OnMedium, OverwriteListIsCheckedBeforeAnythingIsWritten) {
  for (const size_t length : {0, 4, 517})
    EXPECT_TRUE(overwrite(Data(length)).invalid_field(7)) << length;
  EXPECT_TRUE(overwrite(overwrite_list({1}, 0x00)).invalid_in_list(0));
  EXPECT_TRUE(overwrite(overwrite_list({1}, 0x21)).invalid_in_list(0));
  Data list = overwrite_list({1});
  list[1] = 1;
  EXPECT_TRUE(overwrite(list).invalid_in_list(1));
  list = overwrite_list({1});
  list[3] = 2;
  EXPECT_TRUE(overwrite(list).invalid_in_list(2));
  EXPECT_TRUE(target_.volume_.seen().empty());
  EXPECT_TRUE(ready().good());
}
TEST_F(OnMedium, BlockEraseLeavesNothingMapped) {
  ASSERT_TRUE(erase().good());
  EXPECT_TRUE(all(0));
  for (uint64_t block = 0; block < 4096; ++block) ASSERT_FALSE(target_.volume_.mapped(block));
}
TEST_F(OnMedium, CryptographicEraseIsNotThere) {
  EXPECT_TRUE(target_.send({0x48, 0x03}).invalid_field(1, 4));
}

TEST_F(OnMedium, UnitIsNotReadyMeanwhileAndTellsItsProgress) {
  target_.volume_.hold();
  ASSERT_TRUE(overwrite(overwrite_list({1}), true).good()) << "IMMED";
  target_.volume_.let_one_go();
  target_.settle();
  const Sent& unready = ready();
  ASSERT_TRUE(unready.failed(SenseKey::not_ready, 0x041b));
  EXPECT_NEAR(*unready.sense.progress, 65536 / 2, 2);
  const Data sense = target_.send({0x03, 0, 0, 0, 18, 0}).data;
  EXPECT_EQ(sense[2], 0x02);
  EXPECT_EQ(sense[12], 0x04);
  EXPECT_EQ(sense[15], 0x80);
  EXPECT_TRUE(target_.send(CdbBuilder(0x28).range(0, 1)).failed(SenseKey::not_ready, 0x041b));
  EXPECT_TRUE(target_.send({0x1b, 0, 0, 0, 1, 0}).failed(SenseKey::not_ready, 0x041b));
  EXPECT_TRUE(erase().failed(SenseKey::not_ready, 0x041b));
  EXPECT_TRUE(target_.send({0x12, 0, 0, 0, 96, 0}).good());
  EXPECT_TRUE(target_.send(CdbBuilder(0xa0).set(FieldRole::allocation_length, 64)).good());
  target_.volume_.let_go();
  target_.settle();
  EXPECT_TRUE(ready().good());
  EXPECT_TRUE(all(1));
}
TEST_F(OnMedium, WithoutImmedItIsAnsweredAtTheEnd) {
  target_.volume_.hold();
  const Sent& sent = overwrite(overwrite_list({1}));
  EXPECT_FALSE(sent.done);
  target_.volume_.let_go();
  target_.settle();
  EXPECT_TRUE(sent.good());
}
TEST_F(OnMedium, NeitherAbortNorResetEndsIt) {
  target_.volume_.hold();
  const Sent& sent = overwrite(overwrite_list({1}));
  target_.manage(target_.host(), TaskManagementFunction::logical_unit_reset);
  EXPECT_TRUE(sent.aborted);
  target_.send({0x00});  // the attention
  EXPECT_TRUE(ready().failed(SenseKey::not_ready, 0x041b));
  target_.volume_.let_go();
  target_.settle();
  EXPECT_TRUE(ready().good());
  EXPECT_TRUE(all(1));
}
TEST_F(OnMedium, WriteLetInBeforeDoesNotLandAfterwards) {
  Sent& write = target_.begin(target_.host(), CdbBuilder(0x2a).range(0, 1));
  ASSERT_TRUE(write.begun);
  target_.volume_.hold();
  ASSERT_TRUE(overwrite(overwrite_list({1}), true).good());
  target_.execute(write, blocks_of(0x77, 1));
  target_.volume_.let_go();
  target_.settle();
  EXPECT_TRUE(write.failed(SenseKey::aborted_command, 0x0000));
  EXPECT_TRUE(all(1));
}
TEST_F(OnMedium, WaitsForWhatIsInFlight) {
  target_.volume_.hold();
  Sent& write = target_.begin(target_.host(), CdbBuilder(0x2a).range(0, 1));
  target_.execute(write, blocks_of(0x77, 1));
  ASSERT_FALSE(overwrite(overwrite_list({1}), true).done && target_.volume_.held() > 1);
  target_.volume_.let_go();
  target_.settle();
  EXPECT_TRUE(write.good());
  EXPECT_TRUE(all(1));
}

TEST_F(OnMedium, FailureStaysUntilASanitizeSucceeds) {
  target_.volume_.fail_if([](const storage::VolumeIo&) { return Errc::medium_write; });
  EXPECT_TRUE(erase().failed(SenseKey::medium_error, 0x3103));
  EXPECT_TRUE(ready().failed(SenseKey::medium_error, 0x3103));
  EXPECT_TRUE(target_.send({0x48, 0x1f}).failed(SenseKey::medium_error, 0x3103)) << "AUSE was 0";
  target_.volume_.fail_if(nullptr);
  EXPECT_TRUE(erase().good());
  EXPECT_TRUE(ready().good());
}
TEST_F(OnMedium, ExitFailureModeEndsAFailureThatAllowsIt) {
  EXPECT_TRUE(target_.send({0x48, 0x1f}).good()) << "no failure to exit";
  target_.volume_.fail_if([](const storage::VolumeIo&) { return Errc::medium_write; });
  EXPECT_FALSE(target_.send({0x48, 0x22}).good());
  EXPECT_TRUE(target_.send({0x48, 0x1f}).good());
  EXPECT_TRUE(ready().good());
}
TEST_F(OnMedium, ProtectionDuringItFailsIt) {
  target_.volume_.hold();
  const Sent& sent = overwrite(overwrite_list({1}));
  target_.executor_.as(0, [&] { target_.gate_.protect(true, 0, [] {}); });
  target_.volume_.let_go();
  target_.settle();
  EXPECT_TRUE(sent.failed(SenseKey::medium_error, 0x3103));
}

TEST_F(OnMedium, GoesOnAfterARestart) {
  MemoryUnitStore store;
  target_.unit_->keep_in(store, {});
  target_.volume_.hold();
  ASSERT_TRUE(overwrite(overwrite_list({9}, 2), true).good());
  const UnitRecord& kept = store.records[target_.unit_->identity().serial];
  ASSERT_TRUE(kept.unfinished);
  EXPECT_EQ(kept.unfinished->passes, 2);

  TestTarget again;
  again.unit_->keep_in(store, kept);
  again.volume_.hold();
  again.unit_->operation().resume(again.unit_);
  again.settle();
  EXPECT_TRUE(again.send({0x00}).failed(SenseKey::not_ready, 0x041b));
  again.volume_.let_go();
  again.settle();
  EXPECT_TRUE(again.send({0x00}).good());
  EXPECT_EQ(again.volume_.bytes()[5000], 9);
  EXPECT_FALSE(store.records[again.unit_->identity().serial].unfinished);
  target_.volume_.let_go();
  target_.settle();
}
TEST_F(OnMedium, StopsAfterThePieceUnderWayForTheDaemonsEnd) {
  MemoryUnitStore store;
  target_.unit_->keep_in(store, {});
  target_.volume_.hold();
  ASSERT_TRUE(overwrite(overwrite_list({1}), true).good());
  bool stopped = false;
  target_.executor_.as(0, [&] { target_.unit_->operation().stop([&] { stopped = true; }); });
  target_.settle();
  EXPECT_FALSE(stopped);
  target_.volume_.let_go();
  target_.settle();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(target_.volume_.count(Verb::write), 1u);
  EXPECT_TRUE(store.records[target_.unit_->identity().serial].unfinished);
}
TEST_F(OnMedium, WhatCannotBeKeptIsNotBegun) {
  MemoryUnitStore store;
  store.fails = true;
  target_.unit_->keep_in(store, {});
  EXPECT_TRUE(erase().failed(SenseKey::hardware_error, 0x4400));
  EXPECT_TRUE(target_.volume_.seen().empty());
  EXPECT_TRUE(ready().good());
}

class Format : public OnMedium {
 protected:
  Sent& format(const Data& list, uint8_t byte1 = 0x10) {
    return target_.send({0x04, byte1, 0, 0, 0, 0}, list);
  }
};

TEST_F(Format, LeavesZeroes) {
  ASSERT_TRUE(target_.send({0x04, 0, 0, 0, 0, 0}).good());
  EXPECT_TRUE(all(0));
  EXPECT_GT(target_.volume_.count(Verb::unmap), 0u);
}
TEST_F(Format, LeavesAPatternIfAskedTo) {
  ASSERT_TRUE(format({0, 0x88, 0, 0, 0, 0x01, 0, 2, 0x12, 0x34}).good());
  EXPECT_EQ(target_.volume_.bytes()[1000], 0x12);
  EXPECT_EQ(target_.volume_.bytes()[1001], 0x34);
}
TEST_F(Format, ImmedIsAnsweredAtOnceAndProgressIsTold) {
  target_.volume_.hold();
  ASSERT_TRUE(format({0, 0x02, 0, 0}).good());
  EXPECT_TRUE(ready().failed(SenseKey::not_ready, 0x0404));
  target_.volume_.let_go();
  target_.settle();
  EXPECT_TRUE(ready().good());
}
TEST_F(Format, ListIsCheckedBeforeAnythingIsWritten) {
  EXPECT_TRUE(format({0, 0, 0}).failed(SenseKey::illegal_request, 0x1a00));
  EXPECT_TRUE(format({1, 0, 0, 0}).invalid_in_list(0)) << "protection information";
  EXPECT_TRUE(format({0, 0x08, 0, 0}).invalid_in_list(1)) << "IP without FOV";
  EXPECT_TRUE(format({0, 0x01, 0, 0}).invalid_in_list(1));
  EXPECT_TRUE(format({0, 0, 0, 8}).invalid_in_list(2)) << "a defect list";
  EXPECT_TRUE(format({0, 0, 0, 0, 0, 0, 0, 8}, 0x30).invalid_in_list(4));
  EXPECT_TRUE(format({0, 0, 0, 1, 0, 0, 0, 0}, 0x30).invalid_in_list(3));
  EXPECT_TRUE(format({0, 0x88, 0, 0, 0, 0x02, 0, 0}).invalid_in_list(5)) << "pattern type";
  EXPECT_TRUE(format({0, 0x88, 0, 0, 0, 0x01, 3, 0}).invalid_in_list(6)) << "768 of 512 bytes";
  EXPECT_TRUE(format({0, 0x88, 0, 0, 0, 0x01, 0, 2, 1}).failed(SenseKey::illegal_request, 0x1a00));
  EXPECT_TRUE(target_.send({0x04, 0x40, 0, 0, 0, 0}).invalid_field(1, 7)) << "FMTPINFO";
  EXPECT_TRUE(target_.send({0x04, 0x08, 0, 0, 0, 0}).invalid_field(1, 3)) << "CMPLST alone";
  EXPECT_TRUE(target_.volume_.seen().empty());
}
TEST_F(Format, FailedFormatKeepsHostsFromTheMediumUntilOneSucceeds) {
  target_.volume_.fail_if([](const storage::VolumeIo&) { return Errc::medium_write; });
  EXPECT_TRUE(target_.send({0x04}).failed(SenseKey::medium_error, 0x3101));
  EXPECT_TRUE(target_.send(CdbBuilder(0x28).range(0, 1)).failed(SenseKey::medium_error, 0x3101));
  EXPECT_TRUE(target_.send({0x1a, 0, 0x3f, 0, 255, 0}).good());
  target_.volume_.fail_if(nullptr);
  EXPECT_TRUE(target_.send({0x04}).good());
  EXPECT_TRUE(target_.send(CdbBuilder(0x28).range(0, 1)).good());
}

TEST(FormatThick, ZeroesAreWrittenWhereNothingIsGivenBack) {
  TestTarget target{UnitOptions{.thin = false}};
  ASSERT_TRUE(target.send({0x04}).good());
  EXPECT_EQ(target.volume_.count(Verb::unmap), 0u);
  EXPECT_GT(target.volume_.count(Verb::write_zeroes), 0u);
}

}  // namespace
}  // namespace tidemark::scsi
