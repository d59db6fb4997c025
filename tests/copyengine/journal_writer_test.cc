// The writer and the reader, on a simulated disk.
#include "copyengine/journal_writer.h"

#include <gtest/gtest.h>

#include "base/big_endian.h"
#include "copyengine/journal_reader.h"
#include "tests/support/sim_files.h"

namespace tidemark::copyengine {
namespace {

using storage::Errc;
using storage::Verb;
using test::SimVolume;

class JournalWriterTest : public testing::Test {
 protected:
  static constexpr uint64_t kBytes = 64 * kKiB;  // eight pages an area

  std::shared_ptr<JournalWriter> open(bool flush, uint64_t generation = 0, unsigned area = 1) {
    auto opened = files_.has(1) ? files_.open(1) : files_.make(1, 4096, kBytes).value();
    JournalWriter::Parts parts{.executor = &executor_,
                               .home = 0,
                               .volume = std::move(opened.journal),
                               .flush = flush,
                               .describe =
                                   [this](const JournalWriter::Emit& emit) {
                                     emit(make_header_record(header()));
                                     Interval rest{0, UINT64_MAX};
                                     for (Interval run;
                                          !(run = on_record_.next_present(rest)).empty();
                                          rest.first = run.end)
                                       emit(make_run_record(RecordType::zero, run));
                                   },
                               .generation = generation,
                               .area = area};
    return std::make_shared<JournalWriter>(std::move(parts));
  }
  static JournalHeader header() {
    JournalHeader header;
    header.copy_id = 1;
    return header;
  }
  void begin(JournalWriter& writer) {
    writer.begin([](Errc error) { EXPECT_EQ(error, Errc::ok); });
    run();
  }
  void append(JournalWriter& writer, uint64_t grain) {
    writer.append(make_run_record(RecordType::zero, {grain, grain + 1}), [this, grain](Errc error) {
      ++answers_;
      if (error != Errc::ok) return void(++errors_);
      on_record_.insert({grain, grain + 1});
    });
  }
  void run() { executor_.run(executor_.now() + std::chrono::seconds(1)); }
  SimVolume& disk() { return files_.journal(1); }
  void count_io() {
    disk().decide(
        [this](const storage::VolumeIo& io) {
          ++(io.verb == Verb::flush ? flushes_ : writes_);
          return SimVolume::Fate{.error = fate_};
        },
        &hung_);
  }
  FoundJournal found() {
    auto read = files_.read_journal(1);
    EXPECT_TRUE(read) << read.error().message;
    return read ? std::move(read).value() : FoundJournal{};
  }

