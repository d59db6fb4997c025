#include "target/access.h"

#include <algorithm>

#include "target/text.h"

namespace tidemark::target {
namespace {

constexpr size_t kNoMatch = 0;

/// How much of `initiator` the row knows: more for the name itself than for any beginning of it.
size_t match(const AccessRow& row, std::string_view initiator) {
  std::string_view pattern = row.initiator;
  if (!pattern.ends_with('*'))
    return same_name(pattern, initiator) ? initiator.size() + 2 : kNoMatch;
  pattern.remove_suffix(1);
  return same_name(pattern, initiator.substr(0, pattern.size())) ? pattern.size() + 1 : kNoMatch;
}

}  // namespace

const AccessRow* find_access(const std::vector<AccessRow>& rows, std::string_view initiator) {
  const AccessRow* best = nullptr;
  size_t known = kNoMatch;
  for (const AccessRow& row : rows)
    if (const size_t knows = match(row, initiator); knows > known) {
      known = knows;
      best = &row;
    }
  return best;
}

const TargetEntry* Directory::find(std::string_view target) const {
  const auto found = std::ranges::find_if(
      targets, [&](const TargetEntry& entry) { return same_name(entry.name(), target); });
  return found == targets.end() ? nullptr : &*found;
}

Admission Directory::admit(std::string_view target, std::string_view initiator) const {
  Admission admission;
  const TargetEntry* entry = find(target);
  if (entry == nullptr) return admission;
  const AccessRow* row = find_access(entry->access, initiator);
  admission.answer = Admission::Answer::not_listed;
  if (row == nullptr) return admission;
  admission.answer = Admission::Answer::admitted;
  admission.chap = row->chap;
  admission.device = entry->device;
  admission.units = row->units;
  admission.copy_commands = row->copy_commands;
  if (!entry->moved_to) return admission;
  admission.answer = Admission::Answer::moved;
  admission.moved_to = *entry->moved_to;
  return admission;
}

}  // namespace tidemark::target
