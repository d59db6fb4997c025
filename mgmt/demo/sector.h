// A self-describing sector: it says which sector it is and which write put it there, and a
// checksum over all of it tells if it is whole. With it a copy can be proven sector by sector.
//
// Layout, big-endian, 512 bytes: magic (8), sector number (8), sequence number of the write (8),
// CRC32C of the sector with this field zero (4), then filler that depends on both numbers, so that
// halves of two writes never pass for one.
#pragma once

#include <cstdint>
#include <span>

namespace tidemark::mgmt {

inline constexpr uint32_t kSectorSize = 512;

/// What a sector read back says of itself: the sequence number of its write, or one of these.
using SectorReading = uint64_t;
inline constexpr SectorReading kTorn = UINT64_MAX;           // not one write's sector
inline constexpr SectorReading kMisplaced = UINT64_MAX - 1;  // whole, but of another place
inline constexpr SectorReading kBlank = UINT64_MAX - 2;      // zeroes: never written or lost
/// No write has a number above this.
inline constexpr uint64_t kSequenceMax = UINT64_MAX - 16;

void compose_sector(std::span<uint8_t, kSectorSize> to, uint64_t sector, uint64_t sequence);
SectorReading read_sector(std::span<const uint8_t, kSectorSize> from, uint64_t sector);

/// Whole runs of sectors; `to.size()` is a multiple of kSectorSize.
void compose_sectors(std::span<uint8_t> to, uint64_t first_sector, uint64_t sequence);

}  // namespace tidemark::mgmt
