// StoreQuota: how much old data a copy may keep in its snapshot store, and how full that is.
//
// On the home core.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tidemark::copyengine {

class StoreQuota {
 public:
  /// Percent of the limit at which operators are told.
  static constexpr unsigned kLevels[] = {50, 80, 95};
  /// A level is left only when so much less is used, or it would be told again and again.
  static constexpr unsigned kSlackPercent = 5;

  /// `limit` in bytes; 0: none.
  explicit StoreQuota(uint64_t limit) : limit_(limit) {}

  /// False if there is no room: then nothing is taken.
  bool take(uint64_t bytes) {
    if (limit_ != 0 && bytes > limit_ - std::min(limit_, used_)) return false;
    take_anyway(bytes);
    return true;
  }
  /// What is there already, whatever the limit.
  void take_anyway(uint64_t bytes) {
    used_ += bytes;
    for (const unsigned level : kLevels)
      if (reaches(level)) level_ = std::max(level_, level);
  }
  void give_back(uint64_t bytes) {
    used_ -= std::min(used_, bytes);
    unsigned now = 0;
    for (const unsigned level : kLevels)
      if (reaches(level - (level <= level_ ? kSlackPercent : 0))) now = level;
    level_ = std::min(level_, now);
  }

  /// 0, or the highest of kLevels that has been reached.
  unsigned level() const { return level_; }
  uint64_t limit() const { return limit_; }

 private:
  bool reaches(unsigned percent) const {
    return limit_ != 0 && static_cast<double>(used_) * 100 >= static_cast<double>(limit_) * percent;
  }

  uint64_t limit_;
  uint64_t used_ = 0;
  unsigned level_ = 0;
};

}  // namespace tidemark::copyengine
