// RangeGate: closes a range of a volume to I/O, waits until nothing in it is in flight, and opens
// it again. It is what COMPARE AND WRITE's atomicity, a copy's T0 fence and the start of each
// segment are made of.
//
// It is the outermost layer of a served volume. State is per core ("shard"): the I/O a core has in
// flight and has waiting, and the ranges closed. Submitting touches only the caller's shard: no
// lock, no atomic, no other core. Closing is the rare side and pays for both: it goes to the home
// core, which puts overlapping closures in order, then to every shard, and comes back when all have
// drained. Because all closures pass through the home core, every shard sees them in one order and
// two of them cannot wait for each other.
//
// What holds (tests/storage/range_gate_test.cc has a test for each):
//  - ClosedMeansDrained: when on_closed runs, no I/O the closure excludes is in flight in its
//  range.
//  - NothingSlipsIn: until open(), excluded I/O waits, except the holder's own (io.holder).
//  - WaitersKeepOrder: what waited goes on in the order it came, per core.
//  - CancelledNeverRuns: a waiting I/O that is cancelled is never passed on.
//  - GivenUpMeansOpen: a closure that is given up lets go at once of all that waits for it.
//  - ProtectedMeansRefused: after protect() has answered, no host write is in flight or passes.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "base/executor.h"
#include "storage/volume.h"

namespace tidemark::storage {

/// A range being closed, closed, or waiting to be. Owned by who closes it, at a fixed address, from
/// close() until the end of open().
struct Closure {
  enum class Excludes : uint8_t { writes, all };

  Extent extent;
  Excludes excludes = Excludes::writes;
  CoreId core = 0;                  // where on_closed runs
  std::function<void()> on_closed;  // the range is drained and closed; used up by the call

  // RangeGate's own, on the home core.
  uint16_t shards_pending = 0;
};

class RangeGate final : public Volume {
 public:
  /// `home` serialises closures. `next` outlives the gate.
  RangeGate(Executor& executor, CoreId home, Volume& next);
  ~RangeGate() override;

  const VolumeTraits& traits() const override { return next_.traits(); }
  void submit(VolumeIo& io) override;
  void cancel(VolumeIo& io) override;
  std::optional<Extent> hole_at(uint64_t offset, uint64_t limit) override {
    return next_.hole_at(offset, limit);
  }
  std::optional<SpaceUse> space() const override { return next_.space(); }

  /// From any core. An overlapping closure is waited for first. on_closed may run before this
  /// returns.
  void close(Closure& closure);
  /// From any core, after on_closed. `opened`, if given, runs on closure.core once the closure may
  /// be destroyed.
  void open(Closure& closure, std::function<void()> opened = nullptr);

  /// From closure.core, if that is the home core: undoes close() at once, whether or not the range
  /// has drained. on_closed does not run any more.
  void give_up(Closure& closure, std::function<void()> opened);

  /// Before the cores run.
  void protect_from_start();
  /// Refuses host writes with Errc::write_protected from when `done` has run (on `core`) until
  /// taken back. Counted: protections nest. From any core.
  void protect(bool on, CoreId core, std::function<void()> done);
  /// Whether host writes are refused, as this core knows it.
  bool host_write_protected(CoreId core) const;

  CoreId home() const { return home_; }

 private:
  struct Shard;

  void pass(Shard& shard, VolumeIo& io);
  void finished(VolumeIo& io) noexcept;
  static void on_io_done(VolumeIo& io) noexcept;
  bool excluded(const Shard& shard, const VolumeIo& io) const;
  void release_waiters(Shard& shard);
  void start_pending();
  void close_on_shard(CoreId core, Closure& closure);
  void report_if_drained(Shard& shard, Closure& closure);
  void shard_drained(Closure& closure);
  void on_every_core(std::function<void(Shard&)> visit, std::function<void()> then);

  Executor& executor_;
  CoreId home_;
  Volume& next_;
  std::vector<std::unique_ptr<Shard>> shards_;  // one per core
  std::list<Closure*> active_;                  // home core: closed or closing, pairwise disjoint
  std::list<Closure*> pending_;  // home core: waiting for an overlapping one, in order
};

}  // namespace tidemark::storage
