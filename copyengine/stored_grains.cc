#include "copyengine/stored_grains.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"

namespace tidemark::copyengine {

void StoredGrains::insert(Interval grains) {
  while (!grains.empty()) {
    const uint64_t run = grains.first / kRun;
    const uint64_t end = std::min(grains.end, (run + 1) * kRun);
    std::unique_ptr<Leaf>& leaf = leaves_[run / kLeafRuns];
    if (!leaf) leaf = std::make_unique<Leaf>();
    uint8_t& count = (*leaf)[run % kLeafRuns];
    count = static_cast<uint8_t>(count + (end - grains.first));
    INVARIANT(count <= kRun);
    grains.first = end;
  }
}

uint64_t StoredGrains::erase(Interval runs) {
  INVARIANT(runs == runs_of(runs));
  uint64_t erased = 0;
  for (Interval run; !(run = next_run(runs)).empty(); runs.first = run.end) {
    const uint64_t index = run.first / kRun;
    Leaf& leaf = *leaves_.at(index / kLeafRuns);
    erased += std::exchange(leaf[index % kLeafRuns], uint8_t{0});
  }
  return erased;
}

Interval StoredGrains::next_run(Interval within) const {
  if (within.empty()) return {};
  uint64_t run = within.first / kRun;
  const uint64_t end = (within.end - 1) / kRun + 1;
  for (auto it = leaves_.lower_bound(run / kLeafRuns); it != leaves_.end(); ++it) {
    const uint64_t leaf_first = it->first * kLeafRuns;
    if (leaf_first >= end) break;
    const uint64_t stop = std::min(end, leaf_first + kLeafRuns);
    for (run = std::max(run, leaf_first); run < stop; ++run)
      if ((*it->second)[run - leaf_first] > 0) return {run * kRun, (run + 1) * kRun};
  }
  return {};
}

}  // namespace tidemark::copyengine
