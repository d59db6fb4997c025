#include "tests/simulation/image_model.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>

#include "copyengine/copy_engine.h"
#include "copyengine/images.h"
#include "copyengine/write_guard.h"
#include "storage/range_gate.h"
#include "tests/simulation/sim_hosts.h"
#include "tests/support/sim_executor.h"
#include "tests/support/sim_files.h"
#include "tests/support/sim_volume.h"

namespace tidemark::test {
namespace {

using copyengine::ImageCopier;
using copyengine::Images;
using storage::Errc;
using storage::Extent;
using storage::Verb;

constexpr CoreId kHome = 0;

struct Served {
  Served(SimExecutor& executor, const std::string& name, uint64_t bytes)
      : medium(executor, name, bytes, 100000),
        guard(executor, kHome, medium),
        gate(executor, kHome, guard) {}
  SimVolume medium;
  copyengine::WriteGuard guard;
  storage::RangeGate gate;
};

class ImageModel {
 public:
  explicit ImageModel(uint64_t seed)
      : executor_(static_cast<CoreId>(1 + seed % 3), seed),
        bytes_((32 + random(96)) * 4096),
        grain_(4096u << random(5)),
        store_errors_(random(6) == 0),
        source_errors_(random(8) == 0),
        hang_(random(8) == 0 ? static_cast<int>(random(2)) : -1),
        source_(executor_, "source", bytes_),
        copy_(executor_, "copy", bytes_),
        target_(executor_, "target", bytes_),
        images_(executor_, kHome, [this](uint64_t, uint64_t bytes) { return make_store(bytes); }),
        hosts_(executor_, random(3) == 0) {}

  ImageOutcome run() {
    prepare();
    hosts_.start(source_.gate);
    const uint64_t count = 1 + random(4);
    for (uint64_t i = 0; i < count; ++i)
      executor_.post_after(kHome, Duration(random(20000000)), [this] { create(); });
    for (uint64_t i = random(3); i > 0; --i)
      executor_.post_after(kHome, Duration(random(20000000)), [this] { start_copy(); });
    executor_.post_after(kHome, std::chrono::milliseconds(40), [this] {
      hosts_.stop();
      stopped_ = true;
    });
    if (!executor_.run(TimePoint(std::chrono::seconds(60))) && !hosts_.all_answered())
      fail("a host write is still held after 60 s");
    if (!hosts_.all_answered()) fail("a host I/O never ended");
    shut_down();
    std::string what;
    hosts_.check(source_.medium, false, what);
    fail(what);
    return outcome_;
  }

 private:
  struct Known {
    std::vector<Extent> ranges;
    std::vector<uint8_t> bytes;  // of the ranges, one after the other, at the begin time
    bool begun = false;
  };

  uint64_t random(uint64_t limit) { return executor_.random()() % limit; }
  void fail(const std::string& what) {
    if (outcome_.failure.empty()) outcome_.failure = what;
  }

  void prepare() {
    // The last quarter of the source is not the hosts': images are copied there.
    hosts_.fill(source_.medium);
    hosts_.keep_out_of({own_from(), bytes_ - own_from()});
    images_.add_volume("source", source_.gate, source_.guard);
    images_.add_volume("copy", copy_.gate, copy_.guard);
    engine_.add_volume("source", source_.gate, source_.guard);
    engine_.add_volume("target", target_.gate, target_.guard);
    engine_.tune({.alone = {64 * kKiB, 2}, .beside_hosts = {64 * kKiB, 1}});
    engine_.at_begin_time([this](const copyengine::CopyStatus& status, const Extent&) {
      at_start_[status.id] = source_.medium.bytes();
    });
    engine_.on_change([this](const copyengine::CopyStatus& status) {
      if (!copyengine::ended(status.state) || !at_start_.contains(status.id)) return;
      if (status.state == copyengine::CopyState::completed) {
        ++outcome_.completed;
        if (target_.medium.bytes() != at_start_.at(status.id))
          fail("a copy is not what the source held at its begin time");
      }
      at_start_.erase(status.id);
    });
    images_.on_lost([this](uint64_t) { ++outcome_.lost; });
    images_.at_begin_time([this](uint64_t id) {
      Known& known = known_[id];
      known.ranges = wanted_.at(id);
      for (const Extent& range : known.ranges) {
        const auto from = source_.medium.bytes().begin() + static_cast<ptrdiff_t>(range.offset);
        known.bytes.insert(known.bytes.end(), from, from + static_cast<ptrdiff_t>(range.length));
      }
    });
    source_.medium.decide(
        [this](const storage::VolumeIo& io) -> SimVolume::Fate {
          if (!io.internal || io.verb != Verb::read) return {};
          if (hang_ == 0 && random(20) == 0) return {.hang = true};
          return {.error = source_errors_ && random(40) == 0 ? Errc::medium_read : Errc::ok};
        },
        &hung_);
  }
  uint64_t own_from() const { return bytes_ / 4096 * 3 / 4 * 4096; }

