// CopyFiles: where copies keep old data and journals.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "storage/volume.h"

namespace tidemark::copyengine {

class CopyFiles {
 public:
  struct Opened {
    std::unique_ptr<storage::Volume> store;    // sparse, reads as zeroes at first
    std::unique_ptr<storage::Volume> journal;  // null if none was asked for
  };

  virtual ~CopyFiles() = default;

  /// New and empty: a store as large as the source, and, for a copy that is to outlive this
  /// process, a journal (`journal_bytes` is not 0). On the engine's home core.
  virtual Result<Opened> make(uint64_t copy, uint64_t store_bytes, uint64_t journal_bytes) = 0;
  /// They are needed no more. Volumes of them may still be open. On the engine's home core.
  virtual void remove(uint64_t copy) = 0;
};

}  // namespace tidemark::copyengine
