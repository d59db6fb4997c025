// The copy as an object: what is asked for, what it is now, and its figures. The same whoever
// started it (REST, CLI, EXTENDED COPY, vendor command, WRITE USING TOKEN).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "storage/errc.h"
#include "storage/extent.h"

namespace tidemark::copyengine {

enum class Consistency : uint8_t { source, segment };
/// When a held write may go on, and what the copy outlives: once its old data has been read
/// (nothing), is in the snapshot store and on record (the daemon), or is flushed there (a power
/// failure).
enum class Release : uint8_t { ram, written, durable };
enum class OnPreserveError : uint8_t { break_copy, fail_write };
/// Where old data goes: into the snapshot store, straight to its place in the destination, or where
/// it is faster.
enum class Route : uint8_t { store, destination, automatic };
/// How much of what hosts might use the copier may take from them; see CopyPacer.
enum class Impact : uint8_t { low, normal, max };
enum class Origin : uint8_t { rest, xcopy, vendor, token };

enum class CopyState : uint8_t {
  collecting,  // held back while ranges are added: nothing is guarded yet
  preparing,   // fence not yet passed
  copying,
  paused,
  draining,  // all bytes written, destination being flushed
  completed,
  failed,  // source, destination or engine error; the source was never at risk
  cancelled,
  broken,  // old data could not be saved: the destination is worthless
};
std::string_view name_of(CopyState state);
constexpr bool ended(CopyState state) {
  return state >= CopyState::completed;
}

enum class CopyVerb : uint8_t { start, pause, resume, cancel };
std::string_view name_of(CopyVerb verb);

/// State of one grain of the snapshot map.
enum class GrainState : uint8_t { owed, in_flight, preserved, copied };
std::string_view name_of(GrainState state);

/// Some bytes of the source and where they go.
struct CopyRange {
  uint64_t source_offset = 0;
  uint64_t destination_offset = 0;
  uint64_t length = 0;
  storage::Extent source() const { return {source_offset, length}; }
  storage::Extent destination() const { return {destination_offset, length}; }
};

inline constexpr uint32_t kGrainMin = 4 * kKiB;
inline constexpr uint32_t kGrainMax = 64 * kKiB;
inline constexpr uint32_t kGrainDefault = 16 * kKiB;
inline constexpr uint64_t kSegmentMin = kGrainMax;
inline constexpr uint64_t kSegmentDefault = 64 * kMiB;

struct CopyRequest {
  std::string source;  // volume names
  std::string destination;
  Consistency consistency = Consistency::source;
  uint64_t segment_size = kSegmentDefault;  // bytes; multiple of the grain
  uint32_t grain = kGrainDefault;           // bytes; power of two, kGrainMin..kGrainMax
  Release release = Release::written;
  OnPreserveError on_preserve_error = OnPreserveError::break_copy;
  Route route = Route::store;
  uint64_t store_limit =
      0;  // bytes of old data kept at a time; 0: none. Beyond it: on_preserve_error
  uint64_t rate_limit = 0;  // bytes per second of the copier; 0: none
  Impact impact = Impact::normal;
  Duration latency_budget{0};  // the copier steps back while host I/O takes longer; 0: by impact
  bool hold = false;           // is not started yet, but collects ranges
  bool verify = false;         // each chunk is read back and compared
  Duration hold_deadline = std::chrono::seconds(5);
  Origin origin = Origin::rest;
  std::string initiator;            // who asked in-band
  std::vector<CopyRange> ranges;    // empty: the whole source
  bool protect_destination = true;  // refuse host writes to the destination meanwhile
  uint64_t group = 0;               // shares its begin time with the others of it; 0: alone
};

/// Several copies with one begin time: all of them begin, or none.
struct GroupRequest {
  static constexpr size_t kCopiesMax = 256;

