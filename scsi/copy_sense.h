// Sense data of third-party copies (SPC-4 clauses 5.17.7.3 and 5.17.7.4). Which of our failures
// becomes which code is decided here and nowhere else.
#pragma once

#include <cstdint>

#include "scsi/copy_service.h"
#include "scsi/sense.h"

namespace tidemark::scsi {
class LogicalUnit;
}

namespace tidemark::scsi::copy_sense {

inline constexpr Asc kOperationInProgress = 0x0016;
inline constexpr Asc kUnreachableCopyTarget = 0x0804;
inline constexpr Asc kThirdPartyDeviceFailure = 0x0d01;
inline constexpr Asc kCopyTargetNotReachable = 0x0d02;
inline constexpr Asc kIncorrectCopyTarget = 0x0d03;
inline constexpr Asc kTargetDataUnderrun = 0x0d04;
inline constexpr Asc kUnsupportedTokenType = 0x2301;
inline constexpr Asc kTokenUnknown = 0x2304;
inline constexpr Asc kTokenExpired = 0x2307;
inline constexpr Asc kTokenCancelled = 0x2308;
inline constexpr Asc kTokenDeleted = 0x2309;
inline constexpr Asc kInvalidTokenLength = 0x230a;
inline constexpr Asc kInvalidFieldInList = 0x2600;
inline constexpr Asc kTooManyCscds = 0x2606;
inline constexpr Asc kUnsupportedCscd = 0x2607;
inline constexpr Asc kTooManySegments = 0x2608;
inline constexpr Asc kUnsupportedSegment = 0x2609;
inline constexpr Asc kInexactSegment = 0x260a;
inline constexpr Asc kSegmentGranularity = 0x260d;
inline constexpr Asc kWriteProtected = 0x2700;
inline constexpr Asc kClearedByDeviceServer = 0x2f02;
inline constexpr Asc kInternalTargetFailure = 0x4400;
inline constexpr Asc kInsufficientResources = 0x5503;
inline constexpr Asc kNoRoomForToken = 0x550d;

/// Before the segments: `key` and `asc` with a pointer at `byte` of the parameter list.
SenseData in_list(SenseKey key, Asc asc, uint16_t byte);
/// In segment number `segment`: COPY ABORTED with a pointer at `byte` of the parameter list.
SenseData in_segment(Asc asc, uint16_t segment, uint16_t byte);

/// The unit whose descriptor is at `byte` is not ready: what it says is passed on.
SenseData not_ready(const LogicalUnit& unit, bool destination, uint16_t segment, uint16_t byte);

/// 05 00/16: the list identifier belongs to a copy that still runs.
SenseData operation_in_progress();
/// Why a copy that was accepted did not complete: COPY ABORTED, without segment and pointer.
SenseData of_outcome(const CopyReport& report);
/// COPY OPERATION ABORT ended it: COPY ABORTED, without segment and pointer.
SenseData terminated();
/// With GOOD, if G_SENSE asks for it: EXTENDED COPY INFORMATION AVAILABLE, with the segments done.
SenseData information(uint16_t segments);
/// A command of ours to one of the ends failed so: COPY ABORTED with what that end answered.
SenseData of_end(storage::Errc error, bool destination);
/// Why a copy of ranges was not accepted: COPY ABORTED, without segment and pointer.
SenseData of_refusal(CopyRefusal why);

}  // namespace tidemark::scsi::copy_sense
