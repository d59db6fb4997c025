#include "copyengine/journal_writer.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/fail_point.h"
#include "base/invariant.h"
#include "copyengine/engine_io.h"
#include "copyengine/journal_reader.h"

namespace tidemark::copyengine {

using storage::Errc;
using storage::Verb;

JournalWriter::JournalWriter(Parts parts)
    : parts_(std::move(parts)),
      area_bytes_(journal_area(parts_.volume->traits().bytes)),
      mark_(std::random_device{}()) {}

uint64_t JournalWriter::area_end() const {
  return (parts_.area + 1) * area_bytes_;
}

void JournalWriter::begin(Done then) {
  begun_.push_back(std::move(then));
  new_log_due_ = true;
  pump();
}

void JournalWriter::append(Record record, Done then) {
  waiting_.push_back({std::move(record), std::move(then)});
  gather_soon();
}

void JournalWriter::gather_soon() {
  if (busy_ || std::exchange(gather_due_, true)) return;
  parts_.executor->post(parts_.home, [self = shared_from_this()] {
    self->gather_due_ = false;
    self->pump();
  });
}

void JournalWriter::when_idle(std::function<void()> then) {
  if (!busy_ && waiting_.empty()) return then();
  idle_.push_back(std::move(then));
}

void JournalWriter::pump() {
  if (busy_) return;
  if (error_ != Errc::ok) return fail(error_);
  if (new_log_due_) return begin_log();
  if (!waiting_.empty()) return gather();
  for (const auto& then : std::exchange(idle_, {})) then();
}

/// One frame of what waits.
void JournalWriter::gather() {
  std::vector<uint8_t> records;
  size_t taken = 0;
  for (; taken < waiting_.size(); ++taken) {
    const Record& record = waiting_[taken].record;
    INVARIANT(record.size() <= kFramePayloadMax);
    if (records.size() + record.size() > kFramePayloadMax) break;
    records.insert(records.end(), record.begin(), record.end());
  }
  const FrameHead head{0, {}, 0, static_cast<uint32_t>(records.size())};
  const uint64_t log_end = std::min(area_end(), parts_.area * area_bytes_ + log_max_);
  if (at_ + head.frame_bytes() > log_end && !fresh_) return begin_log();
  fresh_ = false;
  for (size_t i = 0; i < taken; ++i) in_frame_.push_back(std::move(waiting_[i].then));
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(taken));
  write_frame(records, [this](Errc error) {
    if (error != Errc::ok || !parts_.flush) return frame_written(error);
    flush([this](Errc flush_error) { frame_written(flush_error); });
  });
}

void JournalWriter::write_frame(ConstBytes records, Done then) {
  busy_ = true;
  const auto frame = std::make_shared<std::vector<uint8_t>>(
      make_frame({parts_.generation, mark_}, number_, records));
  const uint64_t place = at_;
  at_ += frame->size();
  ++number_;
  if (at_ > area_end()) return then(Errc::no_space);
  submit_io({*parts_.volume, Verb::write, {place, frame->size()}, {{frame->data(), frame->size()}}},
            parts_.home, [self = shared_from_this(), frame, then = std::move(then)](Errc error) {
              then(error);
            });
}

void JournalWriter::flush(Done then) {
  submit_io({*parts_.volume, Verb::flush, {}, {}}, parts_.home,
            [self = shared_from_this(), then = std::move(then)](Errc error) { then(error); });
}

void JournalWriter::frame_written(Errc error) {
  fail_point(FailPoint::frame_written);
  busy_ = false;
  if (error != Errc::ok) error_ = error;
  const std::vector<Done> done = std::exchange(in_frame_, {});
  for (const Done& then : done) then(error);
  pump();
}

/// What is on record now becomes the beginning of a log in the other area. The old log counts until
/// the last frame of the checkpoint is there.
void JournalWriter::begin_log() {
  new_log_due_ = false;
  parts_.area = 1 - parts_.area;
  ++parts_.generation;
  at_ = parts_.area * area_bytes_;
  number_ = 0;
  checkpoint_.assign(1, {});
  const auto emit = [this](const Record& record) {
    if (checkpoint_.back().size() + record.size() > kFramePayloadMax) checkpoint_.emplace_back();
    checkpoint_.back().insert(checkpoint_.back().end(), record.begin(), record.end());
  };
  parts_.describe(emit);
  emit(make_record(RecordType::checkpoint_end, {}));
  std::reverse(checkpoint_.begin(), checkpoint_.end());
  write_checkpoint();
}

void JournalWriter::write_checkpoint() {
  if (checkpoint_.empty()) {
    if (!parts_.flush && begun_.empty() && !first_log_) return checkpoint_written(Errc::ok);
    return flush([this](Errc error) { checkpoint_written(error); });
  }
  const std::vector<uint8_t> records = std::move(checkpoint_.back());
  checkpoint_.pop_back();
  write_frame(records, [this](Errc error) {
    if (error != Errc::ok) return checkpoint_written(error);
    write_checkpoint();
  });
}

void JournalWriter::checkpoint_written(Errc error) {
  fail_point(FailPoint::checkpoint_written);
  busy_ = false;
  if (error != Errc::ok) error_ = error;
  fresh_ = true;
  first_log_ = false;
  log_max_ = std::max(kLogMin, 3 * (at_ - parts_.area * area_bytes_));
  for (const Done& then : std::exchange(begun_, {})) then(error);
  pump();
}

void JournalWriter::fail(Errc error) {
  for (const Done& then : std::exchange(begun_, {})) then(error);
  for (const Waiting& waiting : std::exchange(waiting_, {})) waiting.then(error);
  for (const auto& then : std::exchange(idle_, {})) then();
}

}  // namespace tidemark::copyengine