  Result<std::unique_ptr<storage::Volume>> make_store(uint64_t bytes) {
    auto store = std::make_unique<SimVolume>(executor_, "store", bytes,
                                             static_cast<int64_t>(1000 + random(400000)));
    store->decide(
        [this](const storage::VolumeIo& io) -> SimVolume::Fate {
          if (hang_ == 1 && random(20) == 0) return {.hang = true};
          if (!store_errors_ || random(30) != 0) return {};
          return {.error = io.verb == Verb::read ? Errc::medium_read : Errc::no_space};
        },
        &hung_);
    return std::unique_ptr<storage::Volume>(std::move(store));
  }

  /// A few ranges in any order, not aligned to grains, none of them twice.
  std::vector<Extent> some_ranges() {
    std::vector<Extent> ranges;
    uint64_t sector = 0;
    while (ranges.size() < 5) {
      sector += random(60);
      const uint64_t count = 1 + random(200);
      if ((sector + count) * kSector > bytes_) break;
      ranges.push_back({sector * kSector, count * kSector});
      sector += count;
    }
    if (ranges.empty()) ranges.push_back({0, bytes_});
    std::shuffle(ranges.begin(), ranges.end(), executor_.random());
    return ranges;
  }

  void create() {
    const bool whole = random(2) == 0;
    auto ranges = whole ? std::vector<Extent>{{0, bytes_}} : some_ranges();
    // Orders are carried out in the order given, so this is the number it will get.
    const uint64_t expected = next_id_++;
    wanted_[expected] = ranges;
    if (whole) ranges.clear();
    images_.create({.volume = "source",
                    .ranges = std::move(ranges),
                    .grain = random(4) == 0 ? 4096u << random(5) : grain_,
                    .whole = whole,
                    .store_limit = random(8) == 0 ? random(bytes_) : 0},
                   [this, expected, whole](Result<uint64_t> made) {
                     if (!made) return;
                     if (made.value() != expected) return fail("an unexpected number");
                     known_[expected].begun = true;
                     ++outcome_.begun;
                     if (whole) ++outcome_.whole;
                     use(expected, 0);
                   });
  }

  void start_copy() {
    copyengine::CopyRequest request;
    request.source = "source";
    request.destination = "target";
    request.grain = grain_;
    request.release = random(2) == 0 ? copyengine::Release::ram : copyengine::Release::written;
    if (random(2) == 0) request.rate_limit = (1 + random(16)) * kMiB;
    engine_.start(std::move(request), [](const Result<copyengine::CopyStatus>&) {});
  }

  void use(uint64_t id, unsigned times) {
    if (random(4) == 0 || times > 12) {
      if (random(2) == 0) return;  // it stays until the end
      ++outcome_.dropped;
      return images_.drop(id);
    }
    random(3) != 0 ? read(id, times) : copy(id, times);
  }
  void again(uint64_t id, unsigned times) {
    executor_.post_after(kHome, Duration(random(6000000)),
                         [this, id, times] { use(id, times + 1); });
  }

  /// Some sectors of the image.
  Extent some_of(const Known& known) {
    const uint64_t sectors = known.bytes.size() / kSector;
    const uint64_t count = 1 + random(std::min<uint64_t>(sectors, 64));
    return {random(sectors - count + 1) * kSector, count * kSector};
  }

