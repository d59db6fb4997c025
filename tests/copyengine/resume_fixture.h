// Copies with a journal and what outlives their engine, over a crash of the process or of the
// machine.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <optional>

#include "copyengine/copy_engine.h"
#include "copyengine/resume_check.h"
#include "copyengine/write_guard.h"
#include "storage/range_gate.h"
#include "tests/support/sim_files.h"
#include "tests/support/sim_io.h"

namespace tidemark::copyengine {

class KeptLedger final : public CopyLedger {
 public:
  void record(const CopyStatus& status, std::function<void(bool)> done) override {
    if (dead) return done(true);
    if (!fails) kept[status.id] = status;
    done(!fails);
  }
  std::map<uint64_t, CopyStatus> kept;
  bool fails = false;
  bool dead = false;  // whoever records has crashed: it may believe what it likes
};

class ResumeTest : public testing::Test {
 protected:
  using milliseconds = std::chrono::milliseconds;
  using seconds = std::chrono::seconds;
  using SimVolume = test::SimVolume;
  using SimIo = test::SimIo;
  using Crash = SimVolume::Crash;
  using Verb = storage::Verb;

  static constexpr uint64_t kBytes = kMiB;
  static constexpr uint32_t kGrain = 16 * kKiB;
  static constexpr uint64_t kFar = kBytes / 2;  // where a slow copier does not come

  struct Process {
    Process(ResumeTest& test)
        : source_guard(test.executor_, 0, test.source_),
          source(test.executor_, 0, source_guard),
          copy_guard(test.executor_, 0, test.copy_),
          copy(test.executor_, 0, copy_guard),
          engine(test.executor_, 0, test.files_, &test.ledger_) {
      if (test.serve_source_) engine.add_volume("source", source, source_guard);
      engine.add_volume("copy", copy, copy_guard);
      engine.set_boot_id(test.boot_id_);
      engine.tune({.alone = {64 * kKiB, 2}, .beside_hosts = {64 * kKiB, 1}});
    }
    WriteGuard source_guard;
    storage::RangeGate source;
    WriteGuard copy_guard;
    storage::RangeGate copy;
    CopyEngine engine;
  };

  ResumeTest() {
    for (uint64_t i = 0; i < kBytes; ++i)
      source_.bytes()[i] = static_cast<uint8_t>(1 + i / 512 % 200);
    for (SimVolume* volume : {&source_, &copy_}) {
      volume->fill_mapped();
      volume->keep_unflushed();
    }
    process_ = std::make_unique<Process>(*this);
  }
  ~ResumeTest() override {
    // What is let go may be followed by more that hangs.
    do {
      hung_.let_go();
      run(seconds(100));
    } while (!hung_.empty());
    executor_.drop_all();
    process_.reset();
  }

  static CopyRequest request(Release release = Release::written) {
    CopyRequest request;
    request.source = "source";
    request.destination = "copy";
    request.segment_size = 256 * kKiB;
    request.release = release;
    return request;
  }
  /// A copy whose copier stops after its first chunk: what lies beyond stays owed.
  static CopyRequest guarding_only(Release release = Release::written) {
    CopyRequest slow = request(release);
    slow.rate_limit = 1;
    return slow;
  }
  void run(Duration time = milliseconds(20)) { executor_.run(executor_.now() + time); }

  uint64_t start(const CopyRequest& wanted) {
    image_ = source_.bytes();
    std::optional<CopyStatus> answer;
    process_->engine.start(wanted, [&](Result<CopyStatus> result) {
      if (result) answer = result.value();
    });
    run();
    if (!answer) ADD_FAILURE() << "not started";
    return answer ? answer->id : 0;
  }
  CopyStatus get(uint64_t id) {
    CopyStatus status;
    process_->engine.get(id, [&](Result<CopyStatus> result) {
      if (result) status = result.value();
    });
    run(milliseconds(1));
    return status;
  }
  bool act(uint64_t id, CopyVerb verb) {
    bool done = false;
    process_->engine.act(id, verb, [&](Result<CopyStatus> result) { done = result.ok(); });
    run(milliseconds(1));
    return done;
  }
  CopyState run_to_end(uint64_t id) {
    for (int i = 0; i < 100 && !ended(get(id).state); ++i) run(milliseconds(500));
    return get(id).state;
  }
  bool write(uint64_t offset, uint64_t length, uint8_t fill) {
    SimIo io(Verb::write, {offset, length}, fill);
    io.submit(executor_, process_->source);
    run();
    return io.ok();
  }

  /// The process dies, and with `kind` power the machine goes down.
  void crash(Crash kind) {
    source_.crash(kind);
    copy_.crash(kind);
    files_.crash(kind);
    ledger_.dead = true;
    if (kind == Crash::power) boot_id_ += "'";
    hung_.let_go();
    for (uint64_t id = 1; id < 4; ++id)
      process_->engine.act(id, CopyVerb::cancel, [](Result<CopyStatus>) {});
    run(seconds(100));
    executor_.drop_all();
    process_.reset();
    source_.revive();
    copy_.revive();
    files_.revive();
    ledger_.fails = ledger_.dead = false;
  }
  /// The next process. How the copy has ended, if it does not go on.
  std::optional<JournalEnd> restart(uint64_t id) {
    process_ = std::make_unique<Process>(*this);
    const CopyStatus known = ledger_.kept.at(id);
    auto found = files_.read_journal(id);
    if (!found) return broken_because("journal", found.error().message);
    return process_->engine.take_up(known, std::move(found).value(), files_.open(id));
  }
  /// As SIGTERM has it.
  void stop() {
    bool down = false;
    process_->engine.stop_copying([] {});
    run();
    process_->engine.shut_down([&down] { down = true; });
    run(seconds(1));
    EXPECT_TRUE(down);
  }
  bool equals_t0() { return copy_.bytes() == image_; }

  test::HungIo hung_;
  test::SimExecutor executor_{1, 42};
  SimVolume source_{executor_, "source", kBytes, 20000};
  SimVolume copy_{executor_, "copy", kBytes, 20000};
  test::SimFiles files_{executor_, 64 * kKiB, 20000,
                        [](SimVolume& file, const std::string&) { file.keep_unflushed(); }};
  KeptLedger ledger_;
  std::string boot_id_ = "first";
  bool serve_source_ = true;
  std::vector<uint8_t> image_;
  std::unique_ptr<Process> process_;
};

}  // namespace tidemark::copyengine