  test::SimExecutor executor_{1, 3};
  test::SimFiles files_{executor_, kBytes, 1000, nullptr};
  test::HungIo hung_;
  IntervalSet on_record_;
  Errc fate_ = Errc::ok;
  unsigned answers_ = 0, errors_ = 0, writes_ = 0, flushes_ = 0;
};

TEST_F(JournalWriterTest, WhatIsOnRecordIsRead) {
  const auto writer = open(false);
  begin(*writer);
  for (uint64_t grain = 0; grain < 5; ++grain) append(*writer, 2 * grain);
  run();
  EXPECT_EQ(answers_, 5u);
  const FoundJournal read = found();
  EXPECT_EQ(read.state.header.copy_id, 1u);
  EXPECT_EQ(read.state.zero.interval_count(), 5u);
}

TEST_F(JournalWriterTest, OneWriteAndOneFlushServeAllThatGathered) {
  const auto writer = open(true);
  begin(*writer);
  count_io();
  for (uint64_t grain = 0; grain < 100; ++grain) append(*writer, 2 * grain);
  run();
  EXPECT_EQ(answers_, 100u);
  EXPECT_EQ(writes_, 1u) << "all of one turn";
  EXPECT_EQ(flushes_, 1u);
}

TEST_F(JournalWriterTest, WhatComesWhileAFrameIsUnderWaySharesTheNextOne) {
  const auto writer = open(true);
  begin(*writer);
  count_io();
  writer->append(make_run_record(RecordType::zero, {0, 1}), [&](Errc) {
    for (uint64_t grain = 1; grain < 50; ++grain) append(*writer, 2 * grain);
  });
  run();
  EXPECT_EQ(answers_, 49u);
  EXPECT_EQ(writes_, 2u);
  EXPECT_EQ(flushes_, 2u);
}

TEST_F(JournalWriterTest, WrittenNeedsNoFlush) {
  const auto writer = open(false);
  begin(*writer);
  count_io();
  append(*writer, 1);
  run();
  EXPECT_EQ(answers_, 1u);
  EXPECT_EQ(flushes_, 0u);
}

TEST_F(JournalWriterTest, StaysInItsFileHoweverMuchIsAppended) {
  const auto writer = open(false);
  begin(*writer);
  for (uint64_t grain = 0; grain < 1000; ++grain) {
    append(*writer, grain);
    run();
  }
  EXPECT_EQ(errors_, 0u);
  const FoundJournal read = found();
  EXPECT_GT(read.generation, 100u);
  EXPECT_TRUE(read.state.zero.contains(Interval{0, 1000}));
}

TEST_F(JournalWriterTest, AStateThatDoesNotFitIsAnErrorAndNotASilence) {
  const auto writer = open(false);
  begin(*writer);
  for (uint64_t grain = 0; grain < 4000 && errors_ == 0; ++grain) {
    append(*writer, 2 * grain);  // each a run of its own
    run();
  }
  EXPECT_EQ(errors_, 1u);
  EXPECT_GT(answers_, 500u);
  const FoundJournal read = found();
  for (uint64_t grain = 0; grain + 1 < answers_; ++grain)
    ASSERT_TRUE(read.state.zero.contains(2 * grain)) << grain;
}

TEST_F(JournalWriterTest, AfterAnErrorNothingCountsAnyMore) {
  const auto writer = open(false);
  begin(*writer);
  count_io();
  fate_ = Errc::no_space;
  append(*writer, 1);
  run();
  fate_ = Errc::ok;
  append(*writer, 2);
  run();
  EXPECT_EQ(errors_, 2u);
  EXPECT_EQ(writes_, 1u);
}

TEST_F(JournalWriterTest, TheNextProcessGoesOnInTheOtherArea) {
  {
    const auto writer = open(false);
    begin(*writer);
    append(*writer, 1);
    run();
  }
  const FoundJournal first = found();
  const auto second = open(false, first.generation, first.area);
  begin(*second);
  append(*second, 5);
  run();
  const FoundJournal read = found();
  EXPECT_EQ(read.area, 1 - first.area);
  EXPECT_EQ(read.generation, first.generation + 1);
  EXPECT_TRUE(read.state.zero.contains(1));
  EXPECT_TRUE(read.state.zero.contains(5));
}

TEST_F(JournalWriterTest, NothingIsAppendedToAnotherProcesssLog) {
  const auto first = open(false);
  begin(*first);
  append(*first, 1);
  run();
  const FoundJournal left = found();
  const auto second = open(false, left.generation, left.area);
  count_io();
  append(*second, 5);  // a host was faster than begin()
  run();
  EXPECT_EQ(flushes_, 1u) << "the log that it replaces may have been flushed";
  begin(*second);
  append(*second, 7);
  run();
  const FoundJournal read = found();
  for (const uint64_t grain : {1, 5, 7}) EXPECT_TRUE(read.state.zero.contains(grain)) << grain;
}

TEST_F(JournalWriterTest, ATornTailIsCut) {
  const auto writer = open(false);
  begin(*writer);
  for (uint64_t grain = 1; grain < 4; ++grain) {
    append(*writer, 2 * grain);
    run();
  }
  // Frames: checkpoint, 2, 4, 6. Any sector of the last but one goes: so does what follows it.
  std::vector<uint8_t>& bytes = disk().bytes();
  bytes[2 * kJournalPage + kFrameHead + 3] ^= 1;
  const FoundJournal read = found();
  EXPECT_TRUE(read.state.zero.contains(2));
  EXPECT_FALSE(read.state.zero.contains(4));
  EXPECT_FALSE(read.state.zero.contains(6));
}

TEST_F(JournalWriterTest, ALogWithoutItsWholeCheckpointDoesNotCount) {
  const auto writer = open(false);
  begin(*writer);
  append(*writer, 1);
  run();
  const FoundJournal first = found();
  const auto second = open(false, first.generation, first.area);
  count_io();
  fate_ = Errc::medium_write;  // part of it may be there
  second->begin([](Errc) {});
  run();
  const FoundJournal read = found();
  EXPECT_TRUE(read.state.zero.contains(1));
}

TEST_F(JournalWriterTest, AnEmptyFileIsNoJournal) {
  (void)files_.make(1, 4096, kBytes);
  EXPECT_FALSE(files_.read_journal(1));
  EXPECT_FALSE(read_journal(100, [](uint64_t, Bytes) -> Result<void> { return {}; }));
}

TEST_F(JournalWriterTest, GarbageIsNoJournalAndHarmsNobody) {
  (void)files_.make(1, 4096, kBytes);
  for (int round = 0; round < 200; ++round) {
    std::vector<uint8_t>& bytes = disk().bytes();
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(executor_.random()());
    std::copy_n("TMJ1", 4, bytes.begin());
    store_be32(bytes.data() + 24,
               static_cast<uint32_t>(executor_.random()() % (2 * kFramePayloadMax)));
    EXPECT_FALSE(files_.read_journal(1));
  }
}

TEST_F(JournalWriterTest, EveryCutOfThePowerLeavesWhatWasAnswered) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    test::SimExecutor executor(1, seed);
    test::SimFiles files(executor, kBytes, 1000, nullptr);
    auto opened = files.make(1, 4096, kBytes).value();
    files.journal(1).keep_unflushed();
    IntervalSet answered;
    const auto writer = std::make_shared<JournalWriter>(JournalWriter::Parts{
        .executor = &executor,
        .home = 0,
        .volume = std::move(opened.journal),
        .flush = true,
        .describe = [&](const JournalWriter::Emit& emit) {
          emit(make_header_record(header()));
          Interval rest{0, UINT64_MAX};
          for (Interval run; !(run = answered.next_present(rest)).empty(); rest.first = run.end)
            emit(make_run_record(RecordType::zero, run));
        }});
    bool begun = false;
    writer->begin([&](Errc error) { begun = error == Errc::ok; });
    for (uint64_t grain = 0; grain < 60; ++grain)
      executor.post_after(0, executor.random_duration(0, 100000), [&, grain] {
        writer->append(make_run_record(RecordType::zero, {2 * grain, 2 * grain + 1}),
                       [&, grain](Errc error) {
                         if (error == Errc::ok) answered.insert({2 * grain, 2 * grain + 1});
                       });
      });
    executor.run_steps(seed % 200);
    const IntervalSet promised = answered;
    files.journal(1).crash(SimVolume::Crash::power);
    const auto read = files.read_journal(1);
    if (begun) {
      ASSERT_TRUE(read) << "seed " << seed;
      Interval rest{0, UINT64_MAX};
      for (Interval run; !(run = promised.next_present(rest)).empty(); rest.first = run.end)
        ASSERT_TRUE(read.value().state.zero.contains(run)) << "seed " << seed;
    }
    executor.run(executor.now() + std::chrono::seconds(1));
  }
}

}  // namespace
}  // namespace tidemark::copyengine
