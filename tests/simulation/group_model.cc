#include "tests/simulation/group_model.h"

#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "copyengine/copy_engine.h"
#include "copyengine/resume_check.h"
#include "copyengine/write_guard.h"
#include "storage/range_gate.h"
#include "tests/support/sim_files.h"
#include "tests/support/sim_io.h"
#include "tests/support/sim_volume.h"

namespace tidemark::test {
namespace {

using copyengine::CopyState;
using copyengine::CopyStatus;
using copyengine::GroupStatus;
using copyengine::Release;
using std::chrono::milliseconds;
using std::chrono::seconds;
using storage::Verb;

constexpr CoreId kHome = 0;
constexpr uint64_t kBytes = 256 * kKiB;
constexpr size_t kChains = 6;
constexpr uint64_t kPoison = uint64_t{1} << 32;  // written after a crash: in no copy
constexpr milliseconds kDeadline{20};

class Ledger final : public copyengine::CopyLedger {
 public:
  explicit Ledger(SimExecutor& executor) : executor_(executor) {}
  void record(const CopyStatus& status, std::function<void(bool)> done) override {
    // One after the other.
    last_ = std::max(last_, executor_.now() + executor_.random_duration(0, 300000));
    executor_.post_after(kHome, last_ - executor_.now(),
                         [this, status, done = std::move(done), process = process_] {
                           if (process == process_ && !crashed_) kept[status.id] = status;
                           done(true);
                         });
  }
  /// Until revive(), whoever has crashed may believe what it likes.
  void crash() {
    ++process_;
    crashed_ = true;
  }
  void revive() { crashed_ = false; }

  std::map<uint64_t, CopyStatus> kept;

 private:
  SimExecutor& executor_;
  unsigned process_ = 0;
  bool crashed_ = false;
  TimePoint last_{};
};

/// Writes 1, 2, 3 ... in turn to the sources, at a place of its own in each.
class GroupModel;
struct Chain {
  GroupModel* model = nullptr;
  uint64_t place = 0;
  uint64_t issued = 0;
  uint64_t answered = 0;
  std::unique_ptr<SimIo> io;
};

class GroupModel {
 public:
  explicit GroupModel(uint64_t seed)
      : executor_(static_cast<CoreId>(1 + seed % 3), seed), pairs_(2 + random() % 3) {
    for (size_t i = 0; i < pairs_; ++i) {
      for (const char* kind : {"source", "copy"}) {
        media_.push_back(std::make_unique<SimVolume>(executor_, kind + std::to_string(i), kBytes,
                                                     1000 + random() % 100000));
        media_.back()->fill_mapped();
        media_.back()->keep_unflushed();
      }
    }
    release_ = static_cast<Release>(random() % 3);
    hang_ = random() % 6 == 0;
    cancel_ = random() % 6 == 0;
    crash_ = random() % 2 == 0;
    for (size_t i = 0; i < kChains; ++i) {
      chains_[i].model = this;
      chains_[i].place = i * 32 * kKiB + random() % 8 * kSector;
    }
  }

  GroupOutcome run() {
    begin_process();
    for (Chain& chain : chains_) write_next(chain);
    if (hang_) hung_source_ = random() % pairs_;
    if (hang_)
      source(hung_source_)
          .decide(
              [this](const storage::VolumeIo& io) {
                return SimVolume::Fate{.hang = !io.internal && hang_ && random() % 4 == 0};
              },
              &hung_);
    executor_.post_after(kHome, executor_.random_duration(0, 1000000), [this] { order_group(); });
    if (crash_) {
      // In a third of the schedules before it has begun, if it comes to that.
      if (random() % 3 != 0)
        for (int step = 0; step < 20000 && !answered_; ++step) executor_.run_steps(1);
      executor_.run_steps(random() % (uint64_t{100} << random() % 5));
      crash_and_restart();
    }
    run_to_end();
    return outcome_;
  }

 private:
  struct Layers {
    Layers(SimExecutor& executor, SimVolume& medium)
        : guard(executor, kHome, medium), gate(executor, kHome, guard) {}
    copyengine::WriteGuard guard;
    storage::RangeGate gate;
  };
  struct Process {
    explicit Process(GroupModel& model)
        : engine(model.executor_, kHome, model.files_, &model.ledger_) {
      for (const auto& medium : model.media_) {
        layers.push_back(std::make_unique<Layers>(model.executor_, *medium));
        engine.add_volume(medium->traits().name, layers.back()->gate, layers.back()->guard);
      }
      engine.set_boot_id("start " + std::to_string(model.boots_));
      engine.tune({.alone = {64 * kKiB, 2}, .beside_hosts = {64 * kKiB, 1}});
    }
    std::vector<std::unique_ptr<Layers>> layers;
    copyengine::CopyEngine engine;
  };

  uint64_t random() { return executor_.random()(); }
  SimVolume& source(size_t index) { return *media_[2 * index]; }
  storage::RangeGate& gate(size_t index) { return process_->layers[2 * index]->gate; }

