// The most one command may ask for. VPD page B0h announces these; decoding enforces them, so that
// no CDB makes the transport reserve more.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace tidemark::scsi {

inline constexpr uint64_t kMaxTransferBytes = 16 * kMiB;
inline constexpr uint64_t kOptimalTransferBytes = kMiB;
inline constexpr uint8_t kMaxCompareAndWriteBlocks = 255;
inline constexpr uint64_t kMaxUnmapBytes = 512 * kMiB;
inline constexpr uint32_t kMaxUnmapDescriptors = 256;
/// WRITE SAME of 0 blocks is refused (WSNZ=1): "to the end" would pass any limit.
inline constexpr uint64_t kMaxWriteSameBytes = kMaxTransferBytes;
inline constexpr uint64_t kMaxAtomicBytes = kMiB;
inline constexpr uint64_t kMaxParameterListBytes = kMiB;
inline constexpr size_t kEchoBufferBytes = 4 * kKiB;
inline constexpr size_t kIdentifyingInformationMax = 512;
inline constexpr size_t kTextInformationMax = 256;  // with its NUL
/// Work on more than this is done piece by piece.
inline constexpr uint64_t kPieceBytes = kMiB;

}  // namespace tidemark::scsi
