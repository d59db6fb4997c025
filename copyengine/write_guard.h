// WriteGuard: stands in front of a volume and lets no write reach it before every copy under way
// has the old data it still needs.
//
// What holds (tests/simulation/copy_model_test.cc and tests/copyengine/write_guard_test.cc):
//  - OldDataFirst: a write over a grain still owed to a copy reaches the volume only after that
//    grain's old data is where the copy's release mode asks (read, or in the snapshot store) and
//    the snapshot map says so.
//  - SettledPasses: a write over settled grains is not delayed and leaves no trace.
//  - HeldInOrder: of held writes that overlap, the later reaches the volume after the earlier.
//  - AbortedNeverLands: a held write taken back by cancel() never reaches the volume.
//  - TheHostIsNotTheCopysServant: what goes wrong with a copy ends or breaks the copy; a host write
//    fails only if the copy was started with fail_write.
//
// It is the layer between RangeGate and the volume itself. Each core has its own list of sessions;
// with none, submit() costs one look at that list. A session is added while the gate is closed to
// writes, so that every write is wholly before or wholly after the begin time.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/executor.h"
#include "copyengine/host_load.h"
#include "storage/volume.h"

namespace tidemark::copyengine {

class CopySession;

class WriteGuard final : public storage::Volume {
 public:
  /// Sessions are added, removed and asked on core `home`. `backing` outlives the guard.
  WriteGuard(Executor& executor, CoreId home, storage::Volume& backing);
  ~WriteGuard() override;

  const storage::VolumeTraits& traits() const override { return backing_.traits(); }
  void submit(storage::VolumeIo& io) override;
  void cancel(storage::VolumeIo& io) override;
  std::optional<storage::Extent> hole_at(uint64_t offset, uint64_t limit) override {
    return backing_.hole_at(offset, limit);
  }
  std::optional<storage::SpaceUse> space() const override { return backing_.space(); }

  storage::Volume& backing() { return backing_; }
  /// Of hosts, on all cores, since a copy was there to ask. Any core.
  HostLoad host_load() const;

  /// Home core, with the volume's gate closed to writes; `done` (home) once every core knows. Gives
  /// the session its place behind all added before.
  void add(std::shared_ptr<CopySession> session, std::function<void()> done);
  /// Before the cores run: guards from the first write on.
  void add_from_start(std::shared_ptr<CopySession> session);
  /// Home core. The session must hold nothing back any longer.
  void remove(std::shared_ptr<CopySession> session, std::function<void()> done);

  // For CopySession, on the home core: ends a hold. Each io given to admit() gets one of these.

  /// The write may go on, past this session.
  void let_go(storage::VolumeIo& io, const std::shared_ptr<CopySession>& session, uint64_t ticket);
  /// The write ends here with `error`, without having touched the volume.
  void turn_away(storage::VolumeIo& io, storage::Errc error);

 private:
  using Sessions = std::vector<std::shared_ptr<CopySession>>;
  struct Shard;
  struct Hold;
  struct Timed;

  void time(storage::VolumeIo& io);
  static void on_timed_done(storage::VolumeIo& io) noexcept;
  void check(storage::VolumeIo& io);
  void go_on(storage::VolumeIo& io, const std::shared_ptr<CopySession>& session, uint64_t ticket);
  static void on_held_write_done(storage::VolumeIo& io) noexcept;

  Executor& executor_;
  CoreId home_;
  storage::Volume& backing_;
  std::vector<std::unique_ptr<Shard>> shards_;  // one per core
  uint64_t last_place_ = 0;                     // home core
};

}  // namespace tidemark::copyengine
