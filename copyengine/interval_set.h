// IntervalSet: a set of numbers as disjoint half-open intervals; what is near together is one node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace tidemark::copyengine {

/// [first, end) of grains or bytes.
struct Interval {
  uint64_t first = 0;
  uint64_t end = 0;
  constexpr bool empty() const { return first >= end; }
  constexpr uint64_t size() const { return empty() ? 0 : end - first; }
  friend constexpr bool operator==(const Interval&, const Interval&) = default;
};

class IntervalSet {
 public:
  void insert(Interval add);
  void erase(Interval remove);
  bool contains(uint64_t number) const;
  bool contains(Interval all) const;
  bool intersects(Interval any) const;
  /// The first interval, cut to `within`, that the set has (present) or lacks there; empty if none.
  Interval next_present(Interval within) const;
  Interval next_absent(Interval within) const;
  bool empty() const { return ends_.empty(); }
  size_t interval_count() const { return ends_.size(); }
  void clear() { ends_.clear(); }

 private:
  /// The interval that contains `number` or is the first after it.
  std::map<uint64_t, uint64_t>::const_iterator at_or_after(uint64_t number) const;

  std::map<uint64_t, uint64_t> ends_;  // first -> end
};

}  // namespace tidemark::copyengine