  std::vector<CopyRequest> copies;  // of distinct sources to distinct destinations
  /// How long writes to the sources may be stopped before it is given up.
  Duration fence_deadline = std::chrono::seconds(1);
};

/// What may be changed while a copy runs; what is not named stays.
struct CopyChange {
  std::optional<uint64_t> rate_limit;
  std::optional<Impact> impact;
  std::optional<Duration> latency_budget;
};

/// How many pieces a copy is cut into: its ranges, at whole segment addresses of the source.
uint64_t segments_of(const CopyRequest& request);

/// How the copier works; the same for all copies of an engine.
struct CopyTuning {
  struct Pace {
    uint64_t chunk;  // bytes moved at once; a multiple of kGrainMax
    unsigned depth;  // chunks under way at once
  };
  Pace alone{kMiB, 4};  // to begin with
  /// While hosts use the source: what they wait for is not to stand behind the copier's I/O.
  Pace beside_hosts{256 * kKiB, 1};
};

/// Hold times in powers of two of microseconds: bucket i counts holds below 2^i us.
inline constexpr size_t kHoldBuckets = 32;
struct HoldHistogram {
  uint64_t count[kHoldBuckets] = {};
  Duration longest{0};

  void add(Duration held);
  uint64_t total() const;
  /// Upper bound of the bucket in which the given share of holds ended, in microseconds.
  double quantile_us(double share) const;
};

/// A picture of a copy at one moment.
struct CopyStatus {
  uint64_t id = 0;
  CopyRequest request;
  CopyState state = CopyState::preparing;
  bool at_rest = false;     // ended, and nothing of it is under way any more
  uint64_t t0_unix_ns = 0;  // whole-source mode: the begin time; segment mode: of the first
  uint64_t started_unix_ns = 0;
  uint64_t ended_unix_ns = 0;
  uint32_t resumed = 0;    // times another process has taken it up
  Duration fence_time{0};  // how long writes were stopped to set T0
  uint64_t bytes_total = 0;
  uint64_t bytes_done = 0;     // of bytes_total: copied, by whatever way
  uint64_t bytes_written = 0;  // moved by reads and writes
  uint64_t bytes_skipped = 0;  // holes and zeroes: not moved
  uint64_t bytes_zero = 0;     // of these: found to be zero by reading
  uint64_t bytes_hole = 0;     // of these: known without
  uint64_t bytes_verified = 0;
  uint64_t bytes_mismatched = 0;
  std::vector<storage::Extent> mismatches;  // of the source; the first ones
  uint64_t bytes_preserved = 0;
  uint64_t bytes_routed = 0;   // of these: straight to the destination
  uint64_t bytes_spilled = 0;  // meant to go there, and gone to the store
  uint64_t store_bytes = 0;    // old data now in the snapshot store
  unsigned store_level = 0;    // percent of store_limit that is reached: 0, 50, 80 or 95
  uint32_t segments_total = 0;
  uint32_t segments_done = 0;
  storage::Extent active_segment;
  uint64_t held_now = 0;
  uint64_t held_total = 0;
  unsigned chunks_under_way = 0;
  uint64_t chunk_bytes = 0;    // the copier moves at once now
  double copier_share = 1;     // of the time; 1 while hosts leave the source alone
  Duration host_latency{0};    // of host I/O to the source, lately
  uint64_t writes_seen = 0;    // host writes checked against the copy on its home core
  uint64_t writes_failed = 0;  // by fail_write
  HoldHistogram holds;
  double bytes_per_second = 0;
  std::optional<double> eta_seconds;
  // failed, broken:
  storage::Errc error = storage::Errc::ok;
  std::string error_text;
  std::string error_party;  // "source", "destination", "store", "journal", "engine"
  std::optional<uint32_t> error_range;
  storage::Extent error_extent;
};

/// A group is what its copies are.
struct GroupStatus {
  uint64_t id = 0;                 // of its first copy
  std::vector<CopyStatus> copies;  // lowest id first

  /// The first of broken, failed, cancelled, preparing, copying, paused, draining, completed that
  /// one of the copies is.
  CopyState state() const;
  /// 0: it did not come to it.
  uint64_t t0_unix_ns() const;
  /// From closing the first source to opening the last.
  Duration fence_time() const;
};

struct MapRun {
  storage::Extent extent;  // of the source
  GrainState state = GrainState::owed;
};

}  // namespace tidemark::copyengine
