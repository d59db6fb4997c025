// What a restart knows of the copies before it, and the directory it knows it from.
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>

#include "base/core_pool.h"
#include "mgmt/daemon/copy_records.h"
#include "mgmt/daemon/copy_recovery.h"
#include "mgmt/daemon/file_ledger.h"
#include "mgmt/daemon/kept_files.h"
#include "mgmt/daemon/state_dir.h"
#include "mgmt/http/copy_codec.h"
#include "mgmt/http/json_text.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

using copyengine::CopyState;
using copyengine::CopyStatus;

CopyStatus some_copy(uint64_t id, CopyState state) {
  CopyStatus status;
  status.id = id;
  status.state = state;
  status.request.source = "source";
  status.request.destination = "copy";
  status.request.consistency = copyengine::Consistency::segment;
  status.request.release = copyengine::Release::ram;
  status.request.on_preserve_error = copyengine::OnPreserveError::fail_write;
  status.request.origin = copyengine::Origin::xcopy;
  status.request.initiator = "iqn.2026-11.test:host";
  status.request.ranges = {{0, 4096, 8192}};
  status.request.rate_limit = 77;
  status.t0_unix_ns = 1'700'000'000'000'000'001;
  status.started_unix_ns = 1'700'000'000'000'000'000;
  status.ended_unix_ns = copyengine::ended(state) ? 1'700'000'001'000'000'000 : 0;
  status.fence_time = std::chrono::microseconds(250);
  status.bytes_total = 8192;
  status.bytes_done = 4096;
  status.bytes_preserved = 16384;
  status.held_total = 3;
  status.holds.add(std::chrono::microseconds(90));
  status.holds.add(std::chrono::microseconds(1500));
  status.segments_total = 1;
  return status;
}

TEST(CopyRecords, WhatIsWrittenIsRead) {
  TemporaryDirectory directory;
  CopyRecords records(directory.path());
  CopyStatus written = some_copy(5, CopyState::failed);
  written.error = storage::Errc::medium_read;
  written.error_party = "source";
  written.error_text = "the source could not be read";
  written.error_range = 0;
  written.error_extent = {4096, 512};
  ASSERT_TRUE(records.write(written));
  const auto known = records.read_all();
  ASSERT_TRUE(known);
  ASSERT_EQ(known.value().size(), 1u);
  EXPECT_EQ(json_text(encode_copy(known.value()[0])), json_text(encode_copy(written)));
}

