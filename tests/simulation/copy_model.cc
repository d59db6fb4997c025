#include "tests/simulation/copy_model.h"

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "copyengine/copy_engine.h"
#include "copyengine/write_guard.h"
#include "storage/range_gate.h"
#include "tests/simulation/order_probe.h"
#include "tests/simulation/sim_hosts.h"
#include "tests/support/sim_executor.h"
#include "tests/support/sim_volume.h"

namespace tidemark::test {
namespace {

using copyengine::Consistency;
using copyengine::CopyState;
using copyengine::CopyStatus;
using storage::Errc;
using storage::Extent;
using storage::Verb;

constexpr CoreId kHome = 0;

/// What of the schedule the seed decides once.
struct Plan {
  explicit Plan(std::mt19937_64& random) {
    const auto one_in = [&](unsigned n) { return random() % n == 0; };
    grain = 4096u << random() % 5;
    blocks = 32 + random() % 96;  // of 4 KiB
    segment_size = std::max<uint64_t>(64 * kKiB << random() % 3, grain);
    consistency = one_in(3) ? Consistency::segment : Consistency::source;
    release = one_in(2) ? copyengine::Release::ram : copyengine::Release::written;
    fail_write = one_in(5);
    sparse = one_in(3);
    source_errors = one_in(10);
    store_errors = one_in(10);
    destination_errors = one_in(10);
    hang = one_in(12) ? static_cast<int>(random() % 3) : -1;
    pause = one_in(4);
    cancel = one_in(8);
    second_copy = one_in(5);
    ranges = one_in(5);
    slowest_store = static_cast<int64_t>(1000 + random() % 400000);
    slowest_destination = static_cast<int64_t>(1000 + random() % 400000);
    rate_limit = one_in(6) ? 20 * kMiB : 0;
    within = consistency == Consistency::source && one_in(6);
  }

  uint32_t grain;
  uint64_t blocks, segment_size;
  Consistency consistency;
  copyengine::Release release;
  bool fail_write, sparse, source_errors, store_errors, destination_errors;
  int hang;  // 0 source, 1 store, 2 destination, -1 nothing
  bool pause, cancel, second_copy, ranges;
  bool within;  // the first copy is one of ranges of the source to elsewhere in it
  int64_t slowest_store, slowest_destination;
  uint64_t rate_limit;
  uint64_t bytes() const { return blocks * 4096; }
};

/// A volume with the layers the daemon gives it.
struct Served {
  Served(SimExecutor& executor, const std::string& name, uint64_t bytes, int64_t slowest)
      : medium(executor, name, bytes, slowest),
        probe(medium),
        guard(executor, kHome, probe.behind()),
        gate(executor, kHome, probe.front()) {
    probe.set_guard(guard);
  }

  SimVolume medium;
  OrderProbe probe;
  copyengine::WriteGuard guard;
  storage::RangeGate gate;
};

/// Records in virtual time like a disk would: some time later.
class SlowLedger final : public copyengine::CopyLedger {
 public:
  explicit SlowLedger(SimExecutor& executor) : executor_(executor) {}
  void record(const CopyStatus&, std::function<void()> done) override {
    executor_.post_after(kHome, executor_.random_duration(0, 500000), std::move(done));
  }

 private:
  SimExecutor& executor_;
};

class CopyModel {
 public:
  explicit CopyModel(uint64_t seed)
      : executor_(static_cast<CoreId>(1 + seed % 3), seed),
        plan_(executor_.random()),
        source_(executor_, "source", plan_.bytes(), 100000),
        copies_{
            std::make_unique<Served>(executor_, "copy0", plan_.bytes(), plan_.slowest_destination),
            std::make_unique<Served>(executor_, "copy1", plan_.bytes(), plan_.slowest_destination)},
        ledger_(executor_),
        engine_(
            executor_, kHome, [this](uint64_t, uint64_t bytes) { return make_store(bytes); },
            &ledger_),
        hosts_(executor_, source_.gate, plan_.sparse) {}

  ModelOutcome run() {
    prepare();
    hosts_.start();
    order_copy(0, Duration(executor_.random()() % 2000000));
    if (plan_.second_copy) order_copy(1, Duration(executor_.random()() % 6000000));
    executor_.post_after(kHome, std::chrono::milliseconds(40), [this] { hosts_.stop(); });
    // Far beyond any deadline; then whatever hung comes back, late.
    if (!executor_.run(TimePoint(std::chrono::seconds(60))) && !hosts_.all_answered())
      fail("a host write is still held after 60 s");
    hosts_may_stay_hung_ = plan_.hang == 0;
    if (!hosts_may_stay_hung_ && !hosts_.all_answered()) fail("a host I/O never ended");
    let_hung_go();
    shut_down();
    check();
    return outcome_;
  }

