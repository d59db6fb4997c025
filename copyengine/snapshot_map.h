// SnapshotMap: for each grain of what is copied, whether its data as of the begin time is still
// owed to the copy, and if not, where it lies.
//
//   owed       only the source has it: a host write must wait until it has been preserved
//   in flight  being preserved
//   preserved  in the snapshot store, at the same address as in the source
//   copied     at its place in the destination
//
// Memory: one bit per grain ("settled": preserved or copied), which any core may read, and interval
// sets on the home core for what is in flight and what is copied, whose size follows the work going
// on and not the volume. That is 32 MiB per TiB at a grain of 4 KiB, 8 MiB at 16 KiB.
//
// The bit is set with release order before the first write over the grain goes on, and read with
// acquire order, so that a core that sees it set sees the preserve done.
//
// Changed on the home core of its copy only.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "copyengine/copy_types.h"
#include "copyengine/interval_set.h"
#include "storage/extent.h"

namespace tidemark::copyengine {

class SnapshotMap {
 public:
  /// Covers the grains that `ranges` touch, in a source of `source_bytes`.
  SnapshotMap(const std::vector<CopyRange>& ranges, uint32_t grain, uint64_t source_bytes);

  uint32_t grain() const { return grain_; }
  /// The grains that `extent` touches.
  Interval grains_of(const storage::Extent& extent) const;
  /// The bytes of these grains, cut at the end of the source.
  storage::Extent extent_of(Interval grains) const;

  /// Whether no grain of `extent` that the map covers is owed. Any core; a "no" may be out of date.
  bool settled(const storage::Extent& extent) const;

  // Home core.

  /// The first run of owed grains, none of them in flight, within `grains`; empty if none.
  Interval next_owed(Interval grains) const;
  /// The first run of settled grains within `grains`; empty if none.
  Interval next_settled(Interval grains) const;
  /// The first run of copied grains within `grains`; empty if none.
  Interval next_copied(Interval grains) const { return copied_.next_present(grains); }
  /// Whether every grain of `grains` that the map covers is copied.
  bool all_copied(Interval grains) const;
  /// The first run of grains of one range only within `grains`; empty if none.
  Interval next_own(Interval grains) const { return shared_.next_absent(grains); }
  GrainState state(uint64_t grain) const;
  void begin_preserve(Interval grains);
  void end_preserve(Interval grains, bool preserved);
  /// Grains that belong to several ranges stay owed: one range's copy does not settle the other's.
  void mark_copied(const storage::Extent& extent);

  /// The first run of grains of several ranges within `grains`; empty if none.
  Interval next_shared(Interval grains) const { return shared_.next_present(grains); }
  /// All ranges that need something of these have been copied.
  void settle_copied(Interval grains) {
    set_bits(grains);
    copied_.insert(grains);
  }

  /// Runs of equal state from byte `from` on.
  std::vector<MapRun> runs(uint64_t from, size_t max_runs) const;
  /// Bytes of the bits.
  size_t memory() const { return words_ * sizeof(uint64_t); }

 private:
  /// Consecutive grains, whose bits start at `bit`.
  struct Piece {
    Interval grains;
    uint64_t bit = 0;
  };

  bool bit_set(uint64_t bit) const {
    return bits_[bit / 64].load(std::memory_order_acquire) >> (bit % 64) & 1;
  }
  uint64_t find_bit(uint64_t bit, uint64_t end, bool value) const;
  void set_bits(Interval grains);
  /// Calls visit(grains, first bit) for each covered part of `grains`, until it returns false.
  template <class Visit>
  void for_covered(Interval grains, Visit visit) const;
  /// The first run of grains within `grains` whose bit is `value`.
  Interval next_with_bit(Interval grains, bool value) const;

  uint32_t grain_;
  uint64_t source_bytes_;
  std::vector<Piece> pieces_;  // ascending, disjoint, not adjacent
  size_t words_ = 0;
  std::unique_ptr<std::atomic<uint64_t>[]> bits_;
  IntervalSet shared_;  // grains of more than one range
  IntervalSet in_flight_;
  IntervalSet copied_;
};

}  // namespace tidemark::copyengine