TEST(CopyRecovery, CopiesThatLeftNoJournalAreBrokenDurably) {
  TemporaryDirectory directory;
  const auto state_dir = StateDir::open(directory.path());
  ASSERT_TRUE(state_dir);
  CopyRecords records(state_dir.value().copies());
  uint64_t id = 1;
  for (const CopyState state :
       {CopyState::preparing, CopyState::copying, CopyState::paused, CopyState::draining}) {
    CopyStatus left = some_copy(id++, state);
    left.request.release = copyengine::Release::written;
    ASSERT_TRUE(records.write(left));
  }
  ASSERT_TRUE(records.write(some_copy(5, CopyState::copying)));  // release ram
  ASSERT_TRUE(records.write(some_copy(6, CopyState::completed)));
  directory.write("stores/12", "old data of nobody");
  directory.write("journals/12", "");

  CorePool cores(1);
  auto engines = storage::make_engines(cores, storage::EngineChoice::threads);
  ASSERT_TRUE(engines);
  KeptFiles files(state_dir.value().stores(), state_dir.value().journals(), *engines.value());
  copyengine::CopyEngine engine(cores, 0, files, nullptr);
  auto known = records.read_all();
  ASSERT_TRUE(known);
  ASSERT_TRUE(recover_copies(std::move(known).value(), records, files, engine));

  const auto after = records.read_all();
  ASSERT_TRUE(after);
  ASSERT_EQ(after.value().size(), 6u);
  for (const CopyStatus& status : after.value()) {
    if (status.id == 6) {
      EXPECT_EQ(status.state, CopyState::completed);
      continue;
    }
    EXPECT_EQ(status.state, CopyState::broken);
    EXPECT_FALSE(status.error_text.empty());
    EXPECT_GT(status.ended_unix_ns, status.started_unix_ns);
  }
  EXPECT_NE(after.value()[4].error_text.find("'ram' does not outlive"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(state_dir.value().stores()));
  EXPECT_TRUE(std::filesystem::is_empty(state_dir.value().journals()));
}

TEST(CopyRecords, EndedCopiesStayAsTheyEnded) {
  TemporaryDirectory directory;
  CopyRecords records(directory.path());
  ASSERT_TRUE(records.write(some_copy(2, CopyState::completed)));
  ASSERT_TRUE(records.write(some_copy(10, CopyState::cancelled)));
  const auto known = records.read_all();
  ASSERT_TRUE(known);
  ASSERT_EQ(known.value().size(), 2u);
  EXPECT_EQ(known.value()[0].state, CopyState::completed);
  EXPECT_EQ(known.value()[1].state, CopyState::cancelled);
}

TEST(CopyRecords, WhatCannotBeReadIsBrokenNotForgotten) {
  const char* texts[] = {"", "{", "[]", "{}", "\xff", R"({"id": "three"})", R"({"id": 4})"};
  for (const char* text : texts) {
    TemporaryDirectory directory;
    directory.write("3.json", text);
    const auto known = CopyRecords(directory.path()).read_all();
    ASSERT_TRUE(known) << text;
    ASSERT_EQ(known.value().size(), 1u) << text;
    EXPECT_EQ(known.value()[0].id, 3u);
    EXPECT_EQ(known.value()[0].state, CopyState::broken);
    EXPECT_TRUE(known.value()[0].error_text.starts_with("its record cannot be read")) << text;
  }
}

TEST(CopyRecords, OtherFilesAreLeftAlone) {
  TemporaryDirectory directory;
  directory.write("7.json.new", "{");
  directory.write("notes.json", "{");
  directory.write("0.json", "{");
  const auto known = CopyRecords(directory.path()).read_all();
  ASSERT_TRUE(known);
  EXPECT_TRUE(known.value().empty());
}

TEST(CopyRecords, OnlyTheLatestAreKept) {
  TemporaryDirectory directory;
  CopyRecords records(directory.path());
  const std::string text = json_text(encode_copy(some_copy(1, CopyState::completed)));
  const size_t count = CopyRecords::kKept + 5;
  for (size_t id = 1; id <= count; ++id)
    directory.write(std::to_string(id) + ".json",
                    "{\"id\":" + std::to_string(id) + text.substr(text.find(',')));
  const auto known = records.read_all();
  ASSERT_TRUE(known);
  ASSERT_EQ(known.value().size(), CopyRecords::kKept);
  EXPECT_EQ(known.value().front().id, 6u);
  EXPECT_FALSE(std::filesystem::exists(directory.path() + "/5.json"));
}

TEST(FileLedger, AnswersOnTheHomeCoreOnceItIsOnDisk) {
  TemporaryDirectory directory;
  CorePool cores(2);
  cores.start();
  FileLedger ledger(cores, 1, CopyRecords(directory.path()), nullptr);
  std::promise<CoreId> where;
  ledger.record(some_copy(9, CopyState::copying), [&](bool kept) {
    EXPECT_TRUE(kept);
    where.set_value(cores.current_core());
  });
  EXPECT_EQ(where.get_future().get(), 1);
  EXPECT_NE(directory.read("9.json").find("\"copying\""), std::string::npos);
}

TEST(FileLedger, AFailedWriteStillAnswers) {
  CorePool cores(1);
  cores.start();
  FileLedger ledger(cores, 0, CopyRecords("/nonexistent"), nullptr);
  std::promise<bool> answered;
  ledger.record(some_copy(9, CopyState::copying), [&](bool kept) { answered.set_value(kept); });
  EXPECT_FALSE(answered.get_future().get());
}

// As on a full disk: the end cannot be written, but what says that the copy goes on can be removed.
TEST(FileLedger, WhatCannotBeRecordedAsEndedCannotBeTakenUpEither) {
  TemporaryDirectory directory;
  const auto state = StateDir::open(directory.path());
  ASSERT_TRUE(state);
  CorePool cores(1);
  auto engines = storage::make_engines(cores, storage::EngineChoice::threads);
  ASSERT_TRUE(engines);
  KeptFiles files(state.value().stores(), state.value().journals(), *engines.value());
  cores.start();
  FileLedger ledger(cores, 0, CopyRecords("/nonexistent"), &files);
  const auto kept = [&ledger](uint64_t id, CopyState copy_state) {
    std::promise<bool> answered;
    ledger.record(some_copy(id, copy_state), [&](bool on_disk) { answered.set_value(on_disk); });
    return answered.get_future().get();
  };
  for (uint64_t id = 3; id <= 5; ++id) ASSERT_TRUE(files.make(id, kMiB, 64 * kKiB));
  EXPECT_FALSE(kept(3, CopyState::copying));
  EXPECT_TRUE(files.reopen(3)) << "it runs, and may be gone on with";
  EXPECT_FALSE(kept(4, CopyState::completed));
  EXPECT_TRUE(files.reopen(4)) << "its journal says so too";
  EXPECT_TRUE(kept(5, CopyState::cancelled));
  EXPECT_FALSE(files.reopen(5));
}

TEST(FileLedger, ItsEndWritesWhatIsQueued) {
  TemporaryDirectory directory;
  CorePool cores(1);
  {
    FileLedger ledger(cores, 0, CopyRecords(directory.path()), nullptr);
    for (uint64_t id = 1; id <= 20; ++id) ledger.record(some_copy(id, CopyState::copying), nullptr);
  }
  EXPECT_EQ(CopyRecords(directory.path()).read_all().value().size(), 20u);
}

TEST(StateDir, IsMadeForItsOwnerOnly) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/a/b";
  const auto state = StateDir::open(path);
  ASSERT_TRUE(state) << state.error().message;
  const auto mode = std::filesystem::status(path).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_all);
  EXPECT_TRUE(std::filesystem::is_directory(state.value().stores()));
  EXPECT_TRUE(std::filesystem::is_directory(state.value().copies()));
}

