// SimVolume: a volume in virtual time. Each I/O takes a random time, and each of its sectors is
// read or written either at the start or at the end of it: overlapping I/O mixes in all the ways a
// real disk may mix it. An I/O that fails may have moved some of its sectors.
//
// It survives a crash of what uses it: of the I/O under way then, any part has been done; and if it
// was the machine that crashed, any part of what had not been flushed is undone.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "storage/volume.h"
#include "tests/support/sim_executor.h"

namespace tidemark::test {

inline constexpr uint64_t kSector = 512;

/// I/O that hangs, of one or more volumes.
class HungIo {
 public:
  void add(std::function<void()> go) { list_.push_back(std::move(go)); }
  bool empty() const { return list_.empty(); }
  void let_go() {
    for (const auto& go : std::exchange(list_, {})) go();
  }

 private:
  std::vector<std::function<void()>> list_;
};

class SimVolume final : public storage::Volume {
 public:
  /// What happens to an I/O: ok, an error, or `hang` (it never ends until HungIo::let_go()).
  struct Fate {
    storage::Errc error = storage::Errc::ok;
    bool hang = false;
  };
  using Decide = std::function<Fate(const storage::VolumeIo&)>;
  enum class Crash { process, power };

  SimVolume(SimExecutor& executor, std::string name, uint64_t bytes, int64_t slowest_ns);

  const storage::VolumeTraits& traits() const override { return traits_; }
  void submit(storage::VolumeIo& io) override;
  std::optional<storage::Extent> hole_at(uint64_t offset, uint64_t limit) override;

  /// Asked for every I/O when it is submitted.
  void decide(Decide decide, HungIo* hung) {
    decide_ = std::move(decide);
    hung_ = hung;
  }

  /// From now on a power failure may take back what has not been flushed. What it holds now is
  /// safe.
  void keep_unflushed();
  /// All that it holds is safe now.
  void flush();
  /// Until revive(), I/O of what has crashed ends with an error and without effect.
  void crash(Crash kind);
  void revive() { crashed_ = false; }

  std::vector<uint8_t>& bytes() { return bytes_; }
  void fill_mapped() { mapped_.assign(mapped_.size(), true); }
  uint64_t writes() const { return writes_; }
  unsigned in_flight() const { return in_flight_; }

 private:
  struct Running {
    storage::VolumeIo* io;
    uint64_t late;  // bit i: sectors i modulo 64 move at the end instead of at the start
    storage::Errc error;
    std::vector<uint32_t> flushes;  // sectors
  };
  using RunningPtr = std::list<Running>::iterator;

  void finish(RunningPtr running, unsigned epoch);
  void move_sectors(const storage::VolumeIo& io, uint64_t pattern);
  void move(const storage::VolumeIo& io, uint64_t first, uint64_t count);
  void touch(uint64_t sector);
  void make_safe(uint64_t sector);
  void lose_unflushed();
  uint64_t random_pattern();

  SimExecutor& executor_;
  storage::VolumeTraits traits_;
  int64_t slowest_ns_;
  std::vector<uint8_t> bytes_;
  std::vector<bool> mapped_;         // per sector
  std::vector<uint8_t> safe_bytes_;  // what a power failure leaves of unflushed sectors
  std::vector<bool> safe_mapped_;
  std::vector<bool> unflushed_;  // per sector
  std::vector<uint32_t> unflushed_list_;
  bool keeps_unflushed_ = false;
  bool crashed_ = false;
  unsigned epoch_ = 0;  // crashes so far
  std::list<Running> running_;
  Decide decide_;
  HungIo* hung_ = nullptr;
  uint64_t writes_ = 0;
  unsigned in_flight_ = 0;
};

}  // namespace tidemark::test
