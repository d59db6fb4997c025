// RodToken: the 512 bytes that stand for some blocks of a unit as they were at one moment (SPC-4
// clause 5.17.6.4). Possession is what lets a token be used, so it cannot be guessed: bytes 128 to
// the end carry 48 bytes of randomness.
//
// Values in, bytes out; for any thread. A token is never logged.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace tidemark::scsi {

inline constexpr size_t kRodTokenBytes = 512;
/// Bytes 0 to 95: what REPORT ALL ROD TOKENS shows of a token.
inline constexpr size_t kManagementTokenBytes = 96;
using RodToken = std::array<uint8_t, kRodTokenBytes>;

/// ROD TYPE (SPC-4 table 108).
inline constexpr uint32_t kAccessUponReference = 0x00010000;  // is not made, nor taken
inline constexpr uint32_t kPointInTimeDefault = 0x00800000;
inline constexpr uint32_t kPointInTimeVulnerable = 0x00800001;
inline constexpr uint32_t kPointInTimePersistent = 0x00800002;
inline constexpr uint32_t kPointInTimeAny = 0x0080ffff;
inline constexpr uint32_t kBlockDeviceZero = 0xffff0001;

/// ROD TOKEN LENGTH: what follows it.
inline constexpr uint16_t kRodTokenLength = 0x01f8;

struct RodTokenParts {
  uint32_t type = kPointInTimePersistent;
  uint64_t identifier = 0;           // not given to another token
  std::array<uint8_t, 8> creator{};  // NAA of the unit
  uint64_t bytes = 0;                // it stands for
  uint32_t block_size = 512;
  bool thin = true;
  uint16_t lowest_aligned_lba = 0;
};

/// A token with randomness of its own; none if the system has none to give.
std::optional<RodToken> make_rod_token(const RodTokenParts& parts);
/// With the randomness given: the layout alone.
RodToken encode_rod_token(const RodTokenParts& parts, std::span<const uint8_t, 48> secret);

/// What a token that came from an initiator says of itself; nothing of it is to be trusted.
uint32_t type_of(const RodToken& token);
uint64_t identifier_of(const RodToken& token);
/// Whether both are the same, in a time that does not tell where they differ.
bool equal_in_constant_time(const RodToken& one, const RodToken& other);

}  // namespace tidemark::scsi
