#include "mgmt/daemon/range_gathering.h"

#include <algorithm>
#include <utility>

namespace tidemark::mgmt {

using scsi::CopyRange;
using scsi::CopyRefusal;
using scsi::CopyReport;
using scsi::CopyState;
using scsi::RangeCopyOrder;

namespace {

uint64_t bytes_of(const RangeCopyOrder& order) {
  uint64_t sum = 0;
  for (const CopyRange& range : order.ranges) sum += range.length;
  return sum;
}

storage::Extent source_of(const CopyRange& range) {
  return {range.source_offset, range.length};
}
storage::Extent destination_of(const CopyRange& range) {
  return {range.destination_offset, range.length};
}

/// Whether the result depends on which of them is copied first.
bool disturb(const CopyRange& one, const CopyRange& other, bool one_volume) {
  if (destination_of(one).overlaps(destination_of(other))) return true;
  return one_volume && (source_of(one).overlaps(destination_of(other)) ||
                        source_of(other).overlaps(destination_of(one)));
}

/// The end of an order that could not even begin again.
CopyReport refused(CopyRefusal why) {
  CopyReport report;
  report.state = CopyState::failed;
  report.error = why == CopyRefusal::not_found ? storage::Errc::gone : storage::Errc::no_resources;
  return report;
}

}  // namespace

RangeGathering::Key RangeGathering::key_of(const RangeCopyOrder& order) {
  return {order.initiator, order.source, order.destination};
}

void RangeGathering::start(RangeCopyOrder order, RangeCopies::Accepted accepted,
                           RangeCopies::Ended ended) {
  if (wait_ == Duration{0} || !order.may_be_gathered || order.ranges.empty())
    return copies_.carry_out(std::move(order), std::move(accepted), std::move(ended));
  const Key key = key_of(order);
  const uint64_t bytes = bytes_of(order);
  const auto member = std::make_shared<Member>(
      Member{std::move(order), std::move(accepted), std::move(ended), bytes});
  Pair& pair = pairs_[key];
  if (pair.running == 0 && pair.waiting.empty()) return run(key, {member});
  if (!fits(pair.waiting, member->order) || pair.bytes + bytes > kBytesMax ||
      pair.ranges + member->order.ranges.size() > kRangesMax)
    run_gathered(key, pair);
  pair.waiting.push_back(member);
  pair.bytes += bytes;
  pair.ranges += member->order.ranges.size();
  if (pair.waiting.size() == 1) wait_for_more(key, pair);
}

bool RangeGathering::fits(const Members& waiting, const RangeCopyOrder& order) {
  const bool one_volume = order.source == order.destination;
  for (const MemberPtr& member : waiting)
    for (const CopyRange& other : member->order.ranges)
      for (const CopyRange& range : order.ranges)
        if (disturb(range, other, one_volume)) return false;
  return true;
}

void RangeGathering::wait_for_more(const Key& key, Pair& pair) {
  pair.gathering = ++last_gathering_;
  executor_.post_after(home_, wait_, [weak = weak_from_this(), key, which = pair.gathering] {
    const auto self = weak.lock();
    if (!self) return;
    const auto found = self->pairs_.find(key);
    if (found != self->pairs_.end() && found->second.gathering == which)
      self->run_gathered(key, found->second);
  });
}

void RangeGathering::run_gathered(const Key& key, Pair& pair) {
  pair.bytes = 0;
  pair.ranges = 0;
  pair.gathering = 0;
  Members members = std::exchange(pair.waiting, {});
  if (!members.empty()) run(key, std::move(members));
}

void RangeGathering::run(const Key& key, Members members) {
  if (members.size() == 1) return run_one(key, members.front());
  run_together(key, std::move(members));
}

/// As if nothing were ever gathered, but for the account of what runs.
void RangeGathering::run_one(const Key& key, const MemberPtr& member) {
  ++pairs_[key].running;
  copies_.carry_out(
      std::move(member->order),
      [self = shared_from_this(), key, member](uint64_t id, CopyRefusal why) {
        member->accepted(id, why);
        if (id == 0) self->over(key);
      },
      [self = shared_from_this(), key, member](const CopyReport& report) {
        member->ended(report);
        self->over(key);
      });
}

void RangeGathering::run_together(const Key& key, Members members) {
  ++pairs_[key].running;
  std::ranges::stable_sort(members, {}, [](const MemberPtr& member) {
    return member->order.ranges.front().source_offset;
  });
  RangeCopyOrder whole;
  std::tie(whole.initiator, whole.source, whole.destination) = key;
  uint64_t before = 0;
  for (const MemberPtr& member : members) {
    member->before = std::exchange(before, before + member->bytes);
    const auto& ranges = member->order.ranges;
    whole.ranges.insert(whole.ranges.end(), ranges.begin(), ranges.end());
  }
  copies_.carry_out(
      std::move(whole),
      [self = shared_from_this(), key, members](uint64_t copy, CopyRefusal) {
        if (copy != 0) return self->accept(members, copy);
        self->apart(key, members, {});
        self->over(key);
      },
      [self = shared_from_this(), key, members](const CopyReport& report) {
        if (report.state != CopyState::completed) {
          self->apart(key, members, report);
        } else {
          for (const MemberPtr& member : members) self->end(member, report);
        }
        self->over(key);
      });
}

void RangeGathering::accept(const Members& members, uint64_t copy) {
  for (const MemberPtr& member : members) {
    member->copy = copy;
    member->id = kIdBit | ++last_id_;
    members_[member->id] = member;
  }
  for (const MemberPtr& member : members) member->accepted(member->id, CopyRefusal::none);
}

/// Each of them by itself: what ended one is not to end the others.
void RangeGathering::apart(const Key& key, const Members& members, const CopyReport& report) {
  for (const MemberPtr& member : members) {
    if (member->id == 0) {
      run_one(key, member);
    } else if (member->cancelled) {
      CopyReport cancelled = report;
      cancelled.state = CopyState::cancelled;
      end(member, cancelled);
    } else {
      again(key, member);
    }
  }
}

/// A second time, for whoever has been told that it was accepted.
void RangeGathering::again(const Key& key, const MemberPtr& member) {
  ++pairs_[key].running;
  member->copy = 0;
  member->before = 0;
  copies_.carry_out(
      member->order,
      [self = shared_from_this(), key, member](uint64_t copy, CopyRefusal why) {
        member->copy = copy;
        if (copy != 0 && member->cancelled) return self->copies_.cancel_copy(copy);
        if (copy != 0) return;
        self->end(member, refused(why));
        self->over(key);
      },
      [self = shared_from_this(), key, member](const CopyReport& report) {
        self->end(member, report);
        self->over(key);
      });
}

void RangeGathering::end(const MemberPtr& member, const CopyReport& report) {
  members_.erase(member->id);
  member->ended(own_report(*member, report));
}

void RangeGathering::over(const Key& key) {
  const auto pair = pairs_.find(key);
  if (--pair->second.running != 0) return;
  if (!pair->second.waiting.empty()) return run_gathered(key, pair->second);
  pairs_.erase(pair);
}

/// Orders are copied one after the other, each whole before the next begins.
CopyReport RangeGathering::own_report(const Member& member, CopyReport report) {
  report.id = member.id;
  report.bytes_total = member.bytes;
  report.bytes_copied =
      std::min(member.bytes, report.bytes_copied - std::min(report.bytes_copied, member.before));
  return report;
}

bool RangeGathering::cancel(uint64_t id) {
  const auto found = members_.find(id);
  if (found == members_.end()) return false;
  found->second->cancelled = true;
  if (found->second->copy != 0) copies_.cancel_copy(found->second->copy);
  return true;
}

void RangeGathering::report(uint64_t id, RangeCopies::Reported reported) {
  const auto found = members_.find(id);
  if (found == members_.end() || found->second->copy == 0) return reported(false, {});
  copies_.report_copy(found->second->copy, [member = found->second, reported = std::move(reported)](
                                               bool known, const CopyReport& report) {
    reported(known, own_report(*member, report));
  });
}

}  // namespace tidemark::mgmt
