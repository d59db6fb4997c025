#include "copyengine/interval_set.h"

#include <algorithm>

namespace tidemark::copyengine {

std::map<uint64_t, uint64_t>::const_iterator IntervalSet::at_or_after(uint64_t number) const {
  auto it = ends_.upper_bound(number);
  if (it != ends_.begin() && std::prev(it)->second > number) --it;
  return it;
}

void IntervalSet::insert(Interval add) {
  if (add.empty()) return;
  auto it = ends_.upper_bound(add.first);
  if (it != ends_.begin() && std::prev(it)->second >= add.first) --it;
  while (it != ends_.end() && it->first <= add.end) {
    add.first = std::min(add.first, it->first);
    add.end = std::max(add.end, it->second);
    it = ends_.erase(it);
  }
  ends_.emplace(add.first, add.end);
}

void IntervalSet::erase(Interval remove) {
  if (remove.empty()) return;
  auto it = at_or_after(remove.first);
  while (it != ends_.end() && it->first < remove.end) {
    const Interval found{it->first, it->second};
    it = ends_.erase(it);
    if (found.first < remove.first) ends_.emplace(found.first, remove.first);
    if (found.end > remove.end) it = ends_.emplace(remove.end, found.end).first;
  }
}

bool IntervalSet::contains(uint64_t number) const {
  return contains({number, number + 1});
}

bool IntervalSet::contains(Interval all) const {
  if (all.empty()) return true;
  const auto it = at_or_after(all.first);
  return it != ends_.end() && it->first <= all.first && all.end <= it->second;
}

bool IntervalSet::intersects(Interval any) const {
  return !next_present(any).empty();
}

Interval IntervalSet::next_present(Interval within) const {
  const auto it = at_or_after(within.first);
  if (within.empty() || it == ends_.end() || it->first >= within.end) return {};
  return {std::max(it->first, within.first), std::min(it->second, within.end)};
}

Interval IntervalSet::next_absent(Interval within) const {
  while (!within.empty()) {
    const Interval present = next_present(within);
    if (present.empty()) return within;
    if (present.first > within.first) return {within.first, present.first};
    within.first = present.end;
  }
  return {};
}

}  // namespace tidemark::copyengine
