// CopyRecords: one file per copy, "<id>.json", with the copy object as management shows it; what a
// restart knows of the copies before it. Blocking; for start-up and for the ledger's thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "copyengine/copy_types.h"

namespace tidemark::mgmt {

class CopyRecords {
 public:
  static constexpr size_t kKept = 256;  // ended copies; the oldest go first

  explicit CopyRecords(std::string directory) : directory_(std::move(directory)) {}

  Result<void> write(const copyengine::CopyStatus& status);

  /// All records, lowest id first; one that cannot be read is given as a broken copy. Those beyond
  /// kKept are removed, unless their copy has not ended.
  Result<std::vector<copyengine::CopyStatus>> read_all();

 private:
  std::string path_of(uint64_t id) const;
  copyengine::CopyStatus read(uint64_t id) const;

  std::string directory_;
};

}  // namespace tidemark::mgmt
