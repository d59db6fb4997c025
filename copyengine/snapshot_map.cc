#include "copyengine/snapshot_map.h"

#include <algorithm>
#include <bit>

#include "base/invariant.h"

namespace tidemark::copyengine {

using storage::Extent;

SnapshotMap::SnapshotMap(const std::vector<CopyRange>& ranges, uint32_t grain,
                         uint64_t source_bytes)
    : grain_(grain), source_bytes_(source_bytes) {
  INVARIANT(std::has_single_bit(grain));
  IntervalSet covered;
  for (const CopyRange& range : ranges) {
    Interval grains = grains_of(range.source());
    for (Interval again; !(again = covered.next_present(grains)).empty(); grains.first = again.end)
      shared_.insert(again);
    covered.insert(grains_of(range.source()));
  }
  uint64_t bits = 0;
  const Interval all{0, UINT64_MAX};
  for (Interval rest = all;;) {
    const Interval next = covered.next_present(rest);
    if (next.empty()) break;
    pieces_.push_back({next, bits});
    bits += next.size();
    rest.first = next.end;
  }
  words_ = (bits + 63) / 64;
  bits_ = std::make_unique<std::atomic<uint64_t>[]>(words_);
}

Interval SnapshotMap::grains_of(const Extent& extent) const {
  if (extent.empty()) return {};
  return {extent.offset / grain_, (extent.end() - 1) / grain_ + 1};
}

Extent SnapshotMap::extent_of(Interval grains) const {
  const uint64_t from = grains.first * grain_;
  return {from, std::min(grains.end * grain_, source_bytes_) - from};
}

template <class Visit>
void SnapshotMap::for_covered(Interval grains, Visit visit) const {
  auto piece = std::partition_point(pieces_.begin(), pieces_.end(), [&](const Piece& candidate) {
    return candidate.grains.end <= grains.first;
  });
  for (; piece != pieces_.end() && piece->grains.first < grains.end; ++piece) {
    const Interval part{std::max(grains.first, piece->grains.first),
                        std::min(grains.end, piece->grains.end)};
    if (!visit(part, piece->bit + (part.first - piece->grains.first))) return;
  }
}

bool SnapshotMap::settled(const Extent& extent) const {
  return next_with_bit(grains_of(extent), false).empty();
}

/// The first bit of [bit, end) that is `value`, or `end`. Words that have none cost one look.
uint64_t SnapshotMap::find_bit(uint64_t bit, uint64_t end, bool value) const {
  while (bit < end) {
    uint64_t word = bits_[bit / 64].load(std::memory_order_acquire);
    if (!value) word = ~word;
    word >>= bit % 64;
    if (word != 0) return std::min(end, bit + static_cast<uint64_t>(std::countr_zero(word)));
    bit = (bit / 64 + 1) * 64;
  }
  return end;
}

Interval SnapshotMap::next_with_bit(Interval grains, bool value) const {
  Interval found;
  for_covered(grains, [&](Interval part, uint64_t bit) {
    const uint64_t end = bit + part.size();
    const uint64_t first = find_bit(bit, end, value);
    if (first == end) return true;
    found.first = part.first + (first - bit);
    found.end = part.first + (find_bit(first, end, !value) - bit);
    return false;
  });
  return found;
}

Interval SnapshotMap::next_owed(Interval grains) const {
  while (!grains.empty()) {
    const Interval owed = next_with_bit(grains, false);
    if (owed.empty()) return {};
    const Interval free = in_flight_.next_absent(owed);
    if (!free.empty()) return free;
    grains.first = owed.end;
  }
  return {};
}

Interval SnapshotMap::next_settled(Interval grains) const {
  return next_with_bit(grains, true);
}

bool SnapshotMap::all_copied(Interval grains) const {
  bool all = true;
  for_covered(grains, [&](Interval part, uint64_t) { return all = copied_.contains(part); });
  return all;
}

GrainState SnapshotMap::state(uint64_t grain) const {
  bool is_settled = true;
  for_covered({grain, grain + 1},
              [&](Interval, uint64_t bit) { return is_settled = bit_set(bit); });
  if (copied_.contains(grain)) return GrainState::copied;
  if (is_settled) return GrainState::preserved;
  return in_flight_.contains(grain) ? GrainState::in_flight : GrainState::owed;
}

void SnapshotMap::set_bits(Interval grains) {
  for_covered(grains, [&](Interval part, uint64_t bit) {
    const uint64_t end = bit + part.size();
    while (bit < end) {
      const uint64_t in_word = std::min(end - bit, 64 - bit % 64);
      const uint64_t ones = in_word == 64 ? UINT64_MAX : (uint64_t{1} << in_word) - 1;
      bits_[bit / 64].fetch_or(ones << (bit % 64), std::memory_order_release);
      bit += in_word;
    }
    return true;
  });
}

void SnapshotMap::begin_preserve(Interval grains) {
  INVARIANT(!in_flight_.intersects(grains));
  in_flight_.insert(grains);
}

void SnapshotMap::end_preserve(Interval grains, bool preserved) {
  in_flight_.erase(grains);
  if (preserved) set_bits(grains);
}

void SnapshotMap::mark_copied(const Extent& extent) {
  Interval grains = grains_of(extent);
  while (!grains.empty()) {
    const Interval own = shared_.next_absent(grains);
    if (own.empty()) return;
    set_bits(own);
    copied_.insert(own);
    grains.first = own.end;
  }
}

std::vector<MapRun> SnapshotMap::runs(uint64_t from, size_t max_runs) const {
  std::vector<MapRun> found;
  const auto add = [&](Interval grains, GrainState state) {
    const Extent extent = extent_of(grains);
    if (!found.empty() && found.back().state == state && found.back().extent.end() == extent.offset)
      return void(found.back().extent.length += extent.length);
    found.push_back({extent, state});
  };
  for_covered({from / grain_, UINT64_MAX}, [&](Interval part, uint64_t) {
    while (!part.empty() && found.size() <= max_runs) {
      Interval run{part.first, part.first + 1};
      const GrainState run_state = state(part.first);
      // How far this state reaches: bits and sets each say where they change next.
      const bool bit = run_state == GrainState::preserved || run_state == GrainState::copied;
      run.end = next_with_bit(part, bit).end;
      const IntervalSet& set = bit ? copied_ : in_flight_;
      const bool in_set = run_state == GrainState::copied || run_state == GrainState::in_flight;
      const Interval same = in_set ? set.next_present(run) : set.next_absent(run);
      run.end = same.end;
      add(run, run_state);
      part.first = run.end;
    }
    return found.size() <= max_runs;
  });
  if (found.size() > max_runs) found.resize(max_runs);
  return found;
}

}  // namespace tidemark::copyengine