TEST(StateDir, KeepsItsIdentity) {
  TemporaryDirectory directory;
  const std::string first = StateDir::open(directory.path()).value().id();
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ(StateDir::open(directory.path()).value().id(), first);
  TemporaryDirectory other;
  EXPECT_NE(StateDir::open(other.path()).value().id(), first);
}

TEST(StateDir, BelongsToOneDaemonAtATime) {
  TemporaryDirectory directory;
  const auto first = StateDir::open(directory.path());
  ASSERT_TRUE(first);
  const auto second = StateDir::open(directory.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_NE(second.error().message.find("is in use by another daemon"), std::string::npos);
}

TEST(KeptFiles, StayUntilTheyAreRemoved) {
  TemporaryDirectory directory;
  const auto state = StateDir::open(directory.path());
  ASSERT_TRUE(state);
  CorePool cores(1);
  auto engines = storage::make_engines(cores, storage::EngineChoice::threads);
  ASSERT_TRUE(engines);
  KeptFiles files(state.value().stores(), state.value().journals(), *engines.value());
  {
    ASSERT_TRUE(files.make(3, kMiB, 64 * kKiB));
    EXPECT_FALSE(files.make(3, kMiB, 64 * kKiB)) << "it is there already";
  }
  {
    auto again = files.reopen(3);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again.value().store->traits().bytes, kMiB);
    EXPECT_EQ(again.value().journal->traits().bytes, 64 * kKiB);
  }
  EXPECT_FALSE(files.read_journal(3)) << "nothing is in it";
  ASSERT_TRUE(files.keep_only({3}));
  EXPECT_TRUE(files.reopen(3));
  ASSERT_TRUE(files.keep_only({}));
  EXPECT_FALSE(files.reopen(3));
}

TEST(KeptFiles, WithoutAJournalNothingHasAName) {
  TemporaryDirectory directory;
  const auto state = StateDir::open(directory.path());
  ASSERT_TRUE(state);
  CorePool cores(1);
  auto engines = storage::make_engines(cores, storage::EngineChoice::threads);
  ASSERT_TRUE(engines);
  KeptFiles files(state.value().stores(), state.value().journals(), *engines.value());
  const auto made = files.make(3, kMiB, 0);
  ASSERT_TRUE(made);
  EXPECT_EQ(made.value().journal, nullptr);
  EXPECT_TRUE(std::filesystem::is_empty(state.value().stores()));
}

}  // namespace
}  // namespace tidemark::mgmt
