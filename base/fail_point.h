// Fail points: places with a name at which a test lets the process die, as kill -9 would have it.
//
//   TIDEMARK_KILL_AT=frame_written:3 tidemarkd ...      dies when it comes there for the third time
//
// Without that variable a fail point is one comparison of two bytes. They stand where a copy is
// between two things that must not come apart, never on the way of a host's READ or WRITE.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tidemark {

enum class FailPoint : uint8_t {
  none,
  order_recorded,
  journal_begun,
  destination_protected,
  source_closed,
  guard_on,
  begun_recorded,
  segment_recorded,
  old_data_read,
  old_data_stored,
  old_data_recorded,
  chunk_in_place,
  copied_recorded,
  frame_written,
  checkpoint_written,
  all_recorded,
  destination_flushed,
  ended,
  end_recorded,
  files_unneeded,
};

struct FailPointName {
  FailPoint point;
  std::string_view name;
};

inline constexpr std::array kFailPointNames = {
    FailPointName{FailPoint::order_recorded, "order_recorded"},
    FailPointName{FailPoint::journal_begun, "journal_begun"},
    FailPointName{FailPoint::destination_protected, "destination_protected"},
    FailPointName{FailPoint::source_closed, "source_closed"},
    FailPointName{FailPoint::guard_on, "guard_on"},
    FailPointName{FailPoint::begun_recorded, "begun_recorded"},
    FailPointName{FailPoint::segment_recorded, "segment_recorded"},
    FailPointName{FailPoint::old_data_read, "old_data_read"},
    FailPointName{FailPoint::old_data_stored, "old_data_stored"},
    FailPointName{FailPoint::old_data_recorded, "old_data_recorded"},
    FailPointName{FailPoint::chunk_in_place, "chunk_in_place"},
    FailPointName{FailPoint::copied_recorded, "copied_recorded"},
    FailPointName{FailPoint::frame_written, "frame_written"},
    FailPointName{FailPoint::checkpoint_written, "checkpoint_written"},
    FailPointName{FailPoint::all_recorded, "all_recorded"},
    FailPointName{FailPoint::destination_flushed, "destination_flushed"},
    FailPointName{FailPoint::ended, "ended"},
    FailPointName{FailPoint::end_recorded, "end_recorded"},
    FailPointName{FailPoint::files_unneeded, "files_unneeded"},
};

extern FailPoint armed_fail_point;  // before any thread is started, then only read
void reach_armed_fail_point();

/// `order` is "NAME" or "NAME:COUNT".
Result<void> arm_fail_point(std::string_view order);

inline void fail_point(FailPoint point) {
  if (point == armed_fail_point) [[unlikely]]
    reach_armed_fail_point();
}

}  // namespace tidemark
