#include "tests/simulation/copy_model.h"

#include <cstring>
#include <map>
#include <memory>
#include <set>

#include "copyengine/resume_check.h"
#include "tests/simulation/sim_hosts.h"
#include "tests/simulation/sim_machine.h"

namespace tidemark::test {
namespace {

using copyengine::Consistency;
using copyengine::CopyState;
using copyengine::CopyStatus;
using copyengine::Release;
using std::chrono::milliseconds;
using std::chrono::seconds;
using storage::Extent;

class CopyModel {
 public:
  explicit CopyModel(uint64_t seed)
      : executor_(static_cast<CoreId>(1 + seed % 3), seed),
        plan_(executor_.random()),
        hung_before_(plan_.hang != SimPlan::Party::none),
        machine_(executor_, plan_),
        hosts_(executor_, plan_.sparse) {}

  ModelOutcome run() {
    hosts_.fill(machine_.volume("source"));
    if (plan_.crashes > 0) machine_.volume("source").keep_unflushed();
    if (plan_.within) hosts_.keep_out_of({plan_.half(), plan_.bytes() - plan_.half()});
    begin_process();
    order_copy(0, Duration(random() % 2000000));
    if (plan_.second_copy) order_copy(1, Duration(random() % 6000000));
    hosts_.start(process_->source.gate);
    for (unsigned crash = 0; crash < plan_.crashes && outcome_.failure.empty(); ++crash) {
      for (int step = 0; step < 4000 && told_.empty(); ++step) executor_.run_steps(1);
      executor_.run_steps(random() % (uint64_t{50} << random() % 6));
      crash_and_restart();
    }
    run_to_end();
    check();
    return outcome_;
  }

 private:
  uint64_t random() { return executor_.random()(); }

  // ---- a process, from its start to its end

  void begin_process() {
    process_ = std::make_unique<SimProcess>(executor_, machine_);
    stopping_ = false;
    copyengine::CopyEngine& engine = process_->engine;
    const unsigned depth = 1 + static_cast<unsigned>(random() % 3);
    engine.tune({.alone = {64 * kKiB, 3}, .beside_hosts = {64 * kKiB, depth}});
    engine.at_begin_time([this](const CopyStatus& status, const Extent& extent) {
      if (!process_->lives) return;
      std::vector<uint8_t>& image = images_[status.id];
      image.resize(plan_.bytes());
      const std::vector<uint8_t>& now = machine_.volume("source").bytes();
      std::memcpy(image.data() + extent.offset, now.data() + extent.offset, extent.length);
    });
    engine.on_change([this](const CopyStatus& status) {
      const bool onto_source = status.request.destination == "source";
      if (status.at_rest && !onto_source &&
          machine_.volume(status.request.destination).in_flight() > 0)
        fail("a copy at rest has I/O under way");
    });
    executor_.post_after(kSimHome, milliseconds(12), [this] { hosts_.stop(); });
  }

  void crash_and_restart() {
    const auto kind = random() % 2 == 0 ? SimVolume::Crash::process : SimVolume::Crash::power;
    const bool in_order = random() % 4 == 0 && stop_in_order();
    machine_.crash(kind);
    hosts_.crash(kind == SimVolume::Crash::power);
    run_down();
    machine_.revive();
    begin_process();
    take_up_copies(kind, in_order);
    hosts_.go_on(process_->source.gate);
  }

  /// As SIGTERM does it. False if something hung.
  bool stop_in_order() {
    stopping_ = true;
    // What hangs may be told after we have stopped waiting for it.
    const auto stopped = std::make_shared<bool>(false);
    const auto down = std::make_shared<bool>(false);
    process_->engine.stop_copying([stopped] { *stopped = true; });
    hosts_.stop();
    executor_.run(executor_.now() + seconds(10));
    if (!*stopped || !hosts_.all_answered()) return false;
    process_->engine.shut_down([down] { *down = true; });
    executor_.run(executor_.now() + seconds(10));
    return *down;
  }

  /// What has crashed changes nothing any more; it only lets go of what it holds.
  void run_down() {
    process_->lives = false;
    machine_.drop_hung();
    for (uint64_t id = 1; id <= last_id_; ++id)
      process_->engine.act(id, copyengine::CopyVerb::cancel, [](Result<CopyStatus>) {});
    executor_.run(executor_.now() + seconds(100));
    machine_.drop_hung();
    executor_.run(executor_.now() + seconds(100));
    if (!hosts_.all_answered()) fail("I/O to a crashed process was never answered");
    executor_.drop_all();
    leave_process();
  }

  void leave_process() {
    const OrderProbe& probe = process_->source.probe;
    if (!plan_.second_copy && probe.overtakings() > 0) fail("a held write was overtaken");
    outcome_.followed += probe.followed();
    process_.reset();
  }