  void read(uint64_t id, unsigned times) {
    const Known& known = known_.at(id);
    const Extent part = some_of(known);
    auto data = std::make_shared<DataBuffer>(memory_.acquire(part.length));
    images_.read(id, part.offset, data->vectors(), [this, id, times, part, data](Errc error) {
      if (error == Errc::ok) {
        ++outcome_.reads;
        std::vector<uint8_t> bytes(part.length);
        data->copy_out(0, bytes);
        if (!std::equal(bytes.begin(), bytes.end(), at(id, part.offset)))
          fail("an image was read that is not what the volume held");
      }
      again(id, times);
    });
  }

  void copy(uint64_t id, unsigned times) {
    const Known& known = known_.at(id);
    Extent part = some_of(known);
    const bool onto_source = random(2) == 0;
    const uint64_t room = (onto_source ? bytes_ - own_from() : bytes_) / 2;
    part.length = std::min(part.length, room / kSector * kSector);
    // One copy at a time has its half of the room.
    if (std::exchange(copying_, true)) return again(id, times);
    const uint64_t to = onto_source ? own_from() : 0;
    std::vector<Extent> places{{to, part.length}};
    if (part.length >= 2 * kSector && random(2) == 0)
      places = {{to + room / kSector * kSector, kSector}, {to, part.length - kSector}};
    auto* medium = onto_source ? &source_.medium : &copy_.medium;
    images_.copy(
        {.image = id,
         .offset = part.offset,
         .destination = onto_source ? "source" : "copy",
         .to = places},
        [this, id, times](Result<uint64_t> begun) {
          if (begun) return;
          copying_ = false;
          again(id, times);
        },
        nullptr,
        [this, id, times, part, places, medium](const ImageCopier::Outcome& outcome) {
          copying_ = false;
          copied(id, part, places, *medium, outcome);
          again(id, times);
        });
  }

  void copied(uint64_t id, const Extent& part, const std::vector<Extent>& places, SimVolume& medium,
              const ImageCopier::Outcome& outcome) {
    if (outcome.error == Errc::ok && outcome.bytes != part.length) fail("a copy ended too early");
    if (outcome.bytes > 0) ++outcome_.copies;
    uint64_t done = 0;
    for (const Extent& place : places) {
      const uint64_t length = std::min(place.length, outcome.bytes - done);
      const auto from = medium.bytes().begin() + static_cast<ptrdiff_t>(place.offset);
      if (!std::equal(from, from + static_cast<ptrdiff_t>(length), at(id, part.offset + done)))
        fail("a copy of an image is not what the volume held");
      done += length;
    }
  }

  std::vector<uint8_t>::const_iterator at(uint64_t id, uint64_t offset) const {
    return known_.at(id).bytes.begin() + static_cast<ptrdiff_t>(offset);
  }

  void shut_down() {
    unsigned done = 0;
    images_.shut_down([&] { ++done; });
    engine_.stop_copying([&] { ++done; });
    hung_.let_go();
    executor_.run(executor_.now() + std::chrono::seconds(60));
    if (done != 2) fail("the shut-down did not end");
    for (const Served* volume : {&source_, &copy_, &target_})
      if (volume->medium.in_flight() > 0) fail("I/O is left over");
  }

  SimExecutor executor_;
  uint64_t bytes_;
  uint32_t grain_;
  bool store_errors_;
  bool source_errors_;
  int hang_;  // 0 source, 1 store
  Served source_;
  Served copy_;
  Served target_;
  HungIo hung_;
  BufferPool memory_{16 * kMiB};
  std::map<uint64_t, std::vector<Extent>> wanted_;
  std::map<uint64_t, Known> known_;
  uint64_t next_id_ = 1;
  bool copying_ = false;
  bool stopped_ = false;
  ImageOutcome outcome_;
  std::map<uint64_t, std::vector<uint8_t>> at_start_;
  SimFiles files_{executor_, 0, 100000, [](SimVolume&, const std::string&) {}};
  copyengine::CopyEngine engine_{executor_, kHome, files_, nullptr};
  Images images_;
  SimHosts hosts_;
};

}  // namespace

ImageOutcome run_image_model(uint64_t seed) {
  return ImageModel(seed).run();
}

}  // namespace tidemark::test
