// Nothing that was acknowledged as durable is lost in a power failure: random commands, and a cut
// at a random moment, on a volume that forgets what was not flushed.
#include <set>

#include "tests/scsi/device_fixture.h"
#include "tests/support/crash_volume.h"

namespace tidemark::scsi {
namespace {

constexpr uint64_t kBlocks = 64;
constexpr uint64_t kBlock = 512;
constexpr uint64_t kSeeds = 150;

/// Says that everything is durable and passes nothing of it on: what the tests are to find out.
class LyingVolume final : public storage::Volume {
 public:
  explicit LyingVolume(storage::Volume& next) : next_(next) {}
  const storage::VolumeTraits& traits() const override { return next_.traits(); }
  void submit(storage::VolumeIo& io) override {
    if (io.verb == storage::Verb::flush) return io.done(io);
    io.fua = false;
    next_.submit(io);
  }
  std::optional<storage::Extent> hole_at(uint64_t offset, uint64_t limit) override {
    return next_.hole_at(offset, limit);
  }

 private:
  storage::Volume& next_;
};

/// All that a block was told to hold, oldest first, by the number that stands in it; and the oldest
/// of them that it may hold after a power failure.
struct History {
  std::vector<uint64_t> numbers = {0};
  size_t acknowledged = 0;  // the latest whose write has ended
  size_t durable = 0;

  bool allows(uint64_t number) const {
    return std::find(numbers.begin() + static_cast<ptrdiff_t>(durable), numbers.end(), number) !=
           numbers.end();
  }
};

class PowerFailure {
 public:
  PowerFailure(uint64_t seed, bool write_cache, bool lies)
      : random_(seed), crash_(traits(write_cache)), lying_(crash_), target_(options(lies)) {
    crash_.ends_later(target_.executor_,
                      [this] { return target_.executor_.random_duration(0, 2000); });
    host_ = &target_.host();
  }

  /// Runs commands until the power fails; the blocks that then hold what they must not.
  size_t losses() {
    const uint64_t commands = 10 + random_() % 60;
    for (uint64_t i = 0; i < commands; ++i) {
      begin_one();
      target_.executor_.run(target_.executor_.now() + Duration(random_() % 3000));
      end_those_that_have();
    }
    const auto left = crash_.bytes_after_power_cut(random_());
    target_.settle();  // in another world it did not fail
    size_t lost = 0;
    for (uint64_t block = 0; block < kBlocks; ++block)
      if (!blocks_[block].allows(load_be64(&left[block * kBlock]))) ++lost;
    return lost;
  }
  size_t durable() const { return durable_; }

 private:
  struct Command {
    Sent* sent;
    uint64_t lba = 0, blocks = 0;              // what it writes
    bool durable = false;                      // once it has ended
    std::vector<size_t> covers = {};           // per block, what it makes durable
    std::optional<bool> cache = std::nullopt;  // WCE afterwards
  };

  static storage::VolumeTraits traits(bool write_cache) {
    storage::VolumeTraits traits;
    traits.name = "crash";
    traits.bytes = kBlocks * kBlock;
    traits.write_cache = write_cache;
    return traits;
  }
  UnitOptions options(bool lies) {
    UnitOptions options;
    options.volume = lies ? static_cast<storage::Volume*>(&lying_) : &crash_;
    return options;
  }

  void begin_one() {
    switch (random_() % 10) {
      case 0:
        return begin_flush();
      case 1:
        return begin_cache_change();
      default:
        return begin_write();
    }
  }

  bool busy(uint64_t lba, uint64_t blocks) const {
    return std::ranges::any_of(under_way_, [&](const Command& one) {
      return lba < one.lba + one.blocks && one.lba < lba + blocks;
    });
  }

  static Data data_of(uint64_t number, uint64_t blocks) {
    Data data(blocks * kBlock);
    for (size_t at = 0; at < data.size(); at += 8) store_be64(&data[at], number);
    return data;
  }

