// GuestCopies: copies that run and are not the engine's own, such as what WRITE USING TOKEN writes.
// They are shown with the others and may be cancelled; nothing else can be asked of them, and a
// restart forgets them.
//
// On the engine's home core.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "copyengine/copy_types.h"

namespace tidemark::copyengine {

class GuestCopies {
 public:
  struct Guest {
    CopyStatus status;
    std::function<void()> stop;  // may be called more than once
  };

  /// `status.id` is one that no other copy has.
  const CopyStatus& add(CopyStatus status, std::function<void()> stop);
  /// Null if no copy of this number is a guest.
  const Guest* find(uint64_t id) const;
  /// What is said of it from now on.
  void update(const CopyStatus& status);
  /// Removes it.
  std::optional<CopyStatus> take(uint64_t id);
  const std::map<uint64_t, Guest>& all() const { return guests_; }

 private:
  std::map<uint64_t, Guest> guests_;
};

}  // namespace tidemark::copyengine
