// OrderProbe: looks at a write guard from both sides and says when writes that it held overtake
// each other: of two from one core that overlap, the later may reach the medium only once the
// earlier has ended. With one copy at a time.
#pragma once

#include <algorithm>
#include <list>

#include "storage/volume.h"

namespace tidemark::test {

class OrderProbe {
 public:
  /// `medium` is what the guard is to be given; set_guard() comes before any I/O.
  explicit OrderProbe(storage::Volume& medium) : behind_(*this, medium) {}
  void set_guard(storage::Volume& guard) { front_.next = &guard; }

  storage::Volume& behind() { return behind_; }
  storage::Volume& front() { return front_; }
  /// Writes that reached the medium too early.
  uint64_t overtakings() const { return overtakings_; }
  /// Writes that had to wait for an earlier one.
  uint64_t followed() const { return followed_; }

 private:
  /// Whom a write's end is passed on to.
  struct Next {
    storage::VolumeIo::Done done = nullptr;
    void* owner = nullptr;
    void put_back(storage::VolumeIo& io) const {
      io.done = done;
      io.owner = owner;
    }
  };
  struct Seen {
    storage::VolumeIo* io;
    Next host;          // in front of the guard
    Next guard;         // behind it
    bool held = false;  // and has not ended
    bool at_medium = false;
    bool overtaken = false;  // which is no harm if it never gets to the medium
  };

  struct Side : storage::Volume {
    Side(OrderProbe& its, storage::Volume* passes_on) : probe(its), next(passes_on) {}
    const storage::VolumeTraits& traits() const override { return next->traits(); }
    void cancel(storage::VolumeIo& io) override { next->cancel(io); }
    std::optional<storage::Extent> hole_at(uint64_t offset, uint64_t limit) override {
      return next->hole_at(offset, limit);
    }
    OrderProbe& probe;
    storage::Volume* next;
  };
  struct Front final : Side {
    explicit Front(OrderProbe& its) : Side(its, nullptr) {}
    void submit(storage::VolumeIo& io) override { probe.comes(io); }
  };
  struct Behind final : Side {
    Behind(OrderProbe& its, storage::Volume& medium) : Side(its, &medium) {}
    void submit(storage::VolumeIo& io) override {
      probe.lands(io);
      next->submit(io);
    }
  };

  void comes(storage::VolumeIo& io) {
    if (!changes_medium(io.verb)) return front_.next->submit(io);
    seen_.push_back({&io, {io.done, io.owner}, {}});
    Seen& seen = seen_.back();
    io.owner = this;
    io.done = [](storage::VolumeIo& ended) noexcept {
      static_cast<OrderProbe*>(ended.owner)->ends(ended);
    };
    // No simulated write ends inside submit().
    front_.next->submit(io);
    seen.held = io.guard.held != nullptr;
    if (seen.held) followed_ += overlapped_before(io);
  }

  void ends(storage::VolumeIo& io) {
    const auto at = find(io);
    at->host.put_back(io);
    seen_.erase(at);
    io.done(io);
  }

  void lands(storage::VolumeIo& io) {
    const auto at = find(io);
    if (at == seen_.end() || !at->held) return;
    overtakings_ += at->overtaken;
    for (auto earlier = seen_.begin(); earlier != at; ++earlier) {
      if (!goes_before(*earlier, io)) continue;
      overtakings_ += earlier->at_medium;
      earlier->overtaken = true;
    }
    at->at_medium = true;
    at->guard = {io.done, io.owner};
    io.owner = this;
    io.done = [](storage::VolumeIo& ended) noexcept {
      static_cast<OrderProbe*>(ended.owner)->landed(ended);
    };
  }
  void landed(storage::VolumeIo& io) {
    const auto at = find(io);
    at->held = false;
    at->guard.put_back(io);
    io.done(io);
  }

  bool overlapped_before(const storage::VolumeIo& io) {
    return std::any_of(seen_.begin(), find(io),
                       [&](const Seen& earlier) { return goes_before(earlier, io); });
  }
  static bool goes_before(const Seen& earlier, const storage::VolumeIo& io) {
    return earlier.held && earlier.io->core == io.core && earlier.io->extent.overlaps(io.extent);
  }
  std::list<Seen>::iterator find(const storage::VolumeIo& io) {
    return std::find_if(seen_.begin(), seen_.end(), [&](const Seen& one) { return one.io == &io; });
  }

  std::list<Seen> seen_;
  uint64_t overtakings_ = 0;
  uint64_t followed_ = 0;
  Front front_{*this};
  Behind behind_;
};

}  // namespace tidemark::test
