// StoreQuota: how much old data a copy may keep in its snapshot store, and how full that is. It may
// be part of a pool, from which others take as well: what is taken is taken of both, and given back
// to the pool at the latest when the quota goes.
//
// On the home core.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace tidemark::copyengine {

class StoreQuota {
 public:
  /// Percent of the limit at which operators are told.
  static constexpr unsigned kLevels[] = {50, 80, 95};
  /// A level is left only when so much less is used, or it would be told again and again.
  static constexpr unsigned kSlackPercent = 5;

  /// `limit` in bytes; 0: none.
  explicit StoreQuota(uint64_t limit, std::shared_ptr<StoreQuota> pool = nullptr)
      : limit_(limit), pool_(std::move(pool)) {}
  ~StoreQuota() {
    if (pool_) pool_->give_back(used_);
  }
  StoreQuota(const StoreQuota&) = delete;
  StoreQuota& operator=(const StoreQuota&) = delete;

  /// Called when level() has changed, from inside whatever changed it.
  void on_level(std::function<void()> listener) { on_level_ = std::move(listener); }

  /// False if there is no room: then nothing is taken.
  bool take(uint64_t bytes) {
    if (!has_room(bytes)) return false;
    take_anyway(bytes);
    return true;
  }
  /// What is there already, whatever the limit.
  void take_anyway(uint64_t bytes) {
    if (pool_) pool_->take_anyway(bytes);
    used_ += bytes;
    for (const unsigned level : kLevels)
      if (reaches(level)) level_ = std::max(level_, level);
    tell();
  }
  void give_back(uint64_t bytes) {
    bytes = std::min(used_, bytes);
    if (pool_) pool_->give_back(bytes);
    used_ -= bytes;
    unsigned now = 0;
    for (const unsigned level : kLevels)
      if (reaches(level - (level <= level_ ? kSlackPercent : 0))) now = level;
    level_ = std::min(level_, now);
    tell();
  }

  /// 0, or the highest of kLevels that has been reached.
  unsigned level() const { return level_; }
  uint64_t limit() const { return limit_; }
  uint64_t used() const { return used_; }
  /// Whether there is no room for `bytes` in the pool, or in what that is part of.
  bool pool_is_full(uint64_t bytes) const { return pool_ && !pool_->has_room(bytes); }

 private:
  bool has_room(uint64_t bytes) const {
    if (pool_is_full(bytes)) return false;
    return limit_ == 0 || bytes <= limit_ - std::min(limit_, used_);
  }
  bool reaches(unsigned percent) const {
    return limit_ != 0 && static_cast<double>(used_) * 100 >= static_cast<double>(limit_) * percent;
  }

  void tell() {
    if (std::exchange(told_, level_) != level_ && on_level_) on_level_();
  }

  uint64_t limit_;
  std::shared_ptr<StoreQuota> pool_;  // or null
  uint64_t used_ = 0;
  unsigned level_ = 0;
  unsigned told_ = 0;
  std::function<void()> on_level_;
};

}  // namespace tidemark::copyengine
