#include "target/portal_view.h"

namespace tidemark::target {

Admission PortalView::admit_to_discovery(std::string_view) const {
  Admission admission;
  admission.answer = Admission::Answer::admitted;
  admission.chap = offering_->directory->discovery;
  return admission;
}

std::vector<TargetRecord> PortalView::visible_to(std::string_view initiator) const {
  std::vector<TargetRecord> records;
  const auto addresses = target_addresses(*offering_->portals, through_, local_);
  for (const TargetEntry& entry : offering_->directory->targets)
    if (find_access(entry.access, initiator) != nullptr)
      records.push_back({entry.name(), addresses});
  return records;
}

}  // namespace tidemark::target
