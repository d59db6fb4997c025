// CopyService: what the SCSI floor asks of whoever can copy. Third-party copy (EXTENDED COPY) and
// the vendor commands start and watch copies through it; the copy engine is behind it, and neither
// floor includes the other.
//
// Any core may call. Answers run on the core the caller names.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "storage/errc.h"
#include "storage/extent.h"

namespace tidemark::scsi {

/// Some bytes of one volume, to a place in another (or in the same one).
struct CopyRange {
  uint64_t source_offset = 0;
  uint64_t destination_offset = 0;
  uint64_t length = 0;
};

/// A list of ranges between two volumes, copied as they stand at acceptance.
struct RangeCopyOrder {
  std::string source;  // volume names
  std::string destination;
  std::vector<CopyRange> ranges;
  std::string initiator;  // for the record
};

/// A whole snapshot copy, as the vendor START command orders it. Zero means "the default".
struct SnapshotCopyOrder {
  std::string source;
  std::string destination;
  bool per_segment = false;  // consistency "segment" instead of "source"
  bool release_ram = false;  // release "ram" instead of "written"
  bool fail_write = false;   // on_preserve_error "fail_write" instead of "break_copy"
  uint64_t segment_size = 0;
  uint32_t grain = 0;
  uint64_t rate_limit = 0;
  std::string initiator;
};

enum class CopyState : uint8_t {
  preparing = 1,
  copying,
  paused,
  draining,
  completed,
  failed,
  cancelled,
  broken,
  collecting,
};

/// The figures of one copy.
struct CopyReport {
  uint64_t id = 0;
  CopyState state = CopyState::preparing;
  uint64_t bytes_total = 0;
  uint64_t bytes_copied = 0;
  uint64_t bytes_preserved = 0;
  uint64_t held_now = 0;
  uint64_t held_total = 0;
  uint32_t grain = 0;
  uint64_t segment_size = 0;
  uint64_t t0_unix_ms = 0;
  std::string source;  // volume names; a copy is shown only through one of its units
  std::string destination;
  // Set when state is failed or broken.
  storage::Errc error = storage::Errc::ok;
  bool error_on_destination = false;
  uint32_t failed_range = 0;  // index into the order's ranges
  std::string error_text;
};

enum class GrainState : uint8_t { owed = 0, in_flight = 1, preserved = 2, copied = 3 };

struct MapRun {
  uint64_t offset = 0;  // bytes of the source
  uint64_t length = 0;
  GrainState state = GrainState::owed;
};

enum class CopyRefusal : uint8_t { none, not_found, conflict, invalid, exhausted };

class RodTokens;

class CopyService {
 public:
  virtual ~CopyService() = default;

  /// The tokens that stand for point-in-time images; null if there are none.
  virtual RodTokens* tokens() { return nullptr; }

  /// Starts a range copy. `accepted(id)` runs once T0 has passed (id 0: refused); `ended` once the
  /// copy is over. Never both missing: a refusal is accepted(0, why) and nothing else.
  virtual void copy_ranges(RangeCopyOrder order, CoreId core,
                           std::function<void(uint64_t id, CopyRefusal why)> accepted,
                           std::function<void(const CopyReport&)> ended) = 0;
  virtual void copy_snapshot(SnapshotCopyOrder order, CoreId core,
                             std::function<void(uint64_t id, CopyRefusal why)> accepted) = 0;
  virtual void cancel(uint64_t id, CoreId core, std::function<void(bool found)> done) = 0;
  virtual void report(uint64_t id, CoreId core,
                      std::function<void(bool found, const CopyReport&)> done) = 0;
  /// At most `max_runs` runs of the snapshot map from `from` (bytes of the source) on.
  virtual void map(uint64_t id, uint64_t from, size_t max_runs, CoreId core,
                   std::function<void(bool found, std::vector<MapRun>)> done) = 0;
};

}  // namespace tidemark::scsi
