// The copy engine on real cores: hosts on three threads write, clear, take back, and count under
// exclusive ranges, while one copy after another is taken of what they write. What the simulation
// proves of the order of events, this does of memory: run it under ThreadSanitizer.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <random>
#include <set>

#include "base/core_pool.h"
#include "copyengine/copy_engine.h"
#include "copyengine/write_guard.h"
#include "storage/memory_volume.h"
#include "storage/range_gate.h"

#if defined(__SANITIZE_THREAD__)
// Overlapping I/O of different cores mixes in a volume's bytes, as on a disk. That is meant.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:tidemark::storage::MemoryVolume::read\n"
         "race:tidemark::storage::MemoryVolume::write\n"
         "race:tidemark::storage::MemoryVolume::clear\n";
}
#endif

namespace tidemark::copyengine {
namespace {

using storage::Closure;
using storage::Errc;
using storage::Extent;
using storage::Verb;
using storage::VolumeIo;

constexpr CoreId kCores = 3;
constexpr CoreId kHome = 1;
constexpr uint64_t kBytes = 2 * kMiB;
constexpr uint64_t kSector = 512;
constexpr Extent kCounter{kBytes - kSector, kSector};  // no host writes there but to count

std::unique_ptr<storage::Volume> memory(const std::string& name) {
  storage::VolumeTraits traits;
  traits.name = name;
  traits.bytes = kBytes;
  return std::move(storage::MemoryVolume::make(traits)).value();
}

/// Stores and journals in memory, where no restart finds them.
class MemoryFiles final : public CopyFiles {
 public:
  Result<Opened> make(uint64_t copy, uint64_t, uint64_t journal_bytes) override {
    const std::string id = std::to_string(copy);
    Opened opened{.store = memory("store" + id), .journal = nullptr};
    if (journal_bytes > 0) opened.journal = memory("journal" + id);
    return opened;
  }
  void remove(uint64_t) override {}
};

struct ServedMemory {
  ServedMemory(const std::string& name, Executor& executor)
      : medium(memory(name)), guard(executor, kHome, *medium), gate(executor, kHome, guard) {}

  /// On the home core: what the medium holds.
  void read(const Extent& extent, uint64_t* to) {
    VolumeIo io;
    const iovec whole{to, extent.length};
    io.core = kHome;
    io.extent = extent;
    io.memory = {&whole, 1};
    std::promise<void> read;
    io.owner = &read;
    io.done = [](VolumeIo& ended) noexcept {
      EXPECT_EQ(ended.error, Errc::ok);
      static_cast<std::promise<void>*>(ended.owner)->set_value();
    };
    medium->submit(io);
    read.get_future().get();
  }

  std::unique_ptr<storage::Volume> medium;
  WriteGuard guard;
  storage::RangeGate gate;
};

/// One initiator: keeps one I/O under way on its core. Used there only, but by check().
class Host {
 public:
  Host(Executor& executor, storage::RangeGate& gate, CoreId core, uint64_t number)
      : executor_(executor), gate_(gate), core_(core), random_(number), next_(number << 32) {}

  void start() {
    executor_.post(core_, [this] { issue(); });
  }
  /// Ends after the I/O under way.
  std::future<void> stop() {
    stopping_ = true;
    return stopped_.get_future();
  }

  // After it has stopped.
  const std::set<uint64_t>& aborted() const { return aborted_; }
  uint64_t counted() const { return counted_; }
  uint64_t errors() const { return errors_; }

 private:
  uint64_t any(uint64_t below) { return random_() % below; }