  // ---- after a crash

  void take_up_copies(SimVolume::Crash kind, bool in_order) {
    std::vector<uint64_t> gone;
    for (auto& [id, status] : machine_.ledger.kept) {
      if (!ended(status.state)) {
        std::optional<copyengine::JournalEnd> end = take_up(status);
        check_promise(status, end, kind == SimVolume::Crash::power && !in_order);
        outcome_.resumed += !end;
        if (!end) continue;
        end_left_copy(status, *end, left_ ? &*left_ : nullptr);
      }
      process_->engine.add_ended(status);
      if (machine_.files.has(id)) gone.push_back(id);
    }
    for (const uint64_t id : gone) machine_.files.remove(id);
    // Whoever was paused goes on some time.
    for (uint64_t id = 1; id <= last_id_; ++id) resume_later(id);
  }

  std::optional<copyengine::JournalEnd> take_up(const CopyStatus& status) {
    own_end_ = false;
    left_.reset();
    if (status.request.release == Release::ram) return copyengine::broken_because("engine", "ram");
    if (!machine_.files.has(status.id)) return copyengine::broken_because("journal", "no files");
    auto found = machine_.files.read_journal(status.id);
    if (!found) return copyengine::broken_because("journal", found.error().message);
    left_ = found.value().state;
    own_end_ = left_->ended.has_value();
    return process_->engine.take_up(status, std::move(found).value(),
                                    machine_.files.open(status.id));
  }

  /// ResumedMeansT0 and BrokenIsSaid: exactly as the release promises.
  void check_promise(const CopyStatus& status, const std::optional<copyengine::JournalEnd>& end,
                     bool power_failed) {
    if (own_end_) return;  // it had ended by itself
    const bool outlives = status.request.release == Release::durable ||
                          (status.request.release == Release::written && !power_failed);
    const bool stopped = left_ && left_->stopped;  // perhaps only this one, with others hanging
    if (!end && !outlives && !(stopped && power_failed))
      return fail("a copy went on that must not");
    if (!end) return;
    may_be_lost_.insert(status.id);
    if (outlives && told_.contains(status.id)) fail("a copy was lost: " + end->text);
  }

  // ---- copies

  copyengine::CopyRequest request_for(unsigned which) {
    copyengine::CopyRequest request;
    request.source = "source";
    request.destination = "copy" + std::to_string(which);
    request.grain = plan_.grain;
    request.segment_size = plan_.segment_size;
    request.consistency = plan_.consistency;
    request.release = plan_.release;
    request.route = plan_.route;
    request.rate_limit = plan_.rate_limit;
    request.store_limit = plan_.store_limit;
    if (plan_.fail_write) request.on_preserve_error = copyengine::OnPreserveError::fail_write;
    if (plan_.ranges && plan_.consistency == Consistency::source) request.ranges = some_ranges();
    if (plan_.within && which == 0) {
      request.destination = "source";
      request.protect_destination = false;
      request.ranges = ranges_within();
    }
    return request;
  }

  /// A few ranges, not aligned to grains, possibly touching one grain, in order and disjoint.
  std::vector<copyengine::CopyRange> some_ranges() {
    std::vector<copyengine::CopyRange> ranges;
    uint64_t sector = 0;
    const uint64_t sectors = plan_.bytes() / kSector;
    while (ranges.size() < 5) {
      sector += random() % 40;
      const uint64_t count = 1 + random() % 300;
      if (sector + count > sectors) break;
      ranges.push_back({sector * kSector, sector * kSector, count * kSector});
      sector += count;
    }
    if (ranges.empty()) ranges.push_back({0, 0, plan_.bytes()});
    return ranges;
  }

  /// The first half, where the hosts are, goes to the third quarter, and what was there to the
  /// fourth: what the copier writes is itself still owed to the copy.
  std::vector<copyengine::CopyRange> ranges_within() {
    const uint64_t half = plan_.half();
    const uint64_t length = half / 2 / kSector * kSector;
    const uint64_t from = random() % (length / kSector) * kSector;
    return {{from, half, length}, {half, half + length, length}};
  }

  void order_copy(unsigned which, Duration after) {
    executor_.post_after(kSimHome, after, [this, which] {
      ++last_id_;
      process_->engine.start(request_for(which), [this](const Result<CopyStatus>& started) {
        if (!process_->lives) return;
        if (!started) return stopping_ ? void() : fail("refused: " + started.error().message);
        const CopyStatus& status = started.value();
        if (ended(status.state)) return;
        told_[status.id] = status.t0_unix_ns;
        disturb(status.id);
      });
    });
  }

  void act_later(uint64_t id, copyengine::CopyVerb verb, Duration after) {
    executor_.post_after(kSimHome, after, [this, id, verb] {
      process_->engine.act(id, verb, [](Result<CopyStatus>) {});
    });
  }
  void resume_later(uint64_t id) { act_later(id, copyengine::CopyVerb::resume, milliseconds(10)); }

