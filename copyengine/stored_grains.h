// StoredGrains: which grains may have old data in the snapshot store.
//
// Kept by runs of kRun grains: how many of a run are in the store. A run that has none is told
// apart exactly; in one that has some, any grain may be one of them. That is enough, because the
// store is sparse: a settled grain that is not in it reads as zeroes there, which is what it is.
// One byte per run, in leaves made when first needed: at most 8 MiB per TiB at a grain of 4 KiB.
//
// On the home core of its copy only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>

#include "copyengine/interval_set.h"

namespace tidemark::copyengine {

class StoredGrains {
 public:
  static constexpr uint64_t kRun = 32;

  /// These grains have been written to the store; each is said once until erased.
  void insert(Interval grains);
  /// Nothing of these runs is in the store any longer; returns how many grains were. `runs` is made
  /// of whole runs.
  uint64_t erase(Interval runs);
  /// Whether the store may hold this grain.
  bool may_hold(uint64_t grain) const { return !next_run({grain, grain + 1}).empty(); }
  /// The first whole run that touches `within` and may be in the store; empty if none.
  Interval next_run(Interval within) const;
  /// Bytes of the leaves made so far.
  size_t memory() const { return leaves_.size() * sizeof(Leaf); }

  /// The whole runs that `grains` touches.
  static Interval runs_of(Interval grains) {
    return {grains.first / kRun * kRun, (grains.end + kRun - 1) / kRun * kRun};
  }

 private:
  static constexpr uint64_t kLeafRuns = 4096;
  using Leaf = std::array<uint8_t, kLeafRuns>;  // grains in the store, by run

  std::map<uint64_t, std::unique_ptr<Leaf>> leaves_;  // by run / kLeafRuns
};

}  // namespace tidemark::copyengine
