// KeptFiles: stores and journals of copies, in the state directory: "stores/ID" and "journals/ID".
//
// What a copy without a journal keeps has no name and goes with the process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "copyengine/copy_files.h"
#include "copyengine/journal_reader.h"
#include "storage/engines.h"

namespace tidemark::mgmt {

class KeptFiles final : public copyengine::CopyFiles {
 public:
  KeptFiles(std::string stores, std::string journals, storage::Engines& engines)
      : stores_(std::move(stores)), journals_(std::move(journals)), engines_(engines) {}

  Result<Opened> make(uint64_t copy, uint64_t store_bytes, uint64_t journal_bytes) override;
  void remove(uint64_t copy) override;

  /// As remove(), and not even a power failure brings them back: no restart takes the copy up.
  /// Blocking; on any thread.
  Result<void> discard(uint64_t copy) const;

  /// Makes sure that files made by now are found after a power failure. Blocking; on any thread.
  Result<void> sync_names() const;

  // Blocking; for the start, before the cores run.

  /// What an earlier process kept of this copy.
  Result<Opened> reopen(uint64_t copy) const;
  Result<copyengine::FoundJournal> read_journal(uint64_t copy) const;
  /// Removes what belongs to none of `copies`.
  Result<void> keep_only(const std::vector<uint64_t>& copies) const;

 private:
  std::string store_of(uint64_t copy) const { return stores_ + "/" + std::to_string(copy); }
  std::string journal_of(uint64_t copy) const { return journals_ + "/" + std::to_string(copy); }

  std::string stores_;
  std::string journals_;
  storage::Engines& engines_;
};

}  // namespace tidemark::mgmt