  void begin_write() {
    const uint64_t kind = random_() % 5;
    const uint64_t blocks = kind == 1 ? 1 : 1 + random_() % 4;
    const uint64_t lba = random_() % (kBlocks - blocks);
    if (busy(lba, blocks)) return;
    const bool fua = random_() % 4 == 0;
    const bool cached = target_.unit_->settings().write_cache || !write_cache_known_;
    uint64_t number = next_number_++;
    Data data = data_of(number, blocks);
    Data cdb = CdbBuilder(0x8a).range(lba, blocks).set(FieldRole::fua, fua);
    bool durable = fua || !cached;
    switch (kind) {
      case 1: {  // COMPARE AND WRITE of what is there
        cdb = CdbBuilder(0x89).range(lba, blocks).set(FieldRole::fua, fua);
        Data both = data_of(blocks_[lba].numbers.back(), blocks);
        both.insert(both.end(), data.begin(), data.end());
        data = both;
        durable = fua;  // the cache may be switched on between its reading and its writing
        break;
      }
      case 2:  // WRITE SAME
        cdb = CdbBuilder(0x93).range(lba, blocks);
        data.resize(kBlock);
        durable = !cached;
        break;
      case 3: {  // UNMAP
        cdb = CdbBuilder(0x42).set(FieldRole::parameter_list_length, 24);
        data.assign(24, 0);
        store_be16(&data[0], 22);
        store_be16(&data[2], 16);
        store_be64(&data[8], lba);
        store_be32(&data[16], static_cast<uint32_t>(blocks));
        number = 0;
        durable = !cached;
        break;
      }
      case 4:  // WRITE AND VERIFY
        cdb = CdbBuilder(0x8e).range(lba, blocks);
        durable = true;
        break;
      default:
        break;
    }
    for (uint64_t block = lba; block < lba + blocks; ++block)
      blocks_[block].numbers.push_back(number);
    start({.sent = nullptr, .lba = lba, .blocks = blocks, .durable = durable}, cdb, data);
  }

  void begin_flush() { start({.sent = nullptr, .covers = acknowledged()}, CdbBuilder(0x91), {}); }

  /// MODE SELECT of WCE. Without the cache, what was acknowledged before is durable too.
  void begin_cache_change() {
    if (!target_.unit_->traits().write_cache || !write_cache_known_) return;
    const bool on = !target_.unit_->settings().write_cache;
    const Data pages = target_.send({0x1a, 0x08, 0x08, 0, 252, 0}).data;
    Data list(pages.begin(), pages.end());
    list[0] = 0;
    list[2] = 0;
    list[4] &= 0x7f;  // PS
    list[4 + 2] = static_cast<uint8_t>((list[4 + 2] & ~0x04) | (on ? 0x04 : 0));
    const Data cdb = {0x15, 0x10, 0, 0, static_cast<uint8_t>(list.size()), 0};
    Command command{.sent = nullptr, .cache = on};
    if (!on) command.covers = acknowledged();
    write_cache_known_ = false;
    start(std::move(command), cdb, list);
  }

  std::vector<size_t> acknowledged() const {
    std::vector<size_t> found;
    for (const History& block : blocks_) found.push_back(block.acknowledged);
    return found;
  }

  void start(Command command, const Data& cdb, const Data& data) {
    command.sent = &target_.begin(*host_, cdb);
    ASSERT_TRUE(command.sent->begun);
    under_way_.push_back(command);
    target_.execute(*command.sent, data);
  }

  void end_those_that_have() {
    std::erase_if(under_way_, [&](const Command& one) {
      if (!one.sent->done) return false;
      EXPECT_TRUE(one.sent->good());
      end(one);
      return true;
    });
  }

  void end(const Command& command) {
    for (uint64_t block = command.lba; block < command.lba + command.blocks; ++block) {
      History& history = blocks_[block];
      history.acknowledged = history.numbers.size() - 1;
      if (command.durable) make_durable(history, history.acknowledged);
    }
    for (size_t block = 0; block < command.covers.size(); ++block)
      make_durable(blocks_[block], command.covers[block]);
    if (command.cache) write_cache_known_ = true;
  }
  void make_durable(History& history, size_t place) {
    if (place <= history.durable) return;
    history.durable = place;
    ++durable_;
  }

  std::mt19937_64 random_;
  test::CrashVolume crash_;
  LyingVolume lying_;
  TestTarget target_;
  ItNexus* host_ = nullptr;
  std::vector<History> blocks_ = std::vector<History>(kBlocks);
  std::vector<Command> under_way_;
  uint64_t next_number_ = 1;
  bool write_cache_known_ = true;  // no MODE SELECT is changing it
  size_t durable_ = 0;
};

class Durability : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, Durability, ::testing::Bool(), [](const auto& cache) {
  return cache.param ? "WriteBack" : "WriteThrough";
});

TEST_P(Durability, NothingAcknowledgedAsDurableIsLost) {
  size_t durable = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    PowerFailure power(seed, GetParam(), false);
    EXPECT_EQ(power.losses(), 0u) << "seed " << seed;
    durable += power.durable();
  }
  EXPECT_GT(durable, kSeeds) << "anything was durable at all";
}

TEST_P(Durability, AVolumeThatLiesIsFoundOut) {
  if (!GetParam()) return;  // it has nothing to lie about
  size_t lost = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed)
    lost += PowerFailure(seed, GetParam(), true).losses();
  EXPECT_GT(lost, kSeeds);
}

}  // namespace
}  // namespace tidemark::scsi
