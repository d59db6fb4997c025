// Reads a journal: which of its two logs counts, up to its torn tail, and what it says.
#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"
#include "copyengine/journal_state.h"

namespace tidemark::copyengine {

/// Fills `to` from byte `offset` of the journal.
using ReadAt = std::function<Result<void>(uint64_t offset, Bytes to)>;

struct FoundJournal {
  JournalState state;
  unsigned area = 0;        // where its log is; the next one goes to the other
  uint64_t generation = 0;  // the highest seen, also of a log without a whole checkpoint
};

/// A journal of `bytes`. An error says why there is nothing to go on with.
Result<FoundJournal> read_journal(uint64_t bytes, const ReadAt& read);

/// Size of each of the two areas.
constexpr uint64_t journal_area(uint64_t bytes) {
  return bytes / 2 / kJournalPage * kJournalPage;
}

}  // namespace tidemark::copyengine
