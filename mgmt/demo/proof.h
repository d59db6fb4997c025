// The proof that a copy is the source as it stood at one moment. No I/O here: a log of writes and
// what the sectors of the copy say of themselves go in, a verdict comes out.
//
// prove_prefix: for writes sent one after the other. The copy must equal the source after exactly
//   the first n of them, for one n that the window of T0 allows.
// prove_segments: the same for each segment on its own, whose moment may be anywhere in the window.
// prove_sectors: for writes in flight together, whose order at the medium nobody knows. Each sector
//   must carry a write that was neither certainly overwritten before the window opened, nor sent
//   after it closed.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "mgmt/demo/sector.h"
#include "mgmt/demo/write_log.h"

namespace tidemark::mgmt {

struct Verdict {
  bool holds = false;
  // Prefix: the number of writes in the copy, and the bounds that the window sets.
  uint64_t n = 0;
  uint64_t lowest = 0;
  uint64_t highest = 0;
  // When it does not hold: the first sector that contradicts, and why, in a sentence.
  uint64_t sector = 0;
  std::string reason;
};

/// `copy[i]` is what sector `first_sector + i` of the copy says. Sectors start out as write 0.
Verdict prove_prefix(const WriteLog& log, Window window, std::span<const SectorReading> copy,
                     uint64_t first_sector = 0);
Verdict prove_segments(const WriteLog& log, Window window, std::span<const SectorReading> copy,
                       uint64_t segment_sectors);
Verdict prove_sectors(const WriteLog& log, Window window, std::span<const SectorReading> copy);

}  // namespace tidemark::mgmt