  void issue() {
    if (stopping_) return stopped_.set_value();
    const uint64_t kind = any(10);
    if (kind == 0) return count();
    prepare(kind == 1   ? Verb::unmap
            : kind == 2 ? Verb::write_zeroes
            : kind == 3 ? Verb::read
                        : Verb::write);
    const uint64_t sectors = 1 + any(any(8) == 0 ? 256 : 32);
    io_.extent = {any((kBytes - kSector) / kSector - sectors) * kSector, sectors * kSector};
    words_.assign(io_.extent.length / 8, next_);
    memory_ = {words_.data(), io_.extent.length};
    io_.done = [](VolumeIo& io) noexcept { static_cast<Host*>(io.owner)->ended(); };
    gate_.submit(io_);
    if (under_way_ && any(8) == 0) {
      executor_.post(core_, [this, number = next_] {
        if (!under_way_ || next_ != number) return;
        cancelling_ = true;
        gate_.cancel(io_);
      });
    }
  }

  void prepare(Verb verb) {
    ++next_;
    under_way_ = true;
    cancelling_ = false;
    io_ = VolumeIo{};
    io_.verb = verb;
    io_.core = core_;
    io_.memory = {&memory_, 1};
    io_.owner = this;
  }

  void ended() {
    under_way_ = false;
    if (io_.error == Errc::cancelled && cancelling_)
      aborted_.insert(next_);
    else if (io_.error != Errc::ok)
      ++errors_;
    executor_.post(core_, [this] { issue(); });
  }

  /// Reads the counter and writes it one higher, as one step to everybody else.
  void count() {
    closure_.extent = kCounter;
    closure_.excludes = Closure::Excludes::all;
    closure_.core = core_;
    closure_.on_closed = [this] { count_step(Verb::read); };
    gate_.close(closure_);
  }
  void count_step(Verb verb) {
    if (verb == Verb::read) words_.assign(kSector / 8, 0);
    prepare(verb);
    io_.extent = kCounter;
    io_.holder = &closure_;
    memory_ = {words_.data(), kSector};
    io_.done = [](VolumeIo& io) noexcept { static_cast<Host*>(io.owner)->counter_moved(); };
    gate_.submit(io_);
  }
  void counter_moved() {
    under_way_ = false;
    if (io_.error != Errc::ok) ++errors_;
    if (io_.verb == Verb::read) {
      ++words_[0];
      return count_step(Verb::write);
    }
    ++counted_;
    gate_.open(closure_, [this] { executor_.post(core_, [this] { issue(); }); });
  }

  Executor& executor_;
  storage::RangeGate& gate_;
  CoreId core_;
  std::mt19937_64 random_;
  uint64_t next_;  // number of the I/O: what it writes
  VolumeIo io_;
  std::vector<uint64_t> words_;
  iovec memory_{};
  Closure closure_;
  bool under_way_ = false;
  bool cancelling_ = false;
  std::atomic<bool> stopping_ = false;
  std::promise<void> stopped_;
  std::set<uint64_t> aborted_;
  uint64_t counted_ = 0;
  uint64_t errors_ = 0;
};

class RealCores : public testing::Test {
 protected:
  RealCores() {
    engine_.add_volume("source", source_.gate, source_.guard);
    for (unsigned i = 0; i < 2; ++i)
      engine_.add_volume("copy" + std::to_string(i), copies_[i].gate, copies_[i].guard);
    engine_.tune({.alone = {64 * kKiB, 3}, .beside_hosts = {64 * kKiB, 2}});
    engine_.at_begin_time([this](const CopyStatus& status, const Extent& extent) {
      auto& image = images_[status.id];
      image.resize(kBytes / 8);
      source_.read(extent, image.data() + extent.offset / 8);
    });
    engine_.on_change([this](const CopyStatus& status) { changed(status); });
    for (CoreId core = 0; core < kCores; ++core)
      for (unsigned i = 0; i < 4; ++i)
        hosts_.push_back(std::make_unique<Host>(pool_, source_.gate, core, 1 + core * 4u + i));
    pool_.start();
  }
  ~RealCores() override {
    pool_.stop();
    pool_.join();
  }

  void changed(const CopyStatus& status) {
    if (status.state == CopyState::completed && compared_.insert(status.id).second) compare(status);
    if (status.at_rest) at_rest_.at(status.id).set_value(status);
  }

