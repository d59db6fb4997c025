// CopyServiceGlue: what the SCSI floor sees of the copy engine. Real engine, real cores, volumes in
// memory.
#include "mgmt/daemon/copy_service_glue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "mgmt/daemon/file_ledger.h"
#include "mgmt/daemon/kept_files.h"
#include "mgmt/daemon/served_volume.h"
#include "mgmt/daemon/waiting.h"
#include "storage/open_volume.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

using scsi::CopyRefusal;
using scsi::CopyReport;

constexpr uint64_t kSize = 8 * kMiB;
constexpr CoreId kHome = 0;
constexpr CoreId kAsker = 1;
constexpr Duration kGather = std::chrono::milliseconds(20);

scsi::SnapshotCopyOrder order(const char* source, const char* destination, uint32_t grain = 0,
                              uint64_t rate_limit = 0) {
  scsi::SnapshotCopyOrder made;
  made.source = source;
  made.destination = destination;
  made.grain = grain;
  made.rate_limit = rate_limit;
  return made;
}

class CopyServiceGlueTest : public testing::Test {
 protected:
  CopyServiceGlueTest() {
    auto made = storage::make_engines(cores_, storage::EngineChoice::threads);
    engines_ = std::move(made).value();
    for (const char* name : {"/stores", "/journals"})
      std::filesystem::create_directory(directory_.path() + name);
    files_ = std::make_unique<KeptFiles>(directory_.path() + "/stores",
                                         directory_.path() + "/journals", *engines_);
    copies_ = std::make_unique<copyengine::CopyEngine>(cores_, kHome, *files_, &ledger_);
    for (const char* name : {"a", "b"}) {
      auto opened = storage::open_volume({name, "memory:", kSize, 512, false, false}, *engines_);
      volumes_.push_back(std::make_unique<ServedVolume>(cores_, kHome, std::move(opened).value()));
      copies_->add_volume(name, volumes_.back()->gate, volumes_.back()->guard);
    }
    glue_ = std::make_unique<CopyServiceGlue>(cores_, *copies_, kHome, kGather);
    cores_.start();
  }
  ~CopyServiceGlueTest() override {
    EXPECT_TRUE(wait_until_done(
        [this](std::function<void()> done) {
          cores_.post(kHome, [this, done = std::move(done)] { copies_->shut_down(done); });
        },
        std::chrono::seconds(20)));
    cores_.stop();
    cores_.join();
  }

  // Calls `ask(promise)` on the asking core and waits for the promise.
  template <class T>
  T on_asker(const std::function<void(std::promise<T>&)>& ask) {
    std::promise<T> promise;
    cores_.post(kAsker, [&] { ask(promise); });
    return promise.get_future().get();
  }

  struct Started {
    uint64_t id = 0;
    CopyRefusal why = CopyRefusal::none;
    CoreId core = 0;
  };
  Started start(const scsi::SnapshotCopyOrder& wanted) {
    return on_asker<Started>([&](std::promise<Started>& told) {
      glue_->copy_snapshot(wanted, kAsker, [&](uint64_t id, CopyRefusal why) {
        told.set_value({id, why, cores_.current_core()});
      });
    });
  }
  CopyReport report(uint64_t id) {
    return on_asker<CopyReport>([&](std::promise<CopyReport>& told) {
      glue_->report(id, kAsker, [&](bool, const CopyReport& now) { told.set_value(now); });
    });
  }

  size_t copies_made() {
    return on_asker<size_t>([&](std::promise<size_t>& told) {
      glue_->list(kAsker, [&](const std::vector<CopyReport>& all) { told.set_value(all.size()); });
    });
  }

  TemporaryDirectory directory_;
  CorePool cores_{2};
  FileLedger ledger_{cores_, kHome, CopyRecords(directory_.path()), nullptr};
  std::unique_ptr<storage::Engines> engines_;
  std::vector<std::unique_ptr<ServedVolume>> volumes_;
  std::unique_ptr<KeptFiles> files_;
  std::unique_ptr<copyengine::CopyEngine> copies_;
  std::unique_ptr<CopyServiceGlue> glue_;
};

TEST_F(CopyServiceGlueTest, ARangeCopyIsAcceptedThenEnds) {
  std::promise<CopyReport> ended;
  std::atomic<bool> accepted = false;
  scsi::RangeCopyOrder ranges{"a", "b", {{0, kMiB, kMiB}, {4 * kMiB, 0, 512}, {0, 0, 0}}, "iqn.x"};
  cores_.post(kAsker, [&] {
    glue_->copy_ranges(
        ranges, kAsker,
        [&](uint64_t id, CopyRefusal why) {
          EXPECT_EQ(id, 1u);
          EXPECT_EQ(why, CopyRefusal::none);
          EXPECT_EQ(cores_.current_core(), kAsker);
          accepted = true;
        },
        [&](const CopyReport& end) {
          EXPECT_TRUE(accepted);
          EXPECT_EQ(cores_.current_core(), kAsker);
          ended.set_value(end);
        });
  });
  const CopyReport end = ended.get_future().get();
  EXPECT_EQ(end.state, scsi::CopyState::completed);
  EXPECT_EQ(end.bytes_total, kMiB + 512);
  EXPECT_EQ(end.bytes_copied, kMiB + 512);
  EXPECT_EQ(report(1).state, scsi::CopyState::completed);
}

