#include "copyengine/image_reader.h"

#include <cstring>

#include "copyengine/engine_io.h"

namespace tidemark::copyengine {
namespace {

using storage::Errc;
using storage::Extent;
using storage::Verb;

/// One read of the image, from the source's answer to the last piece of the store.
struct ImageRead : std::enable_shared_from_this<ImageRead> {
  using SessionPtr = std::shared_ptr<CopySession>;
  std::shared_ptr<CopySession> session;
  CoreId home = 0;
  Extent extent;
  std::vector<iovec> memory;  // of all of `extent`
  std::function<void(Errc, std::string_view)> then;
  unsigned pending = 1;
  Errc error = Errc::ok;

  std::vector<iovec> slice(Extent part) const {
    std::vector<iovec> pieces;
    uint64_t at = extent.offset;
    for (const iovec& piece : memory) {
      const Extent here = part.intersection({at, piece.iov_len});
      if (!here.empty())
        pieces.push_back({static_cast<uint8_t*>(piece.iov_base) + (here.offset - at), here.length});
      at += piece.iov_len;
    }
    return pieces;
  }

  void source_read(Errc source_error) {
    if (source_error != Errc::ok) return then(source_error, "source");
    look_in(session, extent);
    one_less(Errc::ok);
  }

  /// `from` is where the old data of `part` would be if anybody has saved it.
  void look_in(const SessionPtr& from, Extent part) {
    ++pending;
    from->when_stored(part, [self = shared_from_this(), from, part] {
      self->take_preserved(from, part);
      self->one_less(Errc::ok);
    });
  }

  void take_preserved(const SessionPtr& from, Extent part) {
    Interval rest = from->map().grains_of(part);
    while (!rest.empty()) {
      const Interval run = from->map().next_settled(rest);
      const Interval unsettled{rest.first, run.empty() ? rest.end : run.first};
      if (from->newer() && !unsettled.empty())
        look_in(from->newer(), from->map().extent_of(unsettled).intersection(part));
      if (run.empty()) return;
      take_settled(from, run, part);
      rest.first = run.end;
    }
  }

  void take_settled(const SessionPtr& from, Interval grains, Extent part) {
    const auto bytes_of = [&](uint64_t first, uint64_t end) {
      return from->map().extent_of({first, end}).intersection(part);
    };
    while (!grains.empty()) {
      const Interval held = from->stored().next_run(grains);
      const uint64_t zero_end = held.empty() ? grains.end : std::max(grains.first, held.first);
      if (zero_end > grains.first) clear(bytes_of(grains.first, zero_end));
      if (held.empty()) return;
      uint64_t held_end = held.end;
      for (Interval next = held; next.first <= held_end && !next.empty();
           next = from->stored().next_run({held_end, grains.end}))
        held_end = next.end;
      held_end = std::min(grains.end, held_end);
      take_stored(from, bytes_of(zero_end, held_end));
      grains.first = held_end;
    }
  }

  void clear(Extent part) {
    for (const iovec& piece : slice(part)) std::memset(piece.iov_base, 0, piece.iov_len);
  }

  void take_stored(const SessionPtr& from, Extent part) {
    ++pending;
    submit_io({from->store(), Verb::read, part, slice(part)}, home,
              [self = shared_from_this(), from](Errc store_error) { self->one_less(store_error); });
  }

  void one_less(Errc store_error) {
    if (store_error != Errc::ok) error = store_error;
    if (--pending == 0) then(error, "store");
  }
};

}  // namespace

void read_image(std::shared_ptr<CopySession> session, storage::Volume& source, CoreId home,
                Extent extent, const DataBuffer& data,
                std::function<void(Errc, std::string_view)> then) {
  read_image(std::move(session), source, home, extent, data.vectors(), std::move(then));
}

void read_image(std::shared_ptr<CopySession> session, storage::Volume& source, CoreId home,
                Extent extent, std::vector<iovec> memory,
                std::function<void(Errc, std::string_view)> then) {
  auto read = std::make_shared<ImageRead>();
  read->session = std::move(session);
  read->home = home;
  read->extent = extent;
  read->memory = std::move(memory);
  read->then = std::move(then);
  submit_io({source, Verb::read, extent, read->slice(extent)}, home,
            [read](Errc error) { read->source_read(error); });
}

bool known_zero(const CopySession& session, storage::Volume& source, Extent extent) {
  if (session.storing(extent)) return false;
  Interval rest = session.map().grains_of(extent);
  while (!rest.empty()) {
    // Settled grains are zero unless stored; the others unless the source has data there now, for
    // nothing has been written over them since the begin time.
    Interval settled = session.map().next_settled(rest);
    const Interval unsettled{rest.first, settled.empty() ? rest.end : settled.first};
    if (!unsettled.empty()) {
      const Extent part = session.map().extent_of(unsettled).intersection(extent);
      const auto hole = source.hole_at(part.offset, part.end());
      if (!hole || !hole->contains(part)) return false;
    }
    if (settled.empty()) return true;
    if (!session.stored().next_run(settled).empty()) return false;
    rest.first = settled.end;
  }
  return true;
}

}  // namespace tidemark::copyengine
