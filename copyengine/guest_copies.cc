#include "copyengine/guest_copies.h"

#include <utility>

namespace tidemark::copyengine {

const CopyStatus& GuestCopies::add(CopyStatus status, std::function<void()> stop) {
  const uint64_t id = status.id;
  return guests_.insert_or_assign(id, Guest{std::move(status), std::move(stop)})
      .first->second.status;
}

const GuestCopies::Guest* GuestCopies::find(uint64_t id) const {
  const auto place = guests_.find(id);
  return place == guests_.end() ? nullptr : &place->second;
}

void GuestCopies::update(const CopyStatus& status) {
  if (const auto place = guests_.find(status.id); place != guests_.end())
    place->second.status = status;
}

std::optional<CopyStatus> GuestCopies::take(uint64_t id) {
  const auto place = guests_.find(id);
  if (place == guests_.end()) return std::nullopt;
  CopyStatus status = std::move(place->second.status);
  guests_.erase(place);
  return status;
}

}  // namespace tidemark::copyengine
