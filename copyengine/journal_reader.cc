#include "copyengine/journal_reader.h"

#include <utility>

namespace tidemark::copyengine {
namespace {

/// One area's log, frame after frame.
class LogReader {
 public:
  LogReader(uint64_t from, uint64_t end, const ReadAt& read) : at_(from), end_(end), read_(read) {}

  /// Adds up all whole frames. Stops without error at the torn tail.
  Result<void> run() {
    for (bool more = true; more;) {
      auto next = next_frame();
      if (!next) return next.error();
      more = next.value();
      if (!more) break;
      if (auto done = state_.apply(records_of(head_, frame_), checkpoint_whole_); !done)
        return done;
    }
    return {};
  }

  bool checkpoint_whole() const { return checkpoint_whole_; }
  uint64_t generation() const { return log_.generation; }
  JournalState&& take_state() { return std::move(state_); }

 private:
  /// Whether there is another whole frame of this log; then it is in frame_.
  Result<bool> next_frame() {
    if (end_ - at_ < kJournalPage) return false;
    frame_.resize(kJournalPage);
    if (auto got = read_(at_, frame_); !got) return got.error();
    const auto head = read_frame_head(frame_);
    if (!head || head->number != frames_ || head->frame_bytes() > end_ - at_) return false;
    if (frames_ > 0 && head->log != log_) return false;
    head_ = *head;
    frame_.resize(head_.frame_bytes());
    const Bytes rest = Bytes(frame_).subspan(kJournalPage);
    if (!rest.empty())
      if (auto got = read_(at_ + kJournalPage, rest); !got) return got.error();
    if (!frame_is_whole(head_, frame_)) return false;
    log_ = head_.log;
    ++frames_;
    at_ += frame_.size();
    return true;
  }

  uint64_t at_;
  uint64_t end_;
  const ReadAt& read_;
  FrameHead head_;
  std::vector<uint8_t> frame_;
  uint64_t frames_ = 0;
  LogName log_;
  bool checkpoint_whole_ = false;
  JournalState state_;
};

}  // namespace

Result<FoundJournal> read_journal(uint64_t bytes, const ReadAt& read) {
  FoundJournal found;
  bool any = false;
  uint64_t best = 0;
  const uint64_t size = journal_area(bytes);
  for (unsigned area = 0; area < 2; ++area) {
    LogReader log(area * size, (area + 1) * size, read);
    if (auto done = log.run(); !done) return done.error();
    found.generation = std::max(found.generation, log.generation());
    if (!log.checkpoint_whole() || (any && log.generation() < best)) continue;
    any = true;
    best = log.generation();
    found.area = area;
    found.state = log.take_state();
  }
  if (!any) return Error{ErrorKind::invalid, "the journal has no whole log", {}};
  return found;
}

}  // namespace tidemark::copyengine