TEST_F(CopyServiceGlueTest, ManyShortRangeCopiesEachEndOnce) {
  constexpr int kCount = 50;
  std::atomic<int> ended = 0;
  std::promise<void> all;
  cores_.post(kAsker, [&] {
    for (uint64_t i = 0; i < kCount; ++i)
      glue_->copy_ranges(
          {"a", "b", {{i * 65536, i * 65536, 512}}, ""}, kAsker,
          [](uint64_t id, CopyRefusal) { EXPECT_NE(id, 0u); },
          [&](const CopyReport& end) {
            EXPECT_EQ(end.state, scsi::CopyState::completed) << end.error_text;
            if (++ended == kCount) all.set_value();
          });
  });
  all.get_future().wait();
}

TEST_F(CopyServiceGlueTest, RangesThatComeTogetherBecomeFewerCopiesAndEachEndsWithItsOwn) {
  constexpr uint64_t kCount = 32;
  std::atomic<uint64_t> ended = 0;
  std::promise<void> all;
  cores_.post(kAsker, [&] {
    for (uint64_t i = 0; i < kCount; ++i) {
      scsi::RangeCopyOrder order{"a", "b", {{i * 65536, i * 65536, 512 * (i + 1)}}, "iqn.x"};
      order.may_be_gathered = true;
      glue_->copy_ranges(
          order, kAsker, [](uint64_t id, CopyRefusal) { EXPECT_NE(id, 0u); },
          [&, i](const CopyReport& end) {
            EXPECT_EQ(end.state, scsi::CopyState::completed) << end.error_text;
            EXPECT_EQ(end.bytes_copied, 512 * (i + 1));
            EXPECT_EQ(cores_.current_core(), kAsker);
            if (++ended == kCount) all.set_value();
          });
    }
  });
  all.get_future().wait();
  EXPECT_LT(copies_made(), 8u);
}

TEST_F(CopyServiceGlueTest, RefusalsAreTold) {
  EXPECT_EQ(start(order("nothing", "b")).why, CopyRefusal::not_found);
  EXPECT_EQ(start(order("a", "b", 3)).why, CopyRefusal::invalid);
  const auto beyond = on_asker<CopyRefusal>([&](std::promise<CopyRefusal>& told) {
    glue_->copy_ranges(
        {"a", "b", {{kSize, 0, 512}}, ""}, kAsker,
        [&](uint64_t id, CopyRefusal why) {
          EXPECT_EQ(id, 0u);
          told.set_value(why);
        },
        [](const CopyReport&) { ADD_FAILURE() << "a refused copy has no end"; });
  });
  EXPECT_EQ(beyond, CopyRefusal::invalid);
}

TEST_F(CopyServiceGlueTest, ASnapshotCopyCanBeWatchedAndCancelled) {
  // Something to copy: memory that was never written counts as a hole.
  std::vector<uint8_t> data(kSize, 0x5a);
  iovec vector{data.data(), data.size()};
  storage::VolumeIo io;
  std::promise<void> written;
  cores_.post(kHome, [&] {
    io.verb = storage::Verb::write;
    io.core = kHome;
    io.extent = {0, kSize};
    io.memory = {&vector, 1};
    io.owner = &written;
    io.done = [](storage::VolumeIo& done) noexcept {
      static_cast<std::promise<void>*>(done.owner)->set_value();
    };
    volumes_[0]->gate.submit(io);
  });
  written.get_future().wait();

  const Started started = start(order("a", "b", 0, kMiB));
  EXPECT_EQ(started.why, CopyRefusal::none);
  EXPECT_EQ(started.core, kAsker);
  const CopyReport now = report(started.id);
  EXPECT_EQ(now.id, started.id);
  EXPECT_EQ(now.bytes_total, kSize);
  EXPECT_NE(now.t0_unix_ms, 0u);
  const uint64_t covered = on_asker<uint64_t>([&](std::promise<uint64_t>& told) {
    glue_->map(started.id, 0, 4096, kAsker, [&](bool found, std::vector<scsi::MapRun> runs) {
      EXPECT_TRUE(found);
      uint64_t sum = 0;
      for (const scsi::MapRun& run : runs) sum += run.length;
      told.set_value(sum);
    });
  });
  EXPECT_EQ(covered, kSize);
  EXPECT_EQ(start(order("a", "b")).why, CopyRefusal::conflict);
  const auto cancel = [&](uint64_t id) {
    return on_asker<bool>([&](std::promise<bool>& told) {
      glue_->cancel(id, kAsker, [&](bool found) { told.set_value(found); });
    });
  };
  EXPECT_TRUE(cancel(started.id));
  EXPECT_FALSE(cancel(77));
}

TEST_F(CopyServiceGlueTest, AnUnknownCopyIsNotFound) {
  EXPECT_FALSE(on_asker<bool>([&](std::promise<bool>& told) {
    glue_->report(9, kAsker, [&](bool found, const CopyReport&) { told.set_value(found); });
  }));
  EXPECT_FALSE(on_asker<bool>([&](std::promise<bool>& told) {
    glue_->map(9, 0, 1, kAsker,
               [&](bool found, const std::vector<scsi::MapRun>&) { told.set_value(found); });
  }));
}

}  // namespace
}  // namespace tidemark::mgmt