 private:
  void prepare() {
    hosts_.fill(source_.medium);
    if (plan_.within) hosts_.keep_out_of({half(), plan_.bytes() - half()});
    for (auto& copy : copies_) {
      std::memset(copy->medium.bytes().data(), 0xee, plan_.bytes());  // stale, to be overwritten
      copy->medium.fill_mapped();
    }
    engine_.add_volume("source", source_.gate, source_.guard);
    engine_.add_volume("copy0", copies_[0]->gate, copies_[0]->guard);
    engine_.add_volume("copy1", copies_[1]->gate, copies_[1]->guard);
    const unsigned depth = 1 + static_cast<unsigned>(executor_.random()() % 3);
    engine_.tune({.alone = {64 * kKiB, 3}, .beside_hosts = {64 * kKiB, depth}});
    engine_.at_begin_time([this](const CopyStatus& status, const Extent& extent) {
      Image& image = images_[status.id];
      image.bytes.resize(plan_.bytes());
      std::memcpy(image.bytes.data() + extent.offset, source_.medium.bytes().data() + extent.offset,
                  extent.length);
    });
    engine_.on_change([this](const CopyStatus& status) {
      if (status.at_rest && destination_of(status).in_flight() > 0 && !writes_to_source(status))
        fail("a copy at rest has I/O under way");
    });
    inject_faults();
  }

  static bool writes_to_source(const CopyStatus& status) {
    return status.request.destination == "source";
  }
  SimVolume& destination_of(const CopyStatus& status) {
    if (writes_to_source(status)) return source_.medium;
    return copies_[status.request.destination == "copy0" ? 0 : 1]->medium;
  }

  void inject_faults() {
    const auto sometimes = [this](bool wanted, const storage::VolumeIo& io, Errc read,
                                  Errc write) -> SimVolume::Fate {
      if (!wanted || executor_.random()() % 40 != 0) return {};
      return {.error = io.verb == Verb::read ? read : write};
    };
    const auto hangs = [this](int party) {
      return plan_.hang == party && executor_.random()() % 20 == 0;
    };
    source_.medium.decide(
        [=, this](const storage::VolumeIo& io) -> SimVolume::Fate {
          // Only the engine's own reads: a host's error would be its own affair.
          if (!io.internal || io.verb != Verb::read) return {};
          if (hangs(0)) return {.hang = true};
          return sometimes(plan_.source_errors, io, Errc::medium_read, Errc::ok);
        },
        &hung_);
    for (auto& copy : copies_) {
      copy->medium.decide(
          [=, this](const storage::VolumeIo& io) -> SimVolume::Fate {
            if (hangs(2)) return {.hang = true};
            return sometimes(plan_.destination_errors, io, Errc::medium_read, Errc::no_space);
          },
          &hung_);
    }
  }

  Result<std::unique_ptr<storage::Volume>> make_store(uint64_t bytes) {
    auto store = std::make_unique<SimVolume>(executor_, "store", bytes, plan_.slowest_store);
    store->decide(
        [this](const storage::VolumeIo& io) -> SimVolume::Fate {
          if (plan_.hang == 1 && executor_.random()() % 20 == 0) return {.hang = true};
          if (!plan_.store_errors || executor_.random()() % 40 != 0) return {};
          return {.error = io.verb == Verb::read ? Errc::medium_read : Errc::no_space};
        },
        &hung_);
    return std::unique_ptr<storage::Volume>(std::move(store));
  }

  copyengine::CopyRequest request_for(unsigned which) {
    copyengine::CopyRequest request;
    request.source = "source";
    request.destination = "copy" + std::to_string(which);
    request.grain = plan_.grain;
    request.segment_size = plan_.segment_size;
    request.consistency = plan_.consistency;
    request.release = plan_.release;
    request.rate_limit = plan_.rate_limit;
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
      sector += executor_.random()() % 40;
      const uint64_t count = 1 + executor_.random()() % 300;
      if (sector + count > sectors) break;
      ranges.push_back({sector * kSector, sector * kSector, count * kSector});
      sector += count;
    }
    if (ranges.empty()) ranges.push_back({0, 0, plan_.bytes()});
    return ranges;
  }