  // ---- hosts

  void write_next(Chain& chain) {
    if (stopped_) return;
    const uint64_t number = ++chain.issued;
    const auto core = static_cast<CoreId>(random() % executor_.core_count());
    chain.io = std::make_unique<SimIo>(Verb::write, storage::Extent{chain.place, kSector},
                                       uint8_t{0}, core);
    std::memcpy(chain.io->data.data(), &number, sizeof number);
    chain.io->io.owner = &chain;
    chain.io->io.done = [](storage::VolumeIo& io) noexcept {
      Chain& its = *static_cast<Chain*>(io.owner);
      its.model->answered(its, io.core);
    };
    executor_.post(core, [this, &chain, number] {
      if (!stopped_) gate(number % pairs_).submit(chain.io->io);
    });
  }
  void answered(Chain& chain, CoreId core) {
    chain.answered = chain.issued;
    executor_.post_after(core, executor_.random_duration(0, 20000), [this, &chain] {
      if (!stopped_) write_next(chain);
    });
  }

  // ---- processes

  void begin_process() { process_ = std::make_unique<Process>(*this); }

  void order_group() {
    if (stopped_) return;  // it has crashed before
    copyengine::GroupRequest request;
    for (size_t i = 0; i < pairs_; ++i) {
      copyengine::CopyRequest copy;
      copy.source = "source" + std::to_string(i);
      copy.destination = "copy" + std::to_string(i);
      copy.release = release_;
      copy.grain = copyengine::kGrainMin;
      copy.rate_limit = random() % 3 != 0 ? 4 * kMiB : 0;
      request.copies.push_back(copy);
    }
    request.fence_deadline = kDeadline;
    least_ = now_of(&Chain::answered);
    if (cancel_)
      executor_.post_after(kHome, executor_.random_duration(0, 2000000), [this] {
        process_->engine.act(1 + random() % pairs_, copyengine::CopyVerb::cancel,
                             [](Result<CopyStatus>) {});
      });
    process_->engine.start_group(request,
                                 [this, process = processes_](const Result<GroupStatus>& group) {
                                   if (process != processes_) return;
                                   if (!group) return fail("refused: " + group.error().message);
                                   check_all_or_none(group.value());
                                   most_ = now_of(&Chain::issued);
                                   answered_ = true;
                                 });
  }

  std::vector<uint64_t> now_of(uint64_t Chain::*what) const {
    std::vector<uint64_t> values;
    for (const Chain& chain : chains_) values.push_back(chain.*what);
    return values;
  }

  void check_all_or_none(const GroupStatus& group) {
    size_t going = 0;
    for (const CopyStatus& copy : group.copies) {
      going += !ended(copy.state) || copy.state == CopyState::completed;
      if (copy.t0_unix_ns != group.t0_unix_ns()) fail("two begin times");
    }
    outcome_.begun = going > 0;
    outcome_.called_off = going == 0;
    // One that is cancelled after the begin time goes alone.
    if (going == 0 || going + cancel_ >= pairs_) return;
    std::string ends;
    for (const CopyStatus& copy : group.copies)
      ends += " " + std::string(name_of(copy.state)) + " (" + copy.error_text + ")";
    fail("a copy goes on without the others:" + ends);
  }

  void crash_and_restart() {
    const auto kind = random() % 2 == 0 ? SimVolume::Crash::process : SimVolume::Crash::power;
    stopped_ = true;
    const bool told = std::exchange(answered_, false) && outcome_.begun;
    ++processes_;
    boots_ += kind == SimVolume::Crash::power;
    ledger_.crash();
    for (const auto& medium : media_) medium->crash(kind);
    files_.crash(kind);
    hang_ = false;
    hung_.let_go();
    for (uint64_t id = 1; id <= pairs_; ++id)
      process_->engine.act(id, copyengine::CopyVerb::cancel, [](Result<CopyStatus>) {});
    executor_.run(executor_.now() + seconds(100));
    executor_.drop_all();
    process_.reset();
    for (const auto& medium : media_) medium->revive();
    files_.revive();
    ledger_.revive();
    begin_process();
    take_up(kind, told);
    for (size_t i = 0; i < pairs_; ++i) poison(i);
  }

  void take_up(SimVolume::Crash kind, bool told) {
    for (auto& [id, status] : ledger_.kept) {
      if (ended(status.state)) continue;
      std::optional<copyengine::JournalEnd> end = copyengine::broken_because("engine", "ram");
      if (release_ != Release::ram) {
        auto found = files_.read_journal(id);
        end = found ? process_->engine.take_up(status, std::move(found).value(), files_.open(id))
                    : copyengine::broken_because("journal", found.error().message);
      }
      outcome_.resumed += !end;
      const bool outlives = release_ == Release::durable ||
                            (release_ == Release::written && kind == SimVolume::Crash::process);
      if (end && told && outlives && end->state == CopyState::broken && !cancel_)
        fail("a copy was lost: " + end->text);
    }
  }

