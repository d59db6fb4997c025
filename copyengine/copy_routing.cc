// CopySession: where old data goes: into the snapshot store, or straight to its place in the copy;
// and when the destination is slow or fails, into the store after all.
#include <algorithm>
#include <utility>

#include "base/fail_point.h"
#include "copyengine/copy_session.h"
#include "copyengine/engine_io.h"

namespace tidemark::copyengine {

using storage::Errc;
using storage::Extent;
using storage::Verb;

void CopySession::write_to_store(const PreservePtr& preserve) {
  if (!quota_.take(preserve->extent.length))
    return fail(preserve, Errc::no_space, "store",
                quota_.pool_is_full(preserve->extent.length)
                    ? "the pool of snapshot stores has reached its limit"
                    : "the snapshot store has reached its limit");
  preserve->reserved = preserve->extent.length;
  tell_store_level();
  const DataBuffer& data = preserve->lent ? *preserve->lent : preserve->data;
  submit(*store_, Verb::write, preserve->extent, data,
         [this, preserve, begun = executor_.now()](Errc error) {
           if (pointless(*preserve)) return finish(preserve);
           if (error != Errc::ok) return fail(preserve, error, "store");
           route_.took(false, executor_.now() - begun);
           fail_point(FailPoint::old_data_stored);
           if (!durable()) return put_on_record(preserve, RecordType::stored);
           store_flush_.flush([this, preserve](Errc flush_error) {
             if (state_ == State::ended) return finish(preserve);
             if (flush_error != Errc::ok) return fail(preserve, flush_error, "store");
             put_on_record(preserve, RecordType::stored);
           });
         });
}

/// The one range that has bytes of `extent`; null if there are several, or none.
const CopyRange* CopySession::range_of(const Extent& extent) const {
  const auto next = std::ranges::upper_bound(placed_, extent.offset, {}, &CopyRange::source_offset);
  const CopyRange* found = nullptr;
  if (next != placed_.begin() && std::prev(next)->source().overlaps(extent))
    found = &*std::prev(next);
  if (next == placed_.end() || !next->source().overlaps(extent)) return found;
  if (found != nullptr) return nullptr;
  const bool another =
      std::next(next) != placed_.end() && std::next(next)->source().overlaps(extent);
  return another ? nullptr : &*next;
}

bool CopySession::goes_to_destination(const Preserve& preserve) {
  // Data on its way to a destination that hangs is not to take the memory that hosts wait for.
  if (memory_.in_use() > memory_.budget() / 2) return false;
  if (!map_.next_shared(preserve.grains).empty() || range_of(preserve.extent) == nullptr)
    return false;
  return route_.to_destination(executor_.now());
}

void CopySession::write_to_destination(const PreservePtr& preserve) {
  const CopyRange& range = *range_of(preserve->extent);
  const Extent part = preserve->extent.intersection(range.source());
  const Extent place{range.destination_offset + (part.offset - range.source_offset), part.length};
  // Also the destination's, should that answer late.
  preserve->lent = std::make_shared<DataBuffer>(std::move(preserve->data));
  std::vector<iovec> memory;
  preserve->lent->slice(part.offset - preserve->extent.offset, part.length, memory);
  const TimePoint begun = executor_.now();
  executor_.post_after(home_, kSpillAfter, [weak = weak_from_this(), preserve] {
    if (const auto self = weak.lock()) self->spill_if_slow(preserve);
  });
  ++under_way_;
  ++routed_under_way_;
  submit_io({*order_.destination, Verb::write, place, std::move(memory)}, home_,
            [self = shared_from_this(), preserve, begun, lent = preserve->lent](Errc error) {
              self->routed_answered(preserve, begun, error);
              if (--self->routed_under_way_ == 0)
                for (const auto& then : std::exchange(self->destination_idle_, {})) then();
              self->io_over();
            });
}

void CopySession::routed_answered(const PreservePtr& preserve, TimePoint begun, Errc error) {
  if (preserve->spilled || preserve->over) return;  // the store has it, or will
  if (state_ == State::ended) return finish(preserve);
  if (error != Errc::ok) return spill(preserve);
  route_.took(true, executor_.now() - begun);
  fail_point(FailPoint::chunk_in_place);
  if (!durable()) return record_routed(preserve);
  destination_flush_.flush([this, preserve](Errc flush_error) {
    if (preserve->spilled || preserve->over) return;
    if (state_ == State::ended) return finish(preserve);
    if (flush_error != Errc::ok) return spill(preserve);
    record_routed(preserve);
  });
}

void CopySession::spill_if_slow(const PreservePtr& preserve) {
  if (preserve->in_place || preserve->spilled || preserve->over || state_ == State::ended) return;
  spill(preserve);
}

/// It is copied to the destination again later, from the store.
void CopySession::spill(const PreservePtr& preserve) {
  route_.destination_unfit(executor_.now());
  figures_.bytes_spilled += preserve->extent.length;
  preserve->spilled = true;
  write_to_store(preserve);
}

void CopySession::record_routed(const PreservePtr& preserve) {
  preserve->in_place = true;
  if (!order_.journal) return routed(preserve);
  record(make_run_record(RecordType::copied, preserve->grains), [this, preserve](Errc error) {
    if (state_ == State::ended) return finish(preserve);
    if (error != Errc::ok) return fail(preserve, error, "journal");
    fail_point(FailPoint::copied_recorded);
    routed(preserve);
  });
}

void CopySession::routed(const PreservePtr& preserve) {
  figures_.bytes_routed += preserve->extent.length;
  map_.settle_copied(preserve->grains);
  if (!preserve->settled) settle(*preserve);
  finish(preserve);
}

void CopySession::when_destination_idle(std::function<void()> then) {
  if (routed_under_way_ == 0) return then();
  destination_idle_.push_back(std::move(then));
}

}  // namespace tidemark::copyengine
