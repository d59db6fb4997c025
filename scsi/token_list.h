// The parameter lists of POPULATE TOKEN and WRITE USING TOKEN as values (SBC-4 clauses 5.12, 5.59).
//
// Bytes in, list or sense data out; the unit is known by its size alone. Pure functions for any
// thread.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "scsi/rod_token.h"
#include "scsi/sense.h"

namespace tidemark::scsi {

/// The limits announced in VPD page 8Fh and enforced here.
inline constexpr uint16_t kMaxTokenRanges = 64;
inline constexpr uint64_t kMaxTokenBytes = 256 * kMiB;
inline constexpr uint64_t kOptimalTokenBytes = 64 * kMiB;

/// How long tokens live (SPC-4 clause 5.17.6.7); in seconds, none of them zero.
struct TokenLimits {
  uint32_t lifetime = 3600;        // of every token, however often it is used
  uint32_t inactivity = 60;        // if POPULATE TOKEN asks for none
  uint32_t inactivity_most = 600;  // it may ask for
  bool operator==(const TokenLimits&) const = default;
};

struct BlockRange {
  uint64_t lba = 0;
  uint32_t blocks = 0;
};

struct PopulateTokenList {
  bool immediate = false;
  uint32_t inactivity_seconds = 0;
  uint32_t type = kPointInTimePersistent;
  std::vector<BlockRange> ranges;  // none of them empty
};

struct WriteUsingTokenList {
  bool immediate = false;
  bool delete_token = false;
  uint64_t offset = 0;  // blocks of the unit
  RodToken token{};
  std::vector<BlockRange> ranges;  // none of them empty
};

/// The blocks of the unit the ranges must lie in.
struct UnitBlocks {
  uint64_t blocks = 0;
  uint32_t block_size = 512;
};

std::variant<PopulateTokenList, SenseData> parse_populate_token(ConstBytes list,
                                                                const UnitBlocks& unit,
                                                                const TokenLimits& limits);
std::variant<WriteUsingTokenList, SenseData> parse_write_using_token(ConstBytes list,
                                                                     const UnitBlocks& unit);

uint64_t blocks_of(const std::vector<BlockRange>& ranges);

}  // namespace tidemark::scsi
