#include "scsi/copy_records.h"

#include <algorithm>

namespace tidemark::scsi {

void CopyRecords::sweep(TimePoint now) {
  std::erase_if(named_, [now](const auto& entry) {
    return !entry.second->running && now - entry.second->ended >= kKept;
  });
}

std::shared_ptr<CopyRecord> CopyRecords::find(Key key) const {
  const auto found = named_.find(key);
  return found == named_.end() ? nullptr : found->second;
}

std::shared_ptr<CopyRecord> CopyRecords::begin(Key key) {
  auto record = begin_unnamed();
  named_[key] = record;
  return record;
}

std::shared_ptr<CopyRecord> CopyRecords::begin_unnamed() {
  ++running_;
  return std::make_shared<CopyRecord>();
}

void CopyRecords::end(CopyRecord& record, TimePoint now) {
  record.running = false;
  record.copy_id = 0;
  record.ended = now;
  record.terminate = nullptr;
  --running_;
  const auto ended = static_cast<size_t>(std::count_if(
      named_.begin(), named_.end(), [](const auto& entry) { return !entry.second->running; }));
  if (ended > kEndedMax) drop_oldest_ended();
  for (const auto& then : std::exchange(record.when_ended, {})) then();
}

void CopyRecords::forget_unit(const LogicalUnit* unit) {
  std::erase_if(named_, [unit](const auto& entry) { return entry.first.first == unit; });
}

void CopyRecords::drop_oldest_ended() {
  auto oldest = named_.end();
  for (auto entry = named_.begin(); entry != named_.end(); ++entry) {
    if (entry->second->running) continue;
    if (oldest == named_.end() || entry->second->ended < oldest->second->ended) oldest = entry;
  }
  if (oldest != named_.end()) named_.erase(oldest);
}

const std::vector<uint64_t>& CopyRecords::snapshots(const LogicalUnit* unit) const {
  static const std::vector<uint64_t> kNone;
  const auto found = snapshots_.find(unit);
  return found == snapshots_.end() ? kNone : found->second;
}

uint64_t CopyRecords::last_snapshot(const LogicalUnit* unit) const {
  const auto& all = snapshots(unit);
  return all.empty() ? 0 : all.back();
}

void CopyRecords::remember_snapshot(const LogicalUnit* unit, uint64_t id) {
  auto& all = snapshots_[unit];
  if (all.size() == kSnapshotsMax) all.erase(all.begin());
  all.push_back(id);
}

}  // namespace tidemark::scsi
