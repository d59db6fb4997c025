// CopyJob: what it puts on record, and how it goes on after a restart (docs/journal.md).
#include <utility>

#include "copyengine/copy_job.h"
#include "copyengine/write_guard.h"

namespace tidemark::copyengine {

using storage::Errc;

void CopyJob::open_journal(std::unique_ptr<storage::Volume> volume, Release release,
                           const FoundJournal* found) {
  if (!volume) return;
  JournalWriter::Parts parts{
      .executor = &parts_.executor,
      .home = parts_.home,
      .volume = std::move(volume),
      .flush = release == Release::durable,
      .describe = [this](const JournalWriter::Emit& emit) { describe(emit); }};
  if (found != nullptr) {
    parts.generation = found->generation;
    parts.area = found->area;
  }
  journal_ = std::make_shared<JournalWriter>(std::move(parts));
}

/// All that is on record; at a checkpoint.
void CopyJob::describe(const JournalWriter::Emit& emit) const {
  const auto mark = [](const storage::Volume& volume) {
    return VolumeMark{volume.traits().identity, volume.traits().bytes};
  };
  emit(make_header_record({.copy_id = status_.id,
                           .started_unix_ns = status_.started_unix_ns,
                           .resumed = status_.resumed,
                           .boot_id = parts_.boot_id,
                           .source = mark(parts_.source_gate),
                           .destination = mark(parts_.destination),
                           .request = status_.request}));
  session_->describe(emit);
  if (begun_on_record_) emit(make_begun_record(status_.t0_unix_ns));
  if (begun_segment_) emit(make_segment_record(*begun_segment_));
  if (pause_wanted_) emit(make_paused_record(true));
}

void CopyJob::begin_journal(std::function<void()> then) {
  ++under_way_;
  journal_->begin([self = shared_from_this(), then = std::move(then)](Errc error) {
    --self->under_way_;
    if (ended(self->state())) return self->come_to_rest();
    if (error != Errc::ok) return self->fail(error, "journal", "the journal could not be begun");
    then();
  });
}

/// `then` runs once it is on record; if it cannot be, the copy ends.
void CopyJob::append(JournalWriter::Record record, std::function<void()> then) {
  ++under_way_;
  journal_->append(std::move(record),
                   [self = shared_from_this(), then = std::move(then)](Errc error) {
                     --self->under_way_;
                     if (error == Errc::ok) then();
                     if (ended(self->state())) return self->come_to_rest();
                     if (error != Errc::ok)
                       self->fail(error, "journal", "the journal could not be written");
                   });
}

/// A begin time: with release "durable", what hosts had written before it is flushed first, or
/// a power failure would take back what is still owed.
void CopyJob::put_on_record(JournalWriter::Record record, std::function<void()> then) {
  if (!journal_) return then();
  const auto note = [self = shared_from_this(), record = std::move(record),
                     then = std::move(then)] { self->append(record, then); };
  if (status_.request.release != Release::durable) return note();
  flush(parts_.source_guard.backing(), "source", note);
}

void CopyJob::take_up(const CopyStatus& known, const JournalState& left,
                      const IntervalSet& unbegun) {
  const SnapshotMap& map = session_->map();
  status_.started_unix_ns = left.header.started_unix_ns;
  status_.t0_unix_ns = left.t0_unix_ns.value_or(0);
  status_.fence_time = known.fence_time;
  status_.resumed = left.header.resumed + 1;
  status_.state = left.paused ? CopyState::paused : CopyState::copying;
  pause_wanted_ = left.paused;
  begun_on_record_ = true;
  begun_segment_ = left.segment;
  session_->restore(left.stored, left.zero, left.copied);
  Interval rest{0, UINT64_MAX};
  for (Interval run; !(run = unbegun.next_present(rest)).empty(); rest.first = run.end)
    to_clear_.push_back(map.extent_of(run));
  if (status_.request.consistency == Consistency::source)
    session_->set_window(map.extent_of(map.grains_of(hull(status_.request.ranges))));
  else if (begun_segment_)
    session_->set_window(map.extent_of(map.grains_of(begun_segment_->source())));
  guarding_ = true;
  parts_.source_guard.add_from_start(session_);
  if (!status_.request.protect_destination) return;
  destination_protected_ = true;
  parts_.destination.protect_from_start();
}

void CopyJob::go_on() {
  started_ = parts_.executor.now();
  watch();
  if (pause_wanted_) copier_->pause();
  session_->give_back_copied();
  parts_.changed(*this);
  const auto begin = [self = shared_from_this()] {
    if (!ended(self->state())) self->begin_journal([self] { self->go_on_copying(); });
  };
  if (to_clear_.empty()) return begin();
  session_->clear_store(std::exchange(to_clear_, {}), begin);
}

void CopyJob::go_on_copying() {
  if (!begun_segment_) return next_segment();
  // Those before it are copied, and on record as that.
  while (const auto segment = walk_.next()) {
    if (same(*segment, *begun_segment_)) {
      status_.active_segment = segment->source();
      return copy_segment(*segment);
    }
    ++status_.segments_done;
  }
  fail(Errc::gone, "journal", "the journal names a segment that the copy does not have");
}

void CopyJob::stop_for_good() {
  status_.error_party = "engine";
  status_.error_text = lasting() ? "the daemon was stopped before the begin time"
                                 : "the daemon was stopped, and the copy does not outlive it";
  end(CopyState::cancelled);
}

void CopyJob::suspend(std::function<void()> done) {
  copier_->when_idle([self = shared_from_this(), done = std::move(done)] {
    self->session_->when_recorded([self, done] {
      if (ended(self->state())) return;
      self->make_lasting([self, done] {
        self->append(make_record(RecordType::stopped, {}), [self, done] {
          self->journal_->when_idle([self, done] { self->flush_journal(done); });
        });
      });
    });
  });
}

void CopyJob::flush_journal(std::function<void()> done) {
  ++under_way_;
  journal_->flush([self = shared_from_this(), done = std::move(done)](Errc error) {
    --self->under_way_;
    if (ended(self->state())) return self->come_to_rest();
    if (error != Errc::ok) return self->fail(error, "journal", "the journal could not be flushed");
    self->suspended_ = true;
    done();
  });
}

/// Nothing of the copy is lost with the machine, whatever its release.
void CopyJob::make_lasting(std::function<void()> then) {
  const auto self = shared_from_this();
  flush(session_->store(), "store", [self, then = std::move(then)] {
    self->flush(self->parts_.destination, "destination",
                [self, then] { self->flush(self->parts_.source_guard.backing(), "source", then); });
  });
}

void CopyJob::abandon() {
  copier_->stop();
  if (journal_) journal_->abandon();
}

}  // namespace tidemark::copyengine
