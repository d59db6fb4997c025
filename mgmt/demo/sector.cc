#include "mgmt/demo/sector.h"

#include <algorithm>
#include <cstring>

#include "base/big_endian.h"
#include "base/crc32c.h"

namespace tidemark::mgmt {
namespace {

constexpr uint64_t kMagic = 0x746964656d61726b;  // "tidemark"
constexpr size_t kSectorAt = 8;
constexpr size_t kSequenceAt = 16;
constexpr size_t kChecksumAt = 24;
constexpr size_t kFillerAt = 28;

// The splitmix64 step: a cheap sequence that differs in every byte for near numbers.
uint64_t mix(uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

uint32_t checksum(std::span<const uint8_t, kSectorSize> sector) {
  constexpr uint8_t kZero[4] = {};
  uint32_t crc = crc32c(sector.first<kChecksumAt>());
  crc = crc32c(kZero, crc);
  return crc32c(sector.subspan<kFillerAt>(), crc);
}

}  // namespace

void compose_sector(std::span<uint8_t, kSectorSize> to, uint64_t sector, uint64_t sequence) {
  store_be64(&to[0], kMagic);
  store_be64(&to[kSectorAt], sector);
  store_be64(&to[kSequenceAt], sequence);
  uint64_t state = sector * 0x100000001b3 ^ sequence;
  for (size_t at = kFillerAt; at < kSectorSize; at += 4)
    store_be32(&to[at], static_cast<uint32_t>(mix(state)));
  store_be32(&to[kChecksumAt], checksum(to));
}

SectorReading read_sector(std::span<const uint8_t, kSectorSize> from, uint64_t sector) {
  if (load_be64(&from[0]) != kMagic) {
    const bool zero = std::all_of(from.begin(), from.end(), [](uint8_t byte) { return byte == 0; });
    return zero ? kBlank : kTorn;
  }
  if (load_be32(&from[kChecksumAt]) != checksum(from)) return kTorn;
  if (load_be64(&from[kSectorAt]) != sector) return kMisplaced;
  return std::min(load_be64(&from[kSequenceAt]), kSequenceMax);
}

void compose_sectors(std::span<uint8_t> to, uint64_t first_sector, uint64_t sequence) {
  for (size_t at = 0; at + kSectorSize <= to.size(); at += kSectorSize)
    compose_sector(std::span<uint8_t, kSectorSize>(&to[at], kSectorSize),
                   first_sector + at / kSectorSize, sequence);
}

}  // namespace tidemark::mgmt
