#include "copyengine/image.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/invariant.h"
#include "copyengine/image_reader.h"
#include "copyengine/write_guard.h"

namespace tidemark::copyengine {
namespace {

using storage::Errc;
using storage::Extent;

/// The map's ranges; where they would go matters to nobody.
std::vector<CopyRange> map_ranges(const std::vector<Extent>& extents) {
  std::vector<CopyRange> ranges;
  for (const Extent& extent : extents)
    ranges.push_back({extent.offset, extent.offset, extent.length});
  return ranges;
}

Extent hull(const std::vector<Extent>& extents) {
  uint64_t first = UINT64_MAX;
  uint64_t end = 0;
  for (const Extent& extent : extents) {
    first = std::min(first, extent.offset);
    end = std::max(end, extent.end());
  }
  return {first, end - first};
}

uint64_t length_of(const std::vector<iovec>& memory) {
  uint64_t length = 0;
  for (const iovec& piece : memory) length += piece.iov_len;
  return length;
}

/// `length` bytes of it from `place` on.
std::vector<iovec> slice(const std::vector<iovec>& memory, uint64_t place, uint64_t length) {
  std::vector<iovec> pieces;
  uint64_t at = 0;
  for (const iovec& piece : memory) {
    const Extent here = Extent{place, length}.intersection({at, piece.iov_len});
    if (!here.empty())
      pieces.push_back({static_cast<uint8_t*>(piece.iov_base) + (here.offset - at), here.length});
    at += piece.iov_len;
  }
  return pieces;
}

}  // namespace

Image::Image(Order order, Parts parts, std::unique_ptr<storage::Volume> store)
    : parts_(std::move(parts)), order_(std::move(order)) {
  INVARIANT(!order_.ranges.empty());
  for (const Extent& range : order_.ranges) bytes_ += range.length;
  CopySession::Order guarded;
  guarded.ranges = map_ranges(order_.ranges);
  guarded.grain = order_.grain;
  guarded.hold_deadline = order_.hold_deadline;
  guarded.store_limit = order_.store_limit;
  guarded.store_pool = order_.store_pool;
  session_ =
      std::make_shared<CopySession>(parts_.executor, parts_.home, parts_.guard, std::move(store),
                                    parts_.preserve_memory, std::move(guarded));
}

Image::~Image() = default;

void Image::begin(std::function<void()> begun) {
  begun_ = std::move(begun);
  // The chain's session may outlive its image.
  session_->on_broken([weak = weak_from_this(),
                       chain = std::weak_ptr(parts_.chain)](const CopySession::Breakage& why) {
    if (const auto shared = chain.lock()) return shared->broken(why);
    if (const auto self = weak.lock()) self->lose(why);
  });
  closing_ = true;
  closure_.extent = session_->map().extent_of(session_->map().grains_of(hull(order_.ranges)));
  closure_.core = parts_.home;
  closure_.on_closed = [self = shared_from_this()] { self->at_t0(); };
  parts_.executor.post_after(parts_.home, order_.hold_deadline, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->fence_overdue();
  });
  parts_.gate.close(closure_);
}

void Image::fence_overdue() {
  if (state_ == State::preparing && closing_ && closure_.on_closed)
    lose({Errc::gone, "source", "writes in flight did not end", closure_.extent});
}

/// Writes are stopped: the guard is switched on.
void Image::at_t0() {
  if (state_ != State::preparing) return open_gate();
  session_->set_window(closure_.extent);
  guarding_ = true;
  parts_.guard.add(session_, [self = shared_from_this()] {
    if (self->state_ == State::preparing) {
      self->state_ = State::ready;
      self->begin_time_ = wall_clock_ns();
      self->join_chain();
      if (self->parts_.at_begin_time) self->parts_.at_begin_time();
    }
    self->open_gate();
    self->answer_begin();
  });
}

void Image::join_chain() {
  if (!parts_.chain) return;
  guarding_ = false;
  chained_ = true;
  parts_.chain->add(session_, [weak = weak_from_this()](const CopySession::Breakage& why) {
    if (const auto self = weak.lock()) self->lose(why);
  });
}

void Image::open_gate() {
  parts_.gate.open(closure_, [self = shared_from_this()] { self->closing_ = false; });
}

void Image::answer_begin() {
  if (const auto begun = std::exchange(begun_, nullptr)) begun();
}

void Image::lose(const CopySession::Breakage& why) {
  if (state_ == State::lost || state_ == State::dropped) return;
  state_ = State::lost;
  why_ = why;
  stop_guarding();
  answer_begin();
  if (const auto listener = std::exchange(on_lost_, nullptr)) listener();
}

/// Hosts go on at once.
void Image::stop_guarding() {
  if (closing_ && closure_.on_closed)
    parts_.gate.give_up(closure_, [self = shared_from_this()] { self->closing_ = false; });
  if (chained_) return parts_.chain->leave(*session_);
  session_->end();
  if (std::exchange(guarding_, false)) parts_.guard.remove(session_, [] {});
}

void Image::drop(std::function<void()> at_rest) {
  if (state_ != State::lost) {
    state_ = State::dropped;
    stop_guarding();
    answer_begin();
  }
  if (!chained_)
    return session_->when_idle(
        [self = shared_from_this(), at_rest = std::move(at_rest)] { at_rest(); });
  parts_.chain->when_over_idle(
      [self = shared_from_this(), at_rest = std::move(at_rest)](ImageChain::Sessions over) {
        self->over_ = std::move(over);
        at_rest();
      });
}

/// A read of bytes that may lie in several ranges: piece after piece, each into memory of its own
/// that is then part of the caller's.
struct Image::Read : std::enable_shared_from_this<Read> {
  struct Piece {
    Extent extent;     // of the volume
    size_t place = 0;  // in the caller's data
  };
  std::shared_ptr<Image> image;
  std::vector<Piece> pieces;
  std::vector<iovec> data;
  std::function<void(Errc, std::string_view)> then;
  size_t pending = 1;
  Errc error = Errc::ok;
  std::string_view party;

  void start() {
    for (const Piece& piece : pieces) {
      ++pending;
      read_image(image->session_, image->parts_.guard.backing(), image->parts_.home, piece.extent,
                 slice(data, piece.place, piece.extent.length),
                 [self = shared_from_this()](Errc failed, std::string_view whose) {
                   if (failed != Errc::ok) self->error = failed, self->party = whose;
                   self->one_less();
                 });
    }
    one_less();
  }
  void one_less() {
    if (--pending > 0) return;
    // Writes were held for what was owed only as long as the image was there.
    if (image->state_ != State::ready) return then(Errc::gone, "source");
    then(error, party);
  }
};

void Image::read(uint64_t offset, std::vector<iovec> memory,
                 std::function<void(Errc, std::string_view)> then) {
  if (state_ != State::ready) return then(Errc::gone, "source");
  const auto read = std::make_shared<Read>();
  read->image = shared_from_this();
  read->then = std::move(then);
  const Extent wanted{offset, length_of(memory)};
  read->data = std::move(memory);
  uint64_t at = 0;
  for (const Extent& range : order_.ranges) {
    const Extent part = wanted.intersection({at, range.length});
    if (!part.empty())
      read->pieces.push_back(
          {{range.offset + (part.offset - at), part.length}, part.offset - offset});
    at += range.length;
  }
  read->start();
}

}  // namespace tidemark::copyengine
