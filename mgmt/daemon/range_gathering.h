// RangeGathering: copies of ranges that come close together become one. Hosts send EXTENDED COPY
// lists of a few MiB, several at a time; each as a copy of its own has a begin time, an end and a
// flush of its own.
//
// The first between a pair of volumes starts at once. What comes while a copy of that pair runs is
// gathered until none runs, or `wait` has passed, or there is as much as one copy should have; then
// it is one copy, of the orders by their place in the source. So nobody who sends one after the
// other ever waits.
//
// Each order is told what is its own: id, progress, end. If the copy they became does not complete,
// each that is still wanted is carried out by itself, as of a later begin time; one order's failure
// or cancellation is not another's. An order whose begin time somebody has been told is therefore
// not to be gathered.
//
// On the home core.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/executor.h"
#include "scsi/copy_service.h"

namespace tidemark::mgmt {

/// Who carries copies of ranges out. Called, and answers, on the home core.
class RangeCopies {
 public:
  using Accepted = std::function<void(uint64_t id, scsi::CopyRefusal why)>;
  using Ended = std::function<void(const scsi::CopyReport&)>;
  using Reported = std::function<void(bool found, const scsi::CopyReport&)>;

  virtual ~RangeCopies() = default;
  /// As CopyService::copy_ranges().
  virtual void carry_out(scsi::RangeCopyOrder order, Accepted accepted, Ended ended) = 0;
  virtual void cancel_copy(uint64_t id) = 0;
  virtual void report_copy(uint64_t id, Reported reported) = 0;
};

class RangeGathering : public std::enable_shared_from_this<RangeGathering> {
 public:
  static constexpr uint64_t kBytesMax = 64 * kMiB;
  static constexpr size_t kRangesMax = 1024;
  /// Ids of gathered orders have this bit, those of copies have not.
  static constexpr uint64_t kIdBit = uint64_t{1} << 63;

  /// `copies` outlives it. `wait` zero: nothing is gathered.
  RangeGathering(Executor& executor, CoreId home, RangeCopies& copies, Duration wait)
      : executor_(executor), home_(home), copies_(copies), wait_(wait) {}

  void start(scsi::RangeCopyOrder order, RangeCopies::Accepted accepted, RangeCopies::Ended ended);

  static bool is_gathered(uint64_t id) { return (id & kIdBit) != 0; }
  /// False if there is no such order.
  bool cancel(uint64_t id);
  void report(uint64_t id, RangeCopies::Reported reported);

 private:
  struct Member {
    scsi::RangeCopyOrder order;
    RangeCopies::Accepted accepted;
    RangeCopies::Ended ended;
    uint64_t bytes = 0;
    uint64_t before = 0;  // bytes of the copy it is part of that come before its own
    uint64_t id = 0;
    uint64_t copy = 0;  // that it is part of; 0: none yet
    bool cancelled = false;
  };
  using MemberPtr = std::shared_ptr<Member>;
  using Members = std::vector<MemberPtr>;
  using Key = std::tuple<std::string, std::string, std::string>;  // initiator, source, destination
  struct Pair {
    size_t running = 0;
    Members waiting;
    uint64_t bytes = 0;  // of these
    size_t ranges = 0;
    uint64_t gathering = 0;  // which; tells a late timer whose it is
  };

  static Key key_of(const scsi::RangeCopyOrder& order);
  static bool fits(const Members& waiting, const scsi::RangeCopyOrder& order);
  static scsi::CopyReport own_report(const Member& member, scsi::CopyReport report);
  void wait_for_more(const Key& key, Pair& pair);
  void run_gathered(const Key& key, Pair& pair);
  void run(const Key& key, Members members);
  void run_one(const Key& key, const MemberPtr& member);
  void run_together(const Key& key, Members members);
  void accept(const Members& members, uint64_t copy);
  void apart(const Key& key, const Members& members, const scsi::CopyReport& report);
  void again(const Key& key, const MemberPtr& member);
  void end(const MemberPtr& member, const scsi::CopyReport& report);
  void over(const Key& key);

  Executor& executor_;
  CoreId home_;
  RangeCopies& copies_;
  Duration wait_;
  std::map<Key, Pair> pairs_;
  std::map<uint64_t, MemberPtr> members_;  // of copies under way, by id
  uint64_t last_id_ = 0;
  uint64_t last_gathering_ = 0;
};

}  // namespace tidemark::mgmt
