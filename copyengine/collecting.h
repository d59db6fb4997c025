// Collecting: copies that have been ordered and are held back while ranges are added to them. They
// guard nothing and have no begin time yet; it is set when they are started.
//
// On the engine's home core. A restart forgets them.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "copyengine/copy_types.h"

namespace tidemark::copyengine {

class Collecting {
 public:
  static constexpr size_t kCopiesMax = 64;
  static constexpr size_t kRangesMax = 65536;

  bool full() const { return copies_.size() >= kCopiesMax; }
  const CopyStatus& add(uint64_t id, CopyRequest request, uint64_t now_unix_ns);
  /// Null if no copy of this number is collecting.
  const CopyStatus* find(uint64_t id) const;
  /// False if there would be too many.
  bool append(uint64_t id, const std::vector<CopyRange>& ranges);
  /// Removes it.
  std::optional<CopyStatus> take(uint64_t id);
  const std::map<uint64_t, CopyStatus>& all() const { return copies_; }

 private:
  std::map<uint64_t, CopyStatus> copies_;
};

/// The ranges in the order in which they are copied: by address of the source, neighbours that stay
/// neighbours joined. As they are, if some overlap in the destination: the later one counts there.
std::vector<CopyRange> arranged(std::vector<CopyRange> ranges);

}  // namespace tidemark::copyengine
