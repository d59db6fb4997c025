// CopySession: what of a copy is put on record, and taken from there again (docs/journal.md).
#include <algorithm>
#include <utility>

#include "base/fail_point.h"
#include "copyengine/copy_session.h"
#include "copyengine/write_guard.h"

namespace tidemark::copyengine {

using storage::Errc;
using storage::Extent;

void CopySession::mark_copied(const Extent& extent) {
  fail_point(FailPoint::chunk_in_place);
  if (!order_.journal) return put_copied(extent);
  if (state_ == State::ended) return;
  if (!durable()) return record_copied(extent);
  unrecorded_.insert({extent.offset, extent.end()});
  unrecorded_bytes_ += extent.length;
  if (unrecorded_bytes_ >= kRecordBytes || !recorded_.empty()) return flush_and_record();
  watch_unrecorded();
}

void CopySession::watch_unrecorded() {
  if (std::exchange(record_watched_, true)) return;
  executor_.post_after(home_, kRecordPause, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->record_watched_ = false;
    self->flush_and_record();
  });
}

/// Data first, then the record that vouches for it.
void CopySession::flush_and_record() {
  if (unrecorded_.empty() || state_ == State::ended) return;
  unrecorded_bytes_ = 0;
  ++recording_;
  flush(*order_.destination, [this, copied = std::exchange(unrecorded_, {})](Errc error) {
    if (state_ != State::ended && error == Errc::ok) {
      Interval rest{0, UINT64_MAX};
      for (Interval run; !(run = copied.next_present(rest)).empty(); rest.first = run.end)
        record_copied({run.first, run.size()});
    }
    --recording_;  // not before: there may be nothing to record, and who waits is told
    if (state_ == State::ended) return;
    if (error != Errc::ok)
      return fail_copy(error, "destination", "the destination could not be flushed", {});
    tell_recorded();
  });
}

/// A grain that two ranges share is not said to be copied before both are: when_all_recorded().
void CopySession::record_copied(const Extent& extent) {
  Interval grains = map_.grains_of(extent);
  for (Interval own; !(own = map_.next_own(grains)).empty(); grains.first = own.end)
    record_grains(own);
}

/// Host writes over what is being put on record wait for the record.
void CopySession::record_grains(Interval grains) {
  ++recording_;
  record(make_run_record(RecordType::copied, grains),
         [this, grains, claimed = claim_for_record(grains)](Errc error) {
           --recording_;
           copied_on_record(grains, claimed, error);
         });
}

/// Grains that the record will settle, as preserves without I/O, for writes to wait for.
std::vector<CopySession::PreservePtr> CopySession::claim_for_record(Interval grains) {
  std::vector<PreservePtr> claimed;
  for (Interval owed; !(owed = map_.next_owed(grains)).empty(); grains.first = owed.end) {
    auto preserve = std::make_shared<Preserve>();
    preserve->grains = owed;
    preserve->extent = map_.extent_of(owed);
    map_.begin_preserve(owed);
    preserves_.emplace(owed.first, preserve);
    claimed.push_back(std::move(preserve));
  }
  return claimed;
}

void CopySession::copied_on_record(Interval grains, const std::vector<PreservePtr>& claimed,
                                   Errc error) {
  fail_point(FailPoint::copied_recorded);
  if (state_ != State::ended && error == Errc::ok) {
    map_.settle_copied(grains);
    reclaim(grains);
    for (const PreservePtr& preserve : claimed) wake(*preserve);
  }
  if (error != Errc::ok)
    fail_copy(error, "journal", "the journal could not be written", map_.extent_of(grains));
  for (const PreservePtr& preserve : claimed) finish(preserve);
  tell_recorded();
}

void CopySession::when_all_recorded(std::function<void()> then) {
  when_recorded([this, then = std::move(then)] {
    Interval rest{0, UINT64_MAX};
    for (Interval shared; order_.journal && !(shared = map_.next_shared(rest)).empty();
         rest.first = shared.end)
      record_grains(shared);
    when_recorded(then);
  });
}

void CopySession::when_recorded(std::function<void()> then) {
  recorded_.push_back(std::move(then));
  flush_and_record();
  tell_recorded();
}

void CopySession::tell_recorded() {
  if (recording_ > 0 || !unrecorded_.empty() || state_ != State::guarding) return;
  for (const auto& then : std::exchange(recorded_, {})) then();
}

/// The copy cannot go on, though no old data has been lost.
void CopySession::fail_copy(Errc error, std::string party, std::string text, Extent extent) {
  break_copy({error, std::move(party), std::move(text), extent, CopyState::failed});
}

void CopySession::describe(const JournalWriter::Emit& emit) const {
  Interval rest{0, UINT64_MAX};
  for (Interval run; !(run = map_.next_settled(rest)).empty();) {
    rest.first = run.end;
    while (!run.empty()) {
      const Interval copied = map_.next_copied(run);
      describe_preserved({run.first, copied.empty() ? run.end : copied.first}, emit);
      if (copied.empty()) break;
      emit(make_run_record(RecordType::copied, copied));
      run.first = copied.end;
    }
  }
}

/// What the store may hold, by whole runs of grains, counts as stored: where it holds nothing, it
/// reads as zeroes.
void CopySession::describe_preserved(Interval grains, const JournalWriter::Emit& emit) const {
  while (!grains.empty()) {
    const Interval run = stored_.next_run(grains);
    const Interval zero{grains.first, run.empty() ? grains.end : std::max(grains.first, run.first)};
    if (!zero.empty()) emit(make_run_record(RecordType::zero, zero));
    if (run.empty()) return;
    const Interval stored{zero.end, std::min(grains.end, run.end)};
    emit(make_run_record(RecordType::stored, stored));
    grains.first = stored.end;
  }
}

void CopySession::give_back_copied() {
  reclaim(map_.grains_of({0, source_.traits().bytes}));
}

void CopySession::restore(const IntervalSet& stored, const IntervalSet& zero,
                          const IntervalSet& copied) {
  const auto each = [](const IntervalSet& set, const auto& visit) {
    Interval rest{0, UINT64_MAX};
    for (Interval run; !(run = set.next_present(rest)).empty(); rest.first = run.end) visit(run);
  };
  each(zero, [this](Interval run) { map_.end_preserve(run, true); });
  each(stored, [this](Interval run) {
    map_.end_preserve(run, true);
    stored_.insert(run);
    figures_.store_bytes += map_.extent_of(run).length;
    quota_.take_anyway(map_.extent_of(run).length);
  });
  each(copied, [this](Interval run) { map_.settle_copied(run); });
}

}  // namespace tidemark::copyengine
