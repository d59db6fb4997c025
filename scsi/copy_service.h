// CopyService: what the SCSI floor asks of whoever can copy. Third-party copy (EXTENDED COPY) and
// the vendor commands start and watch copies through it; the copy engine is behind it, and neither
// floor includes the other.
//
// Any core may call. Answers run on the core the caller names.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
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
  /// It may wait a little for others like it and become one copy with them, and have a later begin
  /// time than it was accepted with if that fails. Not for one that is answered at acceptance.
  bool may_be_gathered = false;
};

/// How much of what hosts might use the copier may take from them.
enum class CopyImpact : uint8_t { by_default = 0, low = 1, normal = 2, max = 3 };

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
  bool release_durable = false;  // release "durable"
  bool verify = false;
  bool hold = false;  // is not started yet, but collects ranges
  CopyImpact impact = CopyImpact::by_default;
  uint32_t latency_budget_us = 0;
  std::vector<CopyRange> ranges;  // none: the whole source
  std::string initiator;
};

enum class CopyAction : uint8_t { start, pause, resume };

/// What may be changed while a copy runs; what is not named stays.
struct CopyAdjustment {
  std::optional<uint64_t> rate_limit;
  std::optional<CopyImpact> impact;
  std::optional<uint32_t> latency_budget_us;
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

enum class CopyOrigin : uint8_t { rest = 1, xcopy = 2, vendor = 3, token = 4 };
/// Whose error it is.
enum class CopyParty : uint8_t { none, source, destination, store, engine, journal };
/// Holds by powers of two of microseconds.
inline constexpr size_t kHoldBuckets = 32;

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
  CopyOrigin origin = CopyOrigin::rest;
  bool per_segment = false;
  bool release_ram = false;
  bool release_durable = false;
  bool fail_write = false;
  bool verify = false;
  bool at_rest = false;
  CopyImpact impact = CopyImpact::normal;
  uint64_t rate_limit = 0;
  uint32_t latency_budget_us = 0;
  uint64_t t0_unix_ns = 0;
  uint64_t started_unix_ns = 0;
  uint64_t ended_unix_ns = 0;
  uint64_t fence_ns = 0;
  uint64_t bytes_written = 0;
  uint64_t bytes_zero = 0;
  uint64_t bytes_hole = 0;
  uint64_t bytes_verified = 0;
  uint64_t bytes_mismatched = 0;
  uint64_t store_bytes = 0;
  uint32_t segments_total = 0;
  uint32_t segments_done = 0;
  storage::Extent active_segment;
  uint64_t writes_failed = 0;
  uint64_t bytes_per_second = 0;
  std::optional<uint64_t> eta_ms;
  uint32_t chunks_under_way = 0;
  uint32_t copier_share_ppm = 0;
  uint64_t chunk_bytes = 0;
  uint64_t host_latency_ns = 0;
  uint64_t longest_hold_ns = 0;
  std::array<uint64_t, kHoldBuckets> holds{};
  std::string initiator;
  std::vector<CopyRange> ranges;
  std::vector<storage::Extent> mismatches;  // of the source; the first ones
  std::string source;  // volume names; a copy is shown only through one of its units
  std::string destination;
  // Set when state is failed or broken.
  storage::Errc error = storage::Errc::ok;
  bool error_on_destination = false;
  CopyParty party = CopyParty::none;
  uint32_t failed_range = 0;  // index into the order's ranges
  bool range_failed = false;  // that index is known
  storage::Extent error_extent;
  std::string error_text;
};

enum class GrainState : uint8_t { owed = 0, in_flight = 1, preserved = 2, copied = 3 };

struct MapRun {
  uint64_t offset = 0;  // bytes of the source
  uint64_t length = 0;
  GrainState state = GrainState::owed;
};

enum class CopyRefusal : uint8_t { none, not_found, conflict, invalid, exhausted };
/// How an order about a copy ended; none: it was carried out.
using OrderDone = std::function<void(CopyRefusal)>;

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
  /// `done` with none if it has been carried out.
  virtual void act(uint64_t id, CopyAction action, CoreId core, OrderDone done) = 0;
  virtual void set(uint64_t id, CopyAdjustment adjustment, CoreId core, OrderDone done) = 0;
  /// More ranges for a copy that is held back.
  virtual void append(uint64_t id, std::vector<CopyRange> ranges, CoreId core, OrderDone done) = 0;
  /// All copies, the newest first.
  virtual void list(CoreId core, std::function<void(std::vector<CopyReport>)> done) = 0;
  /// At most `max_runs` runs of the snapshot map from `from` (bytes of the source) on.
  virtual void map(uint64_t id, uint64_t from, size_t max_runs, CoreId core,
                   std::function<void(bool found, std::vector<MapRun>)> done) = 0;
};

}  // namespace tidemark::scsi
