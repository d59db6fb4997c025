// SimVolume: a volume in virtual time. Each I/O takes a random time, and each of its sectors is
// read or written either at the start or at the end of it: overlapping I/O mixes in all the ways a
// real disk may mix it.
#pragma once

#include <functional>
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

  SimVolume(SimExecutor& executor, std::string name, uint64_t bytes, int64_t slowest_ns);

  const storage::VolumeTraits& traits() const override { return traits_; }
  void submit(storage::VolumeIo& io) override;
  std::optional<storage::Extent> hole_at(uint64_t offset, uint64_t limit) override;

  /// Asked for every I/O when it is submitted.
  void decide(Decide decide, HungIo* hung) {
    decide_ = std::move(decide);
    hung_ = hung;
  }

  std::vector<uint8_t>& bytes() { return bytes_; }
  void fill_mapped() { mapped_.assign(mapped_.size(), true); }
  uint64_t writes() const { return writes_; }
  unsigned in_flight() const { return in_flight_; }

 private:
  void finish(storage::VolumeIo& io, uint64_t late_sectors, storage::Errc error);
  void move_sector(storage::VolumeIo& io, uint64_t sector);
  static bool is_late(uint64_t pattern, uint64_t sector) { return pattern >> (sector % 64) & 1; }

  SimExecutor& executor_;
  storage::VolumeTraits traits_;
  int64_t slowest_ns_;
  std::vector<uint8_t> bytes_;
  std::vector<bool> mapped_;  // per sector
  Decide decide_;
  HungIo* hung_ = nullptr;
  uint64_t writes_ = 0;
  unsigned in_flight_ = 0;
};

}  // namespace tidemark::test