  void disturb(uint64_t id) {
    if (plan_.pause) {
      act_later(id, copyengine::CopyVerb::pause, executor_.random_duration(0, 3000000));
      act_later(id, copyengine::CopyVerb::resume, executor_.random_duration(0, 9000000));
      resume_later(id);
    }
    if (plan_.cancel)
      act_later(id, copyengine::CopyVerb::cancel, executor_.random_duration(0, 6000000));
  }

  // ---- the end

  void run_to_end() {
    // Far beyond any deadline; then whatever hung comes back, late.
    const bool idle = executor_.run(executor_.now() + seconds(60));
    const bool may_wait = plan_.state_hangs() || (plan_.hang == SimPlan::Party::source && idle);
    if (!may_wait && !hosts_.all_answered()) fail("a host I/O is still held after 60 s");
    machine_.let_hung_go();
    executor_.run(executor_.now() + seconds(30));
    std::vector<CopyStatus> all;
    bool down = false;
    process_->engine.list([&all](std::vector<CopyStatus> found) { all = std::move(found); });
    process_->engine.shut_down([&down] { down = true; });
    if (!executor_.run(executor_.now() + seconds(100))) fail("events never end");
    if (!down) fail("the engine did not shut down");
    for (const CopyStatus& status : all) check_copy(status);
  }

  void check() {
    SimVolume& source = machine_.volume("source");
    hosts_.check(source, plan_.fail_write, outcome_.failure);
    if (!hosts_.all_answered()) fail("a host I/O never ended");
    if (source.in_flight() > 0) fail("I/O is left in flight at the source");
    for (SimServed& copy : process_->copies)
      for (CoreId core = 0; core < executor_.core_count(); ++core)
        if (all_ended_ && copy.gate.host_write_protected(core))
          fail("a destination is still protected");
    outcome_.aborted = hosts_.aborted();
    leave_process();
  }

  void check_copy(const CopyStatus& status) {
    outcome_.held += status.held_total;
    outcome_.routed += status.bytes_routed;
    outcome_.spilled += status.bytes_spilled;
    outcome_.completed |= status.state == CopyState::completed;
    outcome_.broken |= status.state == CopyState::broken;
    outcome_.failed |= status.state == CopyState::failed;
    outcome_.cancelled |= status.state == CopyState::cancelled;
    outcome_.completed_resumed += status.state == CopyState::completed && status.resumed > 0;
    all_ended_ &= ended(status.state);
    const bool stopped = plan_.crashes > 0 && status.state == CopyState::cancelled;
    const bool excused =
        plan_.disturbed() || hung_before_ || stopped || may_be_lost_.contains(status.id);
    if (!ended(status.state)) return excused ? void() : fail("the copy never ended");
    if (status.state != CopyState::completed)
      return excused ? void()
                     : fail("the copy ended " + std::string(name_of(status.state)) + ": " +
                            status.error_text);
    if (told_.contains(status.id) && told_[status.id] != status.t0_unix_ns)
      fail("the begin time has changed");
    compare(status, machine_.volume(status.request.destination).bytes());
  }

  void compare(const CopyStatus& status, const std::vector<uint8_t>& got) {
    const std::vector<uint8_t>& wanted = images_[status.id];
    for (const copyengine::CopyRange& range : status.request.ranges) {
      for (uint64_t at = 0; at < range.length; at += kSector) {
        if (std::memcmp(wanted.data() + range.source_offset + at,
                        got.data() + range.destination_offset + at, kSector) == 0)
          continue;
        return fail("copy " + std::to_string(status.id) +
                    " differs from its begin time at sector " +
                    std::to_string((range.source_offset + at) / kSector));
      }
    }
  }

  void fail(const std::string& what) {
    if (outcome_.failure.empty()) outcome_.failure = what;
  }

  SimExecutor executor_;
  SimPlan plan_;
  bool hung_before_;
  SimMachine machine_;
  SimHosts hosts_;
  std::map<uint64_t, std::vector<uint8_t>> images_;  // of the source at each copy's begin time
  std::map<uint64_t, uint64_t> told_;                // begun copies: what was answered as T0
  std::set<uint64_t> may_be_lost_;                   // by a crash, as their release has it
  uint64_t last_id_ = 0;
  std::optional<copyengine::JournalState> left_;  // of the last copy looked at
  bool own_end_ = false;
  bool stopping_ = false;
  bool all_ended_ = true;
  ModelOutcome outcome_;
  std::unique_ptr<SimProcess> process_;
};

}  // namespace

ModelOutcome run_copy_model(uint64_t seed) {
  return CopyModel(seed).run();
}

}  // namespace tidemark::test
