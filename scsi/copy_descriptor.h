// The copy descriptor: all figures of one copy as bytes (docs/vendor-commands.md), as LIST and
// STATUS in version 2 return them. Big-endian.
//
// Pure functions for any thread. Both directions: the device server writes them, and whoever sends
// vendor commands reads them, from a device server that may be newer.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "scsi/copy_service.h"

namespace tidemark::scsi {

inline constexpr uint8_t kDescriptorVersion = 2;
/// Where the variable part begins.
inline constexpr size_t kDescriptorFixedBytes = 536;
/// Ranges and mismatches that are told; a copy may have more.
inline constexpr size_t kDescriptorRangesMax = 64;

std::vector<uint8_t> encode_copy_descriptor(const CopyReport& report);
/// None of bytes that are no whole descriptor of a version that can be read.
std::optional<CopyReport> decode_copy_descriptor(ConstBytes bytes);
/// Bytes of the descriptor that begins here, as it says itself; 0 if it does not even say that.
size_t copy_descriptor_bytes(ConstBytes bytes);

}  // namespace tidemark::scsi