  uint64_t half() const { return plan_.blocks / 2 * 4096; }

  /// The first half, where the hosts are, goes to the third quarter, and what was there to the
  /// fourth: what the copier writes is itself still owed to the copy.
  std::vector<copyengine::CopyRange> ranges_within() {
    const uint64_t length = half() / 2 / kSector * kSector;
    const uint64_t from = executor_.random()() % (length / kSector) * kSector;
    return {{from, half(), length}, {half(), half() + length, length}};
  }

  void order_copy(unsigned which, Duration after) {
    executor_.post_after(kHome, after, [this, which] {
      const auto request = request_for(which);
      engine_.start(request, [this, which, request](Result<CopyStatus> started) {
        if (!started) return fail("copy refused: " + started.error().message);
        ids_[which] = started.value().id;
        disturb(started.value().id);
      });
    });
  }

  void disturb(uint64_t id) {
    const auto act = [this, id](copyengine::CopyVerb verb, int64_t most_ns) {
      executor_.post_after(kHome, executor_.random_duration(0, most_ns),
                           [this, id, verb] { engine_.act(id, verb, [](Result<CopyStatus>) {}); });
    };
    if (plan_.pause) {
      act(copyengine::CopyVerb::pause, 3000000);
      act(copyengine::CopyVerb::resume, 9000000);
      executor_.post_after(kHome, std::chrono::milliseconds(10), [this, id] {
        engine_.act(id, copyengine::CopyVerb::resume, [](Result<CopyStatus>) {});
      });
    }
    if (plan_.cancel) act(copyengine::CopyVerb::cancel, 6000000);
  }

  void let_hung_go() {
    plan_.hang = -1;
    hung_.let_go();
    executor_.run(TimePoint(std::chrono::seconds(90)));
  }

  void shut_down() {
    bool down = false;
    engine_.list([this](std::vector<CopyStatus> all) { final_ = std::move(all); });
    engine_.shut_down([&down] { down = true; });
    if (!executor_.run(TimePoint(std::chrono::seconds(200)))) fail("events never end");
    if (!down) fail("the engine did not shut down");
  }

  void check() {
    for (const CopyStatus& status : final_) check_copy(status);
    hosts_.check(source_.medium, plan_.fail_write, outcome_.failure);
    if (!hosts_.all_answered()) fail("a host I/O never ended");
    if (source_.medium.in_flight() > 0) fail("I/O is left in flight at the source");
    for (auto& copy : copies_)
      for (CoreId core = 0; core < executor_.core_count(); ++core)
        if (copy->gate.host_write_protected(core)) fail("a destination is still protected");
    if (!plan_.second_copy && source_.probe.overtakings() > 0) fail("a held write was overtaken");
    outcome_.followed = source_.probe.followed();
    outcome_.aborted = hosts_.aborted();
  }

  void check_copy(const CopyStatus& status) {
    outcome_.held += status.held_total;
    outcome_.completed |= status.state == CopyState::completed;
    outcome_.broken |= status.state == CopyState::broken;
    outcome_.failed |= status.state == CopyState::failed;
    outcome_.cancelled |= status.state == CopyState::cancelled;
    const bool disturbed = plan_.source_errors || plan_.store_errors || plan_.destination_errors ||
                           plan_.hang >= 0 || hung_before_ || plan_.cancel;
    if (!ended(status.state)) return disturbed ? void() : fail("the copy never ended");
    if (status.state != CopyState::completed)
      return disturbed ? void() : fail("the copy ended " + std::string(name_of(status.state)));
    compare(status, destination_of(status).bytes());
  }

  void compare(const CopyStatus& status, const std::vector<uint8_t>& got) {
    const std::vector<uint8_t>& wanted = images_[status.id].bytes;
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

  struct Image {
    std::vector<uint8_t> bytes;
  };

  SimExecutor executor_;
  Plan plan_;
  Served source_;
  std::unique_ptr<Served> copies_[2];
  SlowLedger ledger_;
  HungIo hung_;
  std::map<uint64_t, Image> images_;
  uint64_t ids_[2] = {0, 0};
  bool hosts_may_stay_hung_ = false;
  bool hung_before_ = plan_.hang >= 0;
  std::vector<CopyStatus> final_;
  ModelOutcome outcome_;
  copyengine::CopyEngine engine_;
  SimHosts hosts_;
};

}  // namespace

ModelOutcome run_copy_model(uint64_t seed) {
  return CopyModel(seed).run();
}

}  // namespace tidemark::test
