// JournalWriter: puts records on record, as many at a time as have gathered, and keeps the file
// short by beginning a new log in the other area (docs/journal.md).
//
// A record waits for the end of the turn it came in, so that those of all the writes one receive
// brought share a frame. One frame is under way at a time. After an error nothing more is written:
// what the medium holds behind that point is not known, and every later record fails as well.
//
// On the home core. Kept alive by what is under way.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/executor.h"
#include "copyengine/journal_format.h"
#include "storage/volume.h"

namespace tidemark::copyengine {

class JournalWriter final : public std::enable_shared_from_this<JournalWriter> {
 public:
  using Record = std::vector<uint8_t>;
  using Emit = std::function<void(Record)>;
  using Done = std::function<void(storage::Errc)>;

  struct Parts {
    Executor* executor = nullptr;
    CoreId home = 0;
    std::unique_ptr<storage::Volume> volume;
    /// A record counts once it is flushed, not when it is written.
    bool flush = false;
    /// Emits the records that say all that is on record now: the header first.
    std::function<void(const Emit&)> describe;
    uint64_t generation = 0;  // the highest in the file
    unsigned area = 1;        // of the log that counts; the first one goes to the other
  };

  /// Least bytes of a log before a new one is begun.
  static constexpr uint64_t kLogMin = 4 * kMiB;

  explicit JournalWriter(Parts parts);

  /// Begins a new log, flushed. Records may be appended before and after; the first log is flushed
  /// in any case, for the one it takes the place of may have been.
  void begin(Done then);
  /// `then` runs once the record is on record, or cannot be.
  void append(Record record, Done then);
  /// Flushes what is on record, whether or not records wait for a flush of their own. With nothing
  /// under way and nothing waiting.
  void flush(Done then);
  /// Runs `then` when nothing is under way and nothing waits.
  void when_idle(std::function<void()> then);
  /// Writes nothing more: the copy is going away.
  void abandon() { error_ = storage::Errc::gone; }

 private:
  struct Waiting {
    Record record;
    Done then;
  };

  void gather_soon();
  void pump();
  void write_frame(ConstBytes records, Done then);
  void gather();
  void frame_written(storage::Errc error);
  void begin_log();
  void write_checkpoint();
  void checkpoint_written(storage::Errc error);
  void fail(storage::Errc error);
  uint64_t area_end() const;

  Parts parts_;
  uint64_t area_bytes_;
  uint32_t mark_;         // of this process's logs
  uint64_t at_ = 0;       // where the next frame goes
  uint64_t number_ = 0;   // of the next frame
  uint64_t log_max_ = 0;  // bytes; a longer log is followed by a new one
  bool busy_ = false;
  bool gather_due_ = false;
  bool fresh_ = false;       // nothing follows the checkpoint yet
  bool new_log_due_ = true;  // nothing is appended to what another process wrote
  bool first_log_ = true;
  storage::Errc error_ = storage::Errc::ok;
  std::vector<Waiting> waiting_;
  std::vector<Done> in_frame_;
  std::vector<std::vector<uint8_t>> checkpoint_;  // records of its frames, last one first
  std::vector<Done> begun_;
  std::vector<std::function<void()>> idle_;
};

}  // namespace tidemark::copyengine