  void compare(const CopyStatus& status) {
    std::vector<uint64_t> got(kBytes / 8);
    copies_[status.request.destination.back() - '0'].read({0, kBytes}, got.data());
    const auto& wanted = images_[status.id];
    const auto differ = std::mismatch(got.begin(), got.end(), wanted.begin());
    if (differ.first == got.end()) return;
    ADD_FAILURE() << "copy " << status.id << " differs from its begin time at byte "
                  << (differ.first - got.begin()) * 8;
  }

  /// Starts a copy; the future tells when it is at rest.
  std::future<CopyStatus> start(CopyRequest request, bool cancel) {
    auto ended = std::make_shared<std::promise<CopyStatus>>();
    std::future<CopyStatus> future = ended->get_future();
    engine_.start(std::move(request), [this, ended, cancel](Result<CopyStatus> started) {
      ASSERT_TRUE(started) << started.error().message;
      const uint64_t id = started.value().id;
      at_rest_[id] = std::move(*ended);
      if (cancel) engine_.act(id, CopyVerb::cancel, [](Result<CopyStatus>) {});
    });
    return future;
  }

  /// Ends the hosts, and looks at what they have left.
  void stop_and_check() {
    std::set<uint64_t> aborted;
    uint64_t counted = 0;
    std::vector<std::future<void>> stopped;
    for (const auto& host : hosts_) stopped.push_back(host->stop());
    for (auto& end : stopped) end.get();
    for (const auto& host : hosts_) {
      aborted.insert(host->aborted().begin(), host->aborted().end());
      counted += host->counted();
      EXPECT_EQ(host->errors(), 0u);
    }
    std::promise<void> down;
    engine_.shut_down([&] { down.set_value(); });
    down.get_future().get();

    std::vector<uint64_t> words(kBytes / 8);
    std::promise<void> read;
    pool_.post(kHome, [&] {
      source_.read({0, kBytes}, words.data());
      read.set_value();
    });
    read.get_future().get();
    EXPECT_EQ(words[kCounter.offset / 8], counted) << "two were counting at once";
    for (const uint64_t word : words) ASSERT_FALSE(aborted.contains(word)) << "it landed";
    EXPECT_GT(counted, 0u);
  }

  CorePool pool_{kCores};
  ServedMemory source_{"source", pool_};
  ServedMemory copies_[2] = {{"copy0", pool_}, {"copy1", pool_}};
  std::vector<std::unique_ptr<Host>> hosts_;
  // On the home core.
  std::map<uint64_t, std::vector<uint64_t>> images_;
  std::map<uint64_t, std::promise<CopyStatus>> at_rest_;
  std::set<uint64_t> compared_;
  MemoryFiles files_;
  CopyEngine engine_{pool_, kHome, files_, nullptr};
};

TEST_F(RealCores, EveryCopyIsTheSourceAtItsBeginTime) {
  for (const auto& host : hosts_) host->start();
  unsigned completed = 0;
  uint64_t held = 0;
  for (unsigned round = 0; round < 24; ++round) {
    std::vector<std::future<CopyStatus>> under_way;
    for (unsigned which = 0; which < 1 + round % 2; ++which) {
      CopyRequest request;
      request.source = "source";
      request.destination = "copy" + std::to_string(which);
      request.grain = kGrainMin << round % 5;
      request.segment_size = 256 * kKiB;
      request.rate_limit = 100 * kMiB;  // leaves the hosts time to get in the way
      if (round % 4 == 3) request.consistency = Consistency::segment;
      request.release = static_cast<Release>(round % 3);
      under_way.push_back(start(request, round % 6 == 5));
    }
    for (auto& copy : under_way) {
      const CopyStatus status = copy.get();
      completed += status.state == CopyState::completed;
      held += status.held_total;
      if (status.state != CopyState::completed) {
        EXPECT_EQ(status.state, CopyState::cancelled) << status.error_text;
      }
    }
  }
  EXPECT_GE(completed, 28u);
  EXPECT_GT(held, 0u);
  stop_and_check();
}

}  // namespace
}  // namespace tidemark::copyengine
