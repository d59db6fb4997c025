// A range of bytes of a volume.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tidemark::storage {

struct Extent {
  uint64_t offset = 0;
  uint64_t length = 0;

  constexpr uint64_t end() const { return offset + length; }
  constexpr bool empty() const { return length == 0; }
  constexpr bool overlaps(const Extent& other) const {
    return offset < other.end() && other.offset < end();
  }
  constexpr bool contains(const Extent& other) const {
    return offset <= other.offset && other.end() <= end();
  }
  /// What both have in common; empty if nothing.
  constexpr Extent intersection(const Extent& other) const {
    const uint64_t from = std::max(offset, other.offset);
    const uint64_t to = std::min(end(), other.end());
    return from < to ? Extent{from, to - from} : Extent{};
  }
  friend constexpr bool operator==(const Extent&, const Extent&) = default;
};

}  // namespace tidemark::storage
