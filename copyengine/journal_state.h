// JournalState: what the records of a journal add up to; and the records that say it again.
//
// Sans-I/O. Used when a journal is read; a running copy keeps this state in its snapshot map.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "copyengine/copy_types.h"
#include "copyengine/interval_set.h"
#include "copyengine/journal_format.h"

namespace tidemark::copyengine {

/// A volume as a copy knew it when it began.
struct VolumeMark {
  std::string identity;  // storage::VolumeTraits::identity
  uint64_t bytes = 0;
  friend bool operator==(const VolumeMark&, const VolumeMark&) = default;
};

struct JournalHeader {
  uint64_t copy_id = 0;
  uint64_t started_unix_ns = 0;
  uint32_t resumed = 0;  // times another process has taken the copy up
  std::string boot_id;   // of the machine when this log was begun
  VolumeMark source;
  VolumeMark destination;
  CopyRequest request;  // with its ranges
};

struct JournalEnd {
  CopyState state = CopyState::failed;
  storage::Errc error = storage::Errc::ok;
  std::string party;
  std::string text;
  storage::Extent extent;
};

struct JournalState {
  JournalHeader header;
  IntervalSet stored;  // grains; may overlap copied, which then counts
  IntervalSet zero;
  IntervalSet copied;
  std::optional<uint64_t> t0_unix_ns;
  std::optional<CopyRange> segment;  // the last that has begun
  bool paused = false;
  bool stopped = false;  // in order; nothing came after it
  std::optional<JournalEnd> ended;

  /// Adds up one frame's records. Sets `checkpoint_whole` when it sees the end of the checkpoint.
  /// An error is a record this version does not know.
  Result<void> apply(ConstBytes records, bool& checkpoint_whole);

 private:
  Result<void> apply_one(RecordType type, ConstBytes body);
  bool seen_header_ = false;
};

std::vector<uint8_t> make_header_record(const JournalHeader& header);
std::vector<uint8_t> make_begun_record(uint64_t t0_unix_ns);
std::vector<uint8_t> make_segment_record(const CopyRange& segment);
std::vector<uint8_t> make_paused_record(bool paused);
std::vector<uint8_t> make_ended_record(const JournalEnd& end);

}  // namespace tidemark::copyengine
