#include "scsi/background_copies.h"

#include <algorithm>
#include <utility>

namespace tidemark::scsi {

void BackgroundCopies::add(NexusName asker, std::shared_ptr<CopyRecord> record) {
  copies_.push_back({std::move(asker), std::move(record)});
}

void BackgroundCopies::remove(const CopyRecord& record) {
  std::erase_if(copies_, [&](const Copy& copy) { return copy.record.get() == &record; });
}

BackgroundCopies::Some BackgroundCopies::all() const {
  Some found;
  for (const Copy& copy : copies_) found.push_back(copy.record);
  return found;
}

BackgroundCopies::Some BackgroundCopies::of(const std::vector<NexusName>& askers) const {
  Some found;
  for (const Copy& copy : copies_)
    if (std::ranges::count(askers, copy.asker) != 0) found.push_back(copy.record);
  return found;
}

void BackgroundCopies::terminate(const Some& copies, const std::function<void()>& ended) {
  for (const auto& record : copies) record->when_ended.push_back(ended);
  for (const auto& record : copies)
    if (const auto terminate = record->terminate) terminate();
}

}  // namespace tidemark::scsi