  /// Later writes over every place, which no copy may show.
  void poison(size_t index) {
    for (const Chain& chain : chains_) {
      auto io = std::make_unique<SimIo>(Verb::write, storage::Extent{chain.place, kSector});
      std::memcpy(io->data.data(), &kPoison, sizeof kPoison);
      executor_.post(kHome, [this, index, raw = io.get()] { gate(index).submit(raw->io); });
      poison_.push_back(std::move(io));
    }
  }

  void run_to_end() {
    const TimePoint began = executor_.now();
    while (!answered_ && !crash_ && executor_.now() < began + seconds(1))
      executor_.run(executor_.now() + milliseconds(1));
    if (!crash_ && !answered_) fail("the group was never answered");
    if (outcome_.called_off) check_undone();
    executor_.run(executor_.now() + milliseconds(20));
    stopped_ = true;
    hang_ = false;
    hung_.let_go();
    executor_.run(executor_.now() + seconds(60));
    std::vector<CopyStatus> all;
    process_->engine.list([&all](std::vector<CopyStatus> found) { all = std::move(found); });
    executor_.run(executor_.now() + seconds(10));
    check_moment(all);
    bool down = false;
    process_->engine.shut_down([&down] { down = true; });
    executor_.run(executor_.now() + seconds(10));
    if (!down) fail("the engine did not shut down");
    for (const auto& io : poison_)
      if (!io->ok()) fail("a host write never ended");
    process_.reset();
  }

  /// TheFenceUndoesItself.
  void check_undone() {
    for (size_t i = 0; i < pairs_; ++i) {
      poison_.push_back(
          std::make_unique<SimIo>(Verb::write, storage::Extent{kBytes - kSector, kSector}));
      poison_.back()->submit(executor_, gate(i));
    }
    executor_.run(executor_.now() + milliseconds(5));
    for (size_t i = 0; i < pairs_; ++i) {
      if (i != hung_source_ && !poison_[i]->ok()) fail("a source is still closed");
      if (process_->layers[2 * i + 1]->gate.host_write_protected(kHome))
        fail("a destination is still protected");
    }
  }

  /// OneMomentForAll.
  void check_moment(const std::vector<CopyStatus>& all) {
    std::vector<size_t> completed;
    for (const CopyStatus& copy : all) {
      if (!ended(copy.state)) fail("a copy never ended");
      if (copy.state == CopyState::completed) completed.push_back(copy.id - 1);
    }
    outcome_.completed = completed.size() == pairs_;
    for (size_t c = 0; c < kChains; ++c) {
      std::map<size_t, uint64_t> seen;
      uint64_t last = 0;
      for (const size_t index : completed) {
        std::memcpy(&seen[index], media_[2 * index + 1]->bytes().data() + chains_[c].place,
                    sizeof(uint64_t));
        last = std::max(last, seen[index]);
      }
      if (last == 0 && !least_.empty() && outcome_.completed && least_[c] > 0)
        return fail("what was answered before the group was ordered is missing");
      if (last >= kPoison) return fail("a later write is in the copy");
      if (outcome_.completed && !least_.empty() && last < least_[c])
        return fail("what was answered before the group was ordered is missing");
      if (!most_.empty() && last > most_[c]) return fail("a later write is in the copy");
      // With some of the copies the moment may lie beyond the last write they show.
      for (uint64_t moment = last; moment < last + pairs_; ++moment) {
        bool fits = true;
        for (const auto& [index, value] : seen) fits &= value == last_of(index, moment);
        if (fits) break;
        if (moment + 1 == last + pairs_)
          return fail("chain " + std::to_string(c) + " is not as any moment left it");
      }
    }
  }
  /// The last write up to `moment` that went to this source; 0 if there was none.
  uint64_t last_of(size_t index, uint64_t moment) const {
    const uint64_t behind = (moment + pairs_ - index) % pairs_;
    return behind > moment ? 0 : moment - behind;
  }

  void fail(const std::string& what) {
    if (outcome_.failure.empty()) outcome_.failure = what;
  }

  SimExecutor executor_;
  size_t pairs_;
  std::vector<std::unique_ptr<SimVolume>> media_;  // source, copy, source, copy ...
  SimFiles files_{executor_, 64 * kKiB, 50000,
                  [](SimVolume& file, const std::string&) { file.keep_unflushed(); }};
  Ledger ledger_{executor_};
  HungIo hung_;
  Release release_ = Release::written;
  bool hang_ = false, cancel_ = false, crash_ = false;
  size_t hung_source_ = SIZE_MAX;
  bool stopped_ = false;
  bool answered_ = false;
  unsigned processes_ = 0;
  unsigned boots_ = 0;
  Chain chains_[kChains];
  std::vector<uint64_t> least_, most_;
  std::vector<std::unique_ptr<SimIo>> poison_;
  std::unique_ptr<Process> process_;
  GroupOutcome outcome_;
};

}  // namespace

GroupOutcome run_group_model(uint64_t seed) {
  return GroupModel(seed).run();
}

}  // namespace tidemark::test
